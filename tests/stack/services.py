"""Gateways and renderers as processes, on real stores, as an operator runs them."""

import asyncio
import os
import signal
import urllib.request
import uuid
from collections.abc import Mapping
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from prometheus_client.parser import text_string_to_metric_families

from deploy.dev.local import parts
from deploy.dev.local.environment import DEMO
from deploy.dev.local.ports import HOST, Contract
from deploy.dev.local.processes import Program
from tests.stack.part import Part
from tests.stack.ports import free_contract
from tests.stack.stores import Stores

FREE_KEY: Final = "t0-free-rpdb"
_PAGE_S: Final = 60.0

SECRETS: Final = {
    "TMDB_API_KEY": "tmdb-key-never-to-be-seen",
    "MDBLIST_API_KEY": "mdblist-key-never-to-be-seen",
    "OMDB_API_KEY": "omdb-key-never-to-be-seen",
    "FANART_API_KEY": "fanart-key-never-to-be-seen",
    "TRAKT_CLIENT_ID": "trakt-client-never-to-be-seen",
    "AWS_SECRET_ACCESS_KEY": "s3-secret-never-to-be-seen",
    "JWT_SECRET": "5ec4e7" + "0" * 58,
}
"""What no log, number or answer may ever show."""

OPTIONAL: Final = ("OMDB_API_KEY", "FANART_API_KEY", "TRAKT_CLIENT_ID")
"""Keys of sources that the services have only when their settings name them."""


class Located(Protocol):
    """Anything that serves the outside sources, each under its own path."""

    @property
    def url(self) -> str:
        """Return where, without a slash at the end."""


@dataclass
class Services:
    """Some gateways that share a port, and some renderers that share another.

    Starts on entering and ends on leaving, with ``with`` or ``async with``; the first blocks a running loop.
    """

    folder: Path
    stores: Stores
    sources: Located
    settings: Mapping[str, str] = field(default_factory=dict)
    gateway_count: int = 1
    renderer_count: int = 1
    gateways: list[Part] = field(default_factory=list)
    renderers: list[Part] = field(default_factory=list)
    contract: Contract = field(default_factory=free_contract)

    def __post_init__(self) -> None:
        self.gateway_url = f"http://{HOST}:{self.contract.gateway}"
        self.content_url = f"http://{HOST}:{self.contract.content}"

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self.close)
            for part in self.begin():
                part.until_ready()
            undo.pop_all()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as undo:
            undo.push_async_callback(asyncio.to_thread, self.close)
            for part in self.begin():
                await part.ready()
            undo.pop_all()
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)  # the loop may serve what they need to drain

    @property
    def parts(self) -> list[Part]:
        return [*self.gateways, *self.renderers]

    def environment(self) -> dict[str, str]:
        """Return the environment of the processes."""
        stores, address = self.stores, self.sources.url.removeprefix("http://")
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            # Whom the system trusts is read as a process starts, for a tenth of what its start costs. What speaks TLS
            # here has an authority of its own, which a test names.
            "SSL_CERT_FILE": os.devnull,
            "DATABASE_URL": stores.database_url,
            "REDIS_URL": stores.redis_url,
            "S3_ENDPOINT_URL": stores.s3_url,
            "S3_BUCKET": stores.bucket,
            "AWS_ACCESS_KEY_ID": "e2e",
            "CONTENT_BASE_URL": self.content_url,
            "FREE_KEY_ENABLED": "true",
            **{name: text.format(address) for name, text in DEMO.items()},
            "LOG_LEVEL": "debug",
            "RATE_LIMITS_ENABLED": "false",  # thousands of requests come from one address
            **{name: value for name, value in SECRETS.items() if name not in OPTIONAL},
            **self.settings,
        }

    def begin(self) -> list[Part]:
        """Start every process without waiting, and return them."""
        env = self.environment()
        gateways = [parts.gateway(nth, self.contract, env) for nth in range(1, self.gateway_count + 1)]
        renderers = [parts.renderer(nth, self.contract, env) for nth in range(1, self.renderer_count + 1)]
        self.gateways += [self._part(program).begin() for program in gateways]
        self.renderers += [self._part(program).begin() for program in renderers]
        return self.parts

    def another_renderer(self) -> Part:
        """Start one more renderer, on the content port of the others and a metrics port of its own."""
        nth = len(self.renderers) + 1
        part = self._part(parts.renderer(nth, self.contract, self.environment()))
        self.renderers.append(part)
        return part.start()

    def picture(
        self, title: str, query: str = "", *, kind: str = "poster", id_type: str = "imdb", key: str = FREE_KEY
    ) -> str:
        """Return the URL that a client is given."""
        return f"{self.gateway_url}/{key}/{id_type}/{kind}-default/{title}{query}"

    def content(self, look: str, title: str, *, id_type: str = "imdb") -> str:
        """Return a URL of the content server."""
        return f"{self.content_url}/c/{look}/{id_type}/poster-default/{title}"

    def page(self, part: Part) -> str:
        """Return a process's page of metrics."""
        port = part.program.env["METRICS_ADDR"].rpartition(":")[2]
        with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=_PAGE_S) as answer:
            return str(answer.read(), "utf-8")

    def pages(self) -> list[str]:
        """Return the metrics of every process that runs."""
        return [self.page(part) for part in self.parts if part.is_running]

    def number(self, name: str, *only: Part, **labels: str) -> float:
        """Return the sum of a metric over the renderers (or over those given) that run."""
        return sum(
            sample.value
            for part in only or self.renderers
            if part.is_running
            for family in text_string_to_metric_families(self.page(part))
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def close(self) -> None:
        """End every process: all are asked at once, because each has a while to drain."""
        running = [part for part in self.parts if part.is_running]
        for part in running:
            part.send(signal.SIGTERM)
        for part in running:
            part.close()

    def _part(self, program: Program) -> Part:
        return Part(program, self.folder / f"{program.name}-{uuid.uuid4().hex[:6]}.log")
