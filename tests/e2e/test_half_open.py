"""More half-open connections than a process has descriptors, from several addresses; other callers are served."""

import asyncio
import resource
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

import aiohttp
import pytest

from deploy.dev.local.ports import HOST
from deploy.dev.local.processes import Program
from shared.concurrency.cancel import cancel_and_wait
from shared.http.connections import most_connections
from tests.stack.caller import Answer, fetch, show
from tests.stack.pair import Pair
from tests.stack.part import Part
from tests.stack.sources import Sources
from tests.stack.stores import Stores
from tests.waiting import until, until_true

DESCRIPTORS: Final = 1024
HALF_OPEN: Final = 1400
ADDRESSES: Final = tuple(f"127.0.0.{nth}" for nth in range(2, 9))
HEADS: Final = (b"", b"GET /", b"GET /readyz HTTP/1.1\r\nHost: m")
ROUNDS: Final = 20
Ask: TypeAlias = Callable[[], Awaitable[Answer]]

OWN: Final = HALF_OPEN + 600
"""Descriptors that the test itself needs."""


@dataclass
class LimitedPair(Pair):
    """A pair whose processes have few descriptors and cannot get more."""

    def _part(self, program: Program) -> Part:
        command = ("/bin/sh", "-c", f'ulimit -n {DESCRIPTORS} && exec "$@"', "sh", *program.command)
        return super()._part(replace(program, command=command))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources) -> Iterator[LimitedPair]:
    with LimitedPair(tmp_path_factory.mktemp("halfopen"), stores, sources) as pair:
        yield pair


@pytest.fixture(autouse=True, scope="module")
def descriptors() -> Iterator[None]:
    """Raise the limit of this process, which holds the other end of every connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < OWN:
        pytest.skip(f"this process may have {hard} open files, and needs {OWN}")
    if soft != resource.RLIM_INFINITY and soft < OWN:
        resource.setrlimit(resource.RLIMIT_NOFILE, (OWN, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class HalfOpen:
    """Clients that connect and send at most half a head, and connect again whenever they are cut off."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.opened = 0

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Keep them connected inside the context, which begins when each has been connected once."""
        clients = [asyncio.create_task(self._stay(nth)) for nth in range(HALF_OPEN)]
        try:
            await until(lambda: self.opened >= HALF_OPEN)
            yield
        finally:
            await cancel_and_wait(*clients)

    async def _stay(self, nth: int) -> None:
        while True:
            with suppress(OSError):
                await self._connect_once(ADDRESSES[nth % len(ADDRESSES)], HEADS[nth % len(HEADS)])
            await asyncio.sleep(1.0)  # the pace of a client that connects again

    async def _connect_once(self, address: str, head: bytes) -> None:
        reader, writer = await asyncio.open_connection(HOST, self._port, local_addr=(address, 0))
        try:
            self.opened += 1
            writer.write(head)
            await reader.read()
        finally:
            writer.close()


def open_files(part: Part) -> int:
    return len(list(Path(f"/proc/{part.pid}/fd").iterdir()))


async def probe(http: aiohttp.ClientSession, part: Part, path: str) -> Answer:
    return await fetch(http, f"http://{part.program.env['METRICS_ADDR']}{path}")


async def served(
    http: aiohttp.ClientSession, part: Part, callers: Mapping[str, Ask]
) -> tuple[list[tuple[str, str]], float, int]:
    """Return every answer that was not the right one, the longest time, and the most descriptors in use."""
    bad: list[tuple[str, str]] = []
    longest, most = 0.0, 0
    probes: dict[str, Ask] = {path: partial(probe, http, part, path) for path in ("/metrics", "/readyz", "/livez")}
    for _ in range(ROUNDS):
        for name, ask in {**callers, **probes}.items():
            try:
                answer = await ask()
            except (TimeoutError, aiohttp.ClientError) as error:
                bad.append((name, type(error).__name__))
                continue
            longest, most = max(longest, answer.seconds), max(most, open_files(part))
            if answer.status != 200:
                bad.append((name, str(answer.status)))
    return bad, longest, most


async def _has_closed(pair: Pair, part: Part, count: int) -> bool:
    return (await counted(pair, part)).total() >= count


async def counted(pair: Pair, part: Part) -> Counter[str]:
    """Return how many connections the process has closed for each reason."""
    name = "marquee_http_connections_closed_total"
    return Counter({reason: int(await read(pair, part, name, reason=reason)) for reason in ("address", "all", "head")})


async def read(pair: Pair, part: Part, name: str, **labels: str) -> float:
    return await asyncio.to_thread(pair.number, name, part, **labels)


@pytest.mark.parametrize("which", ["gateway", "renderer"])
async def test_half_open_connections_beyond_all_descriptors_keep_no_caller_out(
    pair: LimitedPair, sources: Sources, http: aiohttp.ClientSession, which: str
) -> None:
    part, port = attacked(pair, which)
    before = await counted(pair, part)

    async with HalfOpen(port).held():
        bad, longest, most = await served(http, part, await callers(pair, sources, http))
        limit = await read(pair, part, "marquee_http_connections_limit")
        # The last ones may still wait in the kernel to be accepted.
        await until_true(partial(_has_closed, pair, part, before.total() + HALF_OPEN - int(limit)))
        open_now = await read(pair, part, "marquee_http_connections_open")

    closed = await counted(pair, part) - before
    show(
        f"{HALF_OPEN} half-open connections to a {which} with {DESCRIPTORS} descriptors",
        [
            ("open", "limit", "closed", "most descriptors", "longest answer s", "not answered"),
            (int(open_now), int(limit), dict(closed), most, f"{longest:.2f}", len(bad)),
        ],
    )
    assert [] == bad
    assert most_connections(DESCRIPTORS) == limit
    assert limit * 0.9 <= open_now <= limit
    assert closed.total() >= HALF_OPEN - limit
    assert most < DESCRIPTORS
    assert part.is_running
    assert "Too many open files" not in part.said()


@pytest.mark.parametrize("which", ["gateway", "renderer"])
async def test_half_open_connections_to_metrics_and_probes_take_no_descriptors_of_callers(
    pair: LimitedPair, sources: Sources, http: aiohttp.ClientSession, which: str
) -> None:
    part, _ = attacked(pair, which)
    port = int(part.program.env["METRICS_ADDR"].rpartition(":")[2])

    async with HalfOpen(port).held():
        bad, _, most = await served(http, part, await callers(pair, sources, http))

    assert [] == bad
    assert most <= DESCRIPTORS // 4


def attacked(pair: Pair, which: str) -> tuple[Part, int]:
    ports = pair.contract
    return (pair.gateways[0], ports.gateway) if which == "gateway" else (pair.renderers[0], ports.content)


async def callers(pair: Pair, sources: Sources, http: aiohttp.ClientSession) -> dict[str, Ask]:
    """Return what other callers ask for."""
    stored = await fetch(http, pair.picture(f"{sources.film().imdb}.jpg"))
    assert 200 == stored.status
    return {
        "a stored picture": lambda: fetch(http, stored.url),
        "a cold picture": lambda: fetch(http, pair.picture(f"{sources.film().imdb}.jpg")),
    }
