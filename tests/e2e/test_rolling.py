"""SIGTERM under load: every process of a pair is ended and started once while callers go on asking.

Replicas have a port each, as pods have an address each, and callers are as an ingress is: they know who is in turn. A
replica is taken out of turn, then there is the pause of the chart's ``preStop`` in short, then it gets SIGTERM. Without
this order every server loses something: what the kernel has accepted for a listening socket is reset when that socket
is closed, and a request may be on its way into a connection that is just then closed as idle. With it nothing may be
lost, so callers retry nothing. They open a new connection only where the old one was closed before anything was sent.

What is under way when the signal comes is left under way: callers wait for pictures whose sources are slow.
"""

import asyncio
import itertools
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import msgspec
import pytest
from yarl import URL

from deploy.dev.local import parts
from deploy.dev.local.ports import HOST
from renderer.storage.s3 import S3Storage
from renderer.storage.storage_key import storage_key
from shared.domain.ids import MediaId, TitleKind
from shared.domain.pictures import Format
from shared.queue.redis_keys import DEAD_STREAM
from shared.queue.redis_streams import RedisStreamQueue
from shared.settings.digest import SettingsHash
from shared.stores.redis import connect
from tests.stack.caller import show
from tests.stack.pair import Pair
from tests.stack.part import Part
from tests.stack.ports import free_contract
from tests.stack.services import FREE_KEY, SECRETS
from tests.stack.sources import Source, Sources
from tests.stack.stores import Stores
from tests.stack.trouble import slow

PACE_S = 1 / 30
SOURCE_S = 0.4
PAUSE_S = 0.5
"""Between out of turn and SIGTERM: five seconds in the chart, for there the news goes over several machines."""

WARM = 12
ANSWER_S = 60.0
STOPPED_WITHIN_S = 25.0


class Reply(msgspec.Struct, frozen=True):
    """A whole answer: its status, where it leads, and what the cache said."""

    status: int
    location: str = ""
    cache: str = ""


@dataclass(eq=False)
class Replica:
    """One process at a port of its own, and the idle connections to it."""

    part: Part
    port: int
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)
    asking: int = 0

    async def ask(self, path: str) -> Reply:
        """Ask over a kept connection, or over a new one where the kept one was closed meanwhile."""
        self.asking += 1
        try:
            async with asyncio.timeout(ANSWER_S):
                reader, writer = await self._connection()
                try:
                    writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
                    reply, is_kept = await _read(reader)
                except BaseException:
                    await _close(writer)
                    raise
                if is_kept:
                    self.idle.append((reader, writer))
                else:
                    await _close(writer)
                return reply
        finally:
            self.asking -= 1

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self.idle:
            reader, writer = self.idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            await _close(writer)
        return await asyncio.open_connection(HOST, self.port)

    async def let_go(self) -> None:
        """Close what is idle, as a proxy does when an address leaves its list."""
        while self.idle:
            await _close(self.idle.pop()[1])


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):  # the other side may have been quicker
        await writer.wait_closed()


async def _read(reader: asyncio.StreamReader) -> tuple[Reply, bool]:
    """Return the answer, and whether the connection may be used again."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    await reader.readexactly(int(headers.get("content-length", "0")))
    reply = Reply(int(head[0].split()[1]), headers.get("location", ""), headers.get("x-cache-status", ""))
    return reply, headers.get("connection", "").lower() != "close"


class Turn:
    """The replicas that requests go to, one after the other."""

    def __init__(self, replicas: list[Replica]) -> None:
        self.all = replicas
        self.away: set[Replica] = set()
        self._next = itertools.cycle(replicas)

    async def ask(self, path: str) -> Reply:
        replica = next(each for each in self._next if each not in self.away)
        reply = await replica.ask(path)
        if replica in self.away:
            await replica.let_go()
        return reply

    async def leave(self, replica: Replica) -> None:
        self.away.add(replica)
        await replica.let_go()

    def come_back(self, replica: Replica) -> None:
        self.away.discard(replica)


class Stop(msgspec.Struct, frozen=True):
    """How one process ended."""

    name: str
    seconds: float
    code: int
    open_answers: int
    jobs: int


@dataclass
class Load:
    """Callers that come at a steady pace, half of them for pictures that nobody asked for before."""

    pair: Pair
    gateways: Turn
    renderers: Turn
    promised: set[tuple[str, int]] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest_s: float = 0.0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let callers come while inside; on leaving the last ones are waited for."""
        stopping = asyncio.Event()
        coming = asyncio.create_task(self._come(stopping))
        try:
            yield
        finally:
            stopping.set()
            await coming
            for each in (*self.gateways.all, *self.renderers.all):
                await each.let_go()

    async def _come(self, stopping: asyncio.Event) -> None:
        sources = self.pair.sources
        warm = [sources.film().number for _ in range(WARM)]
        async with asyncio.TaskGroup() as callers:
            for nth in itertools.count():
                if stopping.is_set():
                    return
                # Of four callers two want a known picture, one a new one, and one only leaves the hint for it.
                number = warm[nth // 2 % WARM] if nth % 2 else sources.film().number
                callers.create_task(self._call(number, follows=nth % 4 != 0))
                await asyncio.sleep(PACE_S)

    async def _call(self, number: int, *, follows: bool) -> None:
        location = await self._ask(self.gateways, 302, f"/{FREE_KEY}/imdb/poster-default/tt{number}.jpg")
        if location is None:
            return
        path = URL(location.location).raw_path
        self.promised.add((path.split("/")[2], number))
        if follows:
            await self._ask(self.renderers, 200, path)

    async def _ask(self, turn: Turn, wanted: int, path: str) -> Reply | None:
        began = time.monotonic()
        try:
            reply = await turn.ask(path)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            self.outcomes["failed"] += 1
            self.failures.append(f"{wanted} wanted, {type(error).__name__}: {error}")
            return None
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        self.outcomes[reply.cache or str(reply.status)] += 1
        if reply.status != wanted:
            self.failures.append(f"{wanted} wanted, {reply.status} came")
            return None
        return reply


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources) -> Iterator[Pair]:
    """Run two of each, each at a port of its own."""
    folder = tmp_path_factory.mktemp("rolling")
    # Callers wait long enough for a busy machine: a 503 must come from a process that stops, not from a slow one.
    settings = {"RENDER_WAIT_MS": "8000"}
    with Pair(folder, stores, sources, settings, gateway_count=0, renderer_count=0) as pair:
        for nth in (1, 2):
            gateway, renderer = free_contract(), free_contract()
            pair.gateways.append(Part(parts.gateway(1, gateway, pair.environment()), folder / f"gateway-{nth}.log"))
            pair.renderers.append(Part(parts.renderer(1, renderer, pair.environment()), folder / f"renderer-{nth}.log"))
            pair.gateways[-1].start()
            pair.renderers[-1].start()
        yield pair


