"""Gateways and renderers as processes of their own, on real stores, as an operator runs them."""

import asyncio
import hashlib
import os
import secrets
import signal
import urllib.request
import uuid
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import asyncpg
from prometheus_client.parser import text_string_to_metric_families
from redis.exceptions import RedisError
from yarl import URL

from deploy.dev.local import parts
from deploy.dev.local.ports import HOST, Contract
from deploy.dev.local.probes import has_bucket
from deploy.dev.local.processes import Program
from gateway.db.key_lookup import create_key
from shared.queue.redis_streams import RedisStreamQueue
from shared.stores.migrate import migrate
from shared.stores.postgres import open_pool
from shared.stores.redis import connect
from tests.e2e.disclosure import kept, shaped, shown
from tests.e2e.make_run import free_port_block
from tests.e2e.part import Part
from tests.e2e.sources import Sources

FREE_KEY: Final = "t0-free-rpdb"
_PAGE_S: Final = 10.0
_QUIET_S: Final = 30.0
_QUIET_LOOKS: Final = 2  # a hint on its way from the buffer to the queue is in neither
_LOOK_S: Final = 0.05

SECRETS: Final = {
    "TMDB_API_KEY": "tmdb-key-never-to-be-seen",
    "MDBLIST_API_KEY": "mdblist-key-never-to-be-seen",
    "OMDB_API_KEY": "omdb-key-never-to-be-seen",
    "FANART_API_KEY": "fanart-key-never-to-be-seen",
    "AWS_SECRET_ACCESS_KEY": "s3-secret-never-to-be-seen",
    "JWT_SECRET": "5ec4e7" + "0" * 58,
}
"""What no log, number or answer may ever show."""

