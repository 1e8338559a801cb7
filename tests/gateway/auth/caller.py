"""A management caller: the real app on real stores, and somebody who sends JSON to it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
from aiohttp import ClientSession, DummyCookieJar, web  # noqa: TID251 - the caller is a test
from argon2 import PasswordHasher
from prometheus_client import CollectorRegistry
from yarl import URL

from gateway.app import DRAIN_S, build_app
from gateway.auth import passwords
from gateway.stores import open_stores
from shared.config.environment import Address
from shared.http.server import serve
from shared.observability.health import Probes
from tests.gateway.built_once import built_once
from tests.gateway.edge import config
from tests.stack.caller import Answer, fetch
from tests.unlimited import no_limits

NAME, PASSWORD = "root", "correct horse"
CREDENTIALS = {"username": NAME, "password": PASSWORD}
SECRET = "0" * 64


@dataclass
class Caller:
    """Keeps what a page keeps: the access token; and what a browser keeps: the cookie."""

    session: ClientSession
    port: int
    registry: CollectorRegistry
    app: web.Application
    token: str | None = None
    cookie: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        said = dict(self.headers) | {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            said.setdefault("Authorization", f"Bearer {self.token}")
        if self.cookie is not None:
            said.setdefault("Cookie", f"refresh_token={self.cookie}")
        raw = body if isinstance(body, bytes) else None if body is None else msgspec.json.encode(body)
        if method in {"POST", "PUT", "PATCH"}:
            said.setdefault("Content-Type", "application/json")
        url = str(URL(f"http://127.0.0.1:{self.port}{path}"))  # as a browser spells it
        return await fetch(self.session, url, method=method, follow=False, body=raw, **said)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, **headers)

    async def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return await self.ask("POST", path, body, **headers)

    async def sign_in(self, path: str = "/api/auth/login", body: Mapping[str, str] | None = None) -> Answer:
        """Sign in, or make the first admin, and keep both tokens."""
        answer = await self.post(path, CREDENTIALS if body is None else body)
        assert answer.status == 200, answer.body
        self.token, self.cookie = answer.json["token"], answer.cookie
        return answer

    def stranger(self) -> "Caller":
        """Somebody else at the same gateway, who has no token."""
        return Caller(self.session, self.port, self.registry, self.app)

    def count(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


class OpenGateway(Protocol):
    """Runs a gateway on clean stores: what the fixture ``open_gateway`` is."""

    def __call__(self, **changes: str) -> AbstractAsyncContextManager[Caller]:
        """Run one replica with these variables."""


def cheap_hasher() -> PasswordHasher:
    """Return a hasher that costs next to nothing: what a real one costs is measured in ``test_passwords``."""
    return PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)


@asynccontextmanager
async def gateway(postgres_url: str, valkey_url: str, **changes: str) -> AsyncIterator[Caller]:
    """Run one replica on these stores."""
    chosen = config(DATABASE_URL=postgres_url, REDIS_URL=valkey_url, **changes)
    registry, probes = CollectorRegistry(), Probes()
    async with open_stores(chosen) as stores:
        with built_once() as patch:
            patch.setattr(passwords, "PasswordHasher", cheap_hasher)
            app = build_app(chosen, stores, registry, probes)
        async with (
            serve(app, Address("127.0.0.1", 0), drain_s=DRAIN_S, limits=no_limits()) as port,
            ClientSession(cookie_jar=DummyCookieJar()) as session,
        ):
            yield Caller(session, port, registry, app)