def replica(part: Part) -> Replica:
    return Replica(part, int(part.program.env["LISTEN_ADDR"].rpartition(":")[2]))


async def roll(pair: Pair, turn: Turn, each: Replica) -> Stop:
    """End a process as Kubernetes does and start it again."""
    await turn.leave(each)
    await asyncio.sleep(PAUSE_S)  # it is the pause that is tried
    jobs = await asyncio.to_thread(pair.number, "renderer_jobs_held", each.part)
    asking, began = each.asking, time.monotonic()
    each.part.send(signal.SIGTERM)
    code = await asyncio.to_thread(each.part.process.wait, STOPPED_WITHIN_S)
    took_s = time.monotonic() - began
    await asyncio.to_thread(each.part.start)
    turn.come_back(each)
    return Stop(each.part.log.stem, took_s, code, asking, int(jobs))


async def lost(pair: Pair, promised: set[tuple[str, int]]) -> list[str]:
    """Return the promised pictures that are not stored."""
    stores = pair.stores
    async with S3Storage.open(
        endpoint_url=stores.s3_url,
        region="us-east-1",
        bucket=stores.bucket,
        access_key="e2e",
        secret_key=SECRETS["AWS_SECRET_ACCESS_KEY"],
    ) as s3:
        keys = [
            storage_key(SettingsHash(look), MediaId(TitleKind.MOVIE, number), Format.JPG) for look, number in promised
        ]
        return [key for key in keys if await s3.head(key) is None]


async def left_in_queue(pair: Pair) -> dict[str, int]:
    """Return how many jobs wait, are in hand, and were given up."""
    async with connect(pair.stores.redis_url) as redis:
        depths = (await RedisStreamQueue(redis, consumer="onlooker").depth()).values()
        return {
            "waiting": sum(depth.waiting for depth in depths),
            "taken": sum(depth.taken for depth in depths),
            "dead": int(await redis.xlen(DEAD_STREAM)),
        }


@pytest.mark.timeout(240)
async def test_every_process_is_rolled_under_load_and_nothing_is_lost(pair: Pair, sources: Sources) -> None:
    gateways, renderers = (Turn([replica(part) for part in some]) for some in (pair.gateways, pair.renderers))
    load = Load(pair, gateways, renderers)
    for source in (Source.TMDB, Source.IMAGES, Source.MDBLIST):
        sources.break_down(source, slow(SOURCE_S))

    began = time.monotonic()
    async with load.running():
        await asyncio.sleep(1.0)  # so that something is under way before the first goes
        stops = [await roll(pair, turn, each) for turn in (renderers, gateways) for each in turn.all]
    took_s = time.monotonic() - began
    sources.heal()
    await pair.quiet()
    lost_pictures, left = await lost(pair, load.promised), await left_in_queue(pair)

    requests = sum(load.outcomes.values())
    show(
        f"two gateways and two renderers, each rolled once, {requests / took_s:.0f} requests/s for {took_s:.0f} s",
        [
            ("requests", requests, dict(load.outcomes)),
            ("failures", len(load.failures), load.failures[:5]),
            ("pictures promised", len(load.promised), f"not stored {len(lost_pictures)}"),
            ("left in the queue", left, ""),
            ("slowest answer", f"{load.slowest_s:.2f} s", ""),
            ("longest stop", f"{max(stop.seconds for stop in stops):.2f} s", ""),
            *(
                (stop.name, f"{stop.seconds:.2f} s", f"{stop.open_answers} open answers, {stop.jobs} jobs in hand")
                for stop in stops
            ),
        ],
    )
    assert [] == load.failures
    assert [] == lost_pictures
    assert {"waiting": 0, "taken": 0, "dead": 0} == left
    assert {0} == {stop.code for stop in stops}
    assert STOPPED_WITHIN_S > max(stop.seconds for stop in stops)
    assert 0 < sum(stop.jobs for stop in stops)
    assert 0 < sum(stop.open_answers for stop in stops)
    assert {"302", "HIT", "MISS"} <= set(load.outcomes)
