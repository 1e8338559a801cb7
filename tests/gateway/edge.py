"""A gateway under test, and a caller who sends exactly the bytes of the test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from aiohttp import web
from multidict import CIMultiDict
from prometheus_client import CollectorRegistry

from gateway.app import DRAIN_S, build_app
from gateway.app_keys import PREFETCH, USAGE
from gateway.config import GatewayConfig, load_gateway
from shared.config.environment import Address
from shared.http.server import serve
from shared.observability.health import Probes
from tests.gateway.doubles import KEY, MemoryStores
from tests.unlimited import no_limits

CONTENT = "https://posters.example"
TODAY = date(2026, 10, 15)
"""The day on which every gateway here counts what is used, at any hour."""

POSTER = f"/{KEY}/imdb/poster-default/tt0111161.jpg"
ENVIRONMENT = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
    "REDIS_URL": "redis://127.0.0.1/0",
    "CONTENT_BASE_URL": CONTENT,
    "JWT_SECRET": "0" * 64,
}


def config(**changes: str) -> GatewayConfig:
    return load_gateway({**ENVIRONMENT, "FREE_KEY_ENABLED": "true", **changes})


@dataclass(frozen=True)
class Answer:
    status: int
    headers: CIMultiDict[str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def location(self) -> str:
        return self.headers["Location"]


@dataclass(frozen=True)
class Edge:
    """The running app, what it stands on, and how to call it."""

    app: web.Application
    port: int
    registry: CollectorRegistry
    stores: MemoryStores
    probes: Probes

    async def get(self, target: str, method: str = "GET") -> Answer:
        """Send a request line with the target as it stands; every answer must end within ten seconds."""
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(f"{method} {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.read()
            writer.close()
            await writer.wait_closed()
        status, *lines = head.decode().rstrip().split("\r\n")
        headers = CIMultiDict[str]()
        for line in lines:
            name, _, value = line.partition(": ")
            headers.add(name, value)
        return Answer(int(status.split()[1]), headers, body)

    async def location(self, target: str) -> str:
        """Return where a picture is; the answer must be a redirect."""
        answer = await self.get(target)
        assert answer.status == 302, answer.body
        return answer.location

    async def flush(self) -> None:
        """Let what is in memory leave, as it does by itself after a moment."""
        await self.app[PREFETCH].flush()
        await self.app[USAGE].flush()

    def count(self, name: str, **labels: str) -> float:
        """Return a number that the gateway exports."""
        return self.registry.get_sample_value(name, labels) or 0.0


@asynccontextmanager
async def running(stores: MemoryStores, **changes: str) -> AsyncIterator[Edge]:
    """Run a gateway on these stores, with these changes to its config."""
    registry, probes = CollectorRegistry(), Probes()
    app = build_app(config(**changes), stores.as_stores(), registry, probes)
    app[USAGE]._today = lambda: TODAY
    async with serve(app, Address("127.0.0.1", 0), drain_s=DRAIN_S, limits=no_limits()) as port:
        yield Edge(app, port, registry, stores, probes)