OPTIONAL: Final = ("OMDB_API_KEY", "FANART_API_KEY")
"""Keys of sources that a pair has only when its settings name them."""


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Where the three stores are; each test module has a database, a Redis number and a bucket to itself."""

    database_url: str
    redis_url: str
    s3_url: str
    bucket: str

    @classmethod
    def fresh(cls, postgres_url: str, valkey_url: str, s3_url: str) -> Self:
        """Make empty ones in running servers. Not from within a running loop."""
        name = f"e2e_{uuid.uuid4().hex[:12]}"
        database_url = asyncio.run(_new_database(postgres_url, name))
        bucket = name.replace("_", "-")
        assert asyncio.run(has_bucket(URL(s3_url).port or 0, bucket))
        redis_url = str(URL(valkey_url).with_path("/7"))
        asyncio.run(_empty(redis_url))
        return cls(database_url=database_url, redis_url=redis_url, s3_url=s3_url, bucket=bucket)


@dataclass
class Pair:
    """Some gateways that share a port, and some renderers that share another. Starts on entering, ends on leaving."""

    folder: Path
    stores: Stores
    sources: Sources
    settings: Mapping[str, str] = field(default_factory=dict)
    gateway_count: int = 1
    renderer_count: int = 1
    gateways: list[Part] = field(default_factory=list)
    renderers: list[Part] = field(default_factory=list)
    secrets: list[str] = field(default_factory=lambda: list(SECRETS.values()))

    def __post_init__(self) -> None:
        self.contract = Contract(free_port_block())
        self.gateway_url = f"http://{HOST}:{self.contract.gateway}"
        self.content_url = f"http://{HOST}:{self.contract.content}"

    def __enter__(self) -> Self:
        env = self.environment()
        with ExitStack() as undo:
            undo.callback(self._close)
            for nth in range(1, self.gateway_count + 1):
                self.gateways.append(self._part(parts.gateway(nth, self.contract, env)))
            for nth in range(1, self.renderer_count + 1):
                self.renderers.append(self._part(parts.renderer(nth, self.contract, env)))
            for part in self.parts:
                part.begin()
            for part in self.parts:
                part.until_ready()
            undo.pop_all()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        """End every process, and look for secrets in all that they said and kept."""
        self._close()
        if error is None:
            self.check_secrets(*(part.said() for part in self.parts))
            with suppress(
                OSError, RedisError, asyncpg.PostgresError, asyncpg.InterfaceError
            ):  # a store that a test has ended tells nobody anything
                found = shown(self.secrets, asyncio.run(self.kept()))
                assert found == [], found

    @property
    def parts(self) -> list[Part]:
        return [*self.gateways, *self.renderers]

    def environment(self) -> dict[str, str]:
        """Return what the processes are told."""
        stores, url = self.stores, self.sources.url
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "DATABASE_URL": stores.database_url,
            "REDIS_URL": stores.redis_url,
            "S3_ENDPOINT_URL": stores.s3_url,
            "S3_BUCKET": stores.bucket,
            "AWS_ACCESS_KEY_ID": "e2e",
            "CONTENT_BASE_URL": self.content_url,
            "FREE_KEY_ENABLED": "true",
            "TMDB_API_URL": f"{url}/tmdb/3",
            "TMDB_IMAGE_URL": f"{url}/tmdb-images/t/p",
            "MDBLIST_API_URL": f"{url}/mdblist",
            "OMDB_API_URL": f"{url}/omdb",
            "FANART_API_URL": f"{url}/fanart/v3",
            "LOG_LEVEL": "debug",
            "RATE_LIMITS_ENABLED": "false",  # a test asks thousands of times, and from one address
            **{name: value for name, value in SECRETS.items() if name not in OPTIONAL},
            **self.settings,
        }

    def another_renderer(self) -> Part:
        """Start one more renderer, which takes no part in the pair's ports but that of the content. Not from a loop."""
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
        """Return a process's page of numbers."""
        port = part.program.env["METRICS_ADDR"].rpartition(":")[2]
        with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=_PAGE_S) as answer:
            return str(answer.read(), "utf-8")

    def number(self, name: str, *only: Part, **labels: str) -> float:
        """Return the sum of a number over the renderers (or over those given) that still run."""
        return sum(
            sample.value
            for part in only or self.renderers
            if part.process.poll() is None
            for family in text_string_to_metric_families(self.page(part))
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    async def quiet(self) -> None:
        """Wait until no hint and no job is under way: only then can numbers of before and after be compared."""
        redis = connect(self.stores.redis_url)
        queue = RedisStreamQueue(redis, consumer="onlooker")
        quiet_looks = 0
        async with asyncio.timeout(_QUIET_S):
            while quiet_looks < _QUIET_LOOKS:
                jobs = sum(depth.waiting + depth.taken for depth in (await queue.depth()).values())
                hints = await asyncio.to_thread(self.number, "gateway_limit_used", *self.gateways, limit="hint_buffer")
                held = await asyncio.to_thread(self.number, "renderer_jobs_held")
                quiet_looks = 0 if jobs or hints or held else quiet_looks + 1
                await asyncio.sleep(_LOOK_S)
        await redis.aclose()

    def pages(self) -> list[str]:
        """Return the numbers of every process that runs."""
        return [self.page(part) for part in self.parts if part.process.poll() is None]

    async def new_key(self) -> tuple[str, str]:
        """Make an API key and return it with its share form; neither may be seen from then on."""
        key, share = secrets.token_hex(32), f"h.{secrets.token_hex(16)}"
        self.secrets += [key, share.removeprefix("h.")]
        async with open_pool(self.stores.database_url) as pool:
            await create_key(
                pool, name=share[2:8], key_hash=digest_of(key), key_prefix=key[:8], share_hash=digest_of(share)
            )
        return key, share

    def check_secrets(self, *texts: str) -> None:
        """Fail when a text shows a secret of this pair, or what looks like anybody's."""
        found = shown(self.secrets, texts) + shaped(texts)
        assert found == [], found

    async def kept(self) -> list[str]:
        """Return all that Postgres and Redis keep. Raises ``OSError``, asyncpg's errors and redis-py's."""
        return await kept(self.stores.database_url, self.stores.redis_url)

    def _part(self, program: Program) -> Part:
        return Part(program, self.folder / f"{program.name}-{uuid.uuid4().hex[:6]}.log")

    def _close(self) -> None:
        running = [part for part in self.parts if part._process is not None and part._process.poll() is None]
        for part in running:
            part.send(signal.SIGTERM)  # all at once: each has a while to drain
        for part in running:
            part.close()


async def _new_database(postgres_url: str, name: str) -> str:
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    dsn = str(URL(postgres_url).with_path(f"/{name}"))
    await migrate(dsn)
    return dsn


async def _empty(redis_url: str) -> None:
    async with connect(redis_url) as redis:
        await redis.flushdb()


def digest_of(key: str) -> bytes:
    return hashlib.sha256(key.encode("ascii")).digest()
