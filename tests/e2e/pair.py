"""Gateways and renderers as processes of their own, on real stores, as an operator runs them."""

import asyncio
import hashlib
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import aiohttp
import asyncpg
import msgspec
from prometheus_client.parser import text_string_to_metric_families
from yarl import URL

from deploy.local import parts
from deploy.local.ports import HOST, Contract
from deploy.local.probes import has_bucket
from deploy.local.processes import Program
from shared.db.keys import create_key
from shared.db.migrate import migrate
from shared.db.pool import open_pool
from shared.jobs.connect import connect
from tests.e2e.make_run import descendants, eventually, free_port_block
from tests.e2e.sources import Sources

FREE_KEY: Final = "t0-free-rpdb"
READY_S: Final = 30.0
STOP_S: Final = 40.0
_PAGE_S: Final = 10.0

SECRETS: Final = {
    "TMDB_API_KEY": "tmdb-key-never-to-be-seen",
    "MDBLIST_API_KEY": "mdblist-key-never-to-be-seen",
    "OMDB_API_KEY": "omdb-key-never-to-be-seen",
    "AWS_SECRET_ACCESS_KEY": "s3-secret-never-to-be-seen",
    "JWT_SECRET": "5ec4e7" + "0" * 58,
}
"""What no log, number or answer may ever show."""


class Part:
    """One program of the stack, held by the test that needs it."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = replace(program, log=log)
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "not started"
        return self._process

    def begin(self) -> Self:
        """Start it and do not wait."""
        program = self.program
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=program.cwd,
                env=program.env,
                user=program.user,
                group=program.user,
                extra_groups=None if program.user is None else [],
                start_new_session=True,
            )
        return self

    def start(self) -> Self:
        """Start it and wait until it is up. Not from within a running loop."""
        return self.begin().until_ready()

    def until_ready(self) -> Self:
        """Wait until it is up. Not from within a running loop."""
        came = eventually(lambda: self.process.poll() is not None or asyncio.run(self._ready()), seconds=READY_S)
        assert came, f"{self.program.name} is not ready: {self.said()[-2000:]}"
        assert self.process.poll() is None, f"{self.program.name} ended: {self.said()[-2000:]}"
        return self

    async def _ready(self) -> bool:
        return await self.program.is_ready()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def freeze(self) -> None:
        """Stop it and all its children where they are: whoever asks gets no answer."""
        for pid in (self.process.pid, *descendants(self.process.pid)):
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it and its children go on."""
        for pid in (self.process.pid, *descendants(self.process.pid)):
            os.kill(pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait(STOP_S)

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        self.process.send_signal(self.program.stop_signal)
        return self.process.wait(STOP_S)

    def close(self) -> None:
        """See to it that it is gone."""
        if self._process is None or self._process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            self.thaw()
            self._process.send_signal(self.program.stop_signal)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def said(self) -> str:
        """Return its log."""
        return self.log.read_text(errors="replace")


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
        """End every process, and look for secrets in all that they said."""
        self._close()
        if error is None:
            self.check_secrets(*(part.said() for part in self.parts))

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
            "LOG_LEVEL": "debug",
            **{name: value for name, value in SECRETS.items() if name != "OMDB_API_KEY"},
            **self.settings,
        }

    def another_renderer(self) -> Part:
        """Start one more renderer, which takes no part in the pair's ports but that of the content. Not from a loop."""
        nth = len(self.renderers) + 1
        part = self._part(parts.renderer(nth, self.contract, self.environment()))
        self.renderers.append(part)
        return part.start()

    def picture(self, title: str, query: str = "", *, id_type: str = "imdb", key: str = FREE_KEY) -> str:
        """Return the URL that a client is given."""
        return f"{self.gateway_url}/{key}/{id_type}/poster-default/{title}{query}"

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

    def pages(self) -> list[str]:
        """Return the numbers of every process that runs."""
        return [self.page(part) for part in self.parts if part.process.poll() is None]

    async def new_key(self) -> tuple[str, str]:
        """Make an API key and return it with its share form; neither may be seen from then on."""
        key, share = secrets.token_hex(32), f"h.{secrets.token_hex(16)}"
        self.secrets += [key, share.removeprefix("h.")]
        async with open_pool(self.stores.database_url) as pool:
            await create_key(
                pool, name=share[2:8], key_hash=_digest(key), key_prefix=key[:8], share_hash=_digest(share)
            )
        return key, share

    def check_secrets(self, *texts: str) -> None:
        """Fail when a text shows a secret."""
        shown = [(secret, text) for secret in self.secrets for text in texts if secret in text]
        assert [] == [_around(secret, text) for secret, text in shown]

    def _part(self, program: Program) -> Part:
        return Part(program, self.folder / f"{program.name}-{uuid.uuid4().hex[:6]}.log")

    def _close(self) -> None:
        running = [part for part in self.parts if part._process is not None and part._process.poll() is None]
        for part in running:
            part.send(signal.SIGTERM)  # all at once: each has a while to drain
        for part in running:
            part.close()


class Answer(msgspec.Struct, frozen=True):
    """What a client got, in the end; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def cache(self) -> str:
        return self.headers.get("x-cache-status", "")

    @property
    def cache_control(self) -> str:
        return self.headers.get("cache-control", "")

    @property
    def error(self) -> str:
        """Return the sentence of a refusal."""
        return str(msgspec.json.decode(self.body)["error"])


async def fetch(
    http: aiohttp.ClientSession, url: str, *, method: str = "GET", follow: bool = True, **headers: str
) -> Answer:
    """Ask as a client does; header names are written with underscores, and the URL goes out as it is written."""
    began = time.monotonic()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with http.request(method, URL(url, encoded=True), headers=named, allow_redirects=follow) as response:
        body = await response.read()
        lower = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, lower, body, time.monotonic() - began)


async def until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Tell whether ``condition`` comes true in time, without holding up the loop."""
    return await asyncio.to_thread(eventually, condition, seconds=seconds)


def show(title: str, rows: Iterable[Sequence[object]]) -> None:
    """Write a small table into the test's output."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    sys.stdout.write("\n".join([f"\n{title}", *(f"  {line}" for line in lines), ""]))


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


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("ascii")).digest()


def _around(secret: str, text: str) -> str:
    at = text.index(secret)
    return text[max(0, at - 200) : at + len(secret) + 50]
