"""The final account when the stack is calm again: what is stored, queued, dead, and how much was drawn."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, cast

from redis.asyncio import Redis

from deploy.dev.bench.sources import title_number
from deploy.dev.chaos.asking import PATIENCE_S
from deploy.dev.chaos.callers import Callers, Memory
from deploy.dev.chaos.conclusion import Jobs
from deploy.dev.chaos.ledger import Wanted
from deploy.dev.chaos.pictures import Picture
from deploy.dev.chaos.stage import Stage
from renderer.storage.s3 import S3Storage
from shared.queue.messages import decode_job
from shared.queue.redis_keys import DEAD_STREAM
from shared.queue.redis_streams import RedisStreamQueue
from shared.stores.redis import connect
from tests.stack.part import Part
from tests.stack.services import Services

_QUIET_S: Final = 90.0  # three attempts of a job, each after the lease of the previous one
_LOOK_S: Final = 0.25
_AT_ONCE: Final = 16
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")
_CRASH: Final = re.compile(rb"Traceback|_crashed\"")


@dataclass
class Meter:
    """Counts drawn pictures over all lives of the renderers: one that is about to be killed is read beforehand."""

    services: Services
    _before: float = 0.0

    async def last_words(self, part: Part) -> None:
        """Save the count of a part that is about to lose it."""
        self._before += await self._drawn(part)

    async def drawn(self) -> int:
        """Return how many pictures were drawn and stored."""
        return round(self._before + await self._drawn())

    async def held(self) -> int:
        """Return how many jobs the renderers are running."""
        return round(await asyncio.to_thread(self.services.number, "renderer_jobs_held"))

    async def _drawn(self, *only: Part) -> float:
        return await asyncio.to_thread(self.services.number, "renderer_jobs_total", *only, outcome="drawn")


class Onlooker:
    """The stores seen by an observer, bypassing every connection that was broken."""

    def __init__(self, redis: Redis, storage: S3Storage) -> None:
        self._redis = redis
        self._queue = RedisStreamQueue(redis, consumer="chaos")
        self._storage = storage

    @classmethod
    @asynccontextmanager
    async def open(cls, stage: Stage) -> AsyncIterator[Self]:
        """Hold the connections to them open."""
        async with connect(stage.stores.redis_url) as redis, stage.stores.storage() as storage:
            yield cls(redis, storage)

    async def jobs_left(self, meter: Meter) -> int:
        """Wait until no job is queued or running; returns how many remain when that takes too long."""
        left = 0
        for _ in range(round(_QUIET_S / _LOOK_S)):
            left = sum(depth.waiting + depth.taken for depth in (await self._queue.depth()).values())
            if not left and not await meter.held():
                return 0
            await asyncio.sleep(_LOOK_S)
        return max(left, 1)

    async def keys(self) -> set[str]:
        """Return the keys of all stored pictures."""
        return {stored.key async for stored in self._storage.names("c/")}

    async def dead(self) -> dict[str, str]:
        """Return the dead letters: the picture and the reason."""
        rows = cast("list[tuple[bytes, dict[bytes, bytes]]]", await cast("Any", self._redis).xrange(DEAD_STREAM))
        letters = [letter for _, letter in rows]
        return {decode_job(each[b"job"]).picture: _NUMBER.sub("n", each[b"reason"].decode()) for each in letters}


async def reckon(callers: Callers, stores: Onlooker, meter: Meter, valkey_away: Callable[[float], bool]) -> Jobs:
    """Wait for the last job, count, request what is missing again, and check every picture again.

    ``valkey_away`` returns whether the queue was down at a given time.
    """
    await stores.jobs_left(meter)
    looks = _hashes(callers.pictures)
    stored, dead = await stores.keys(), await stores.dead()
    missing = [picture for picture in callers.pictures if _key(picture, looks) not in stored]
    forgotten = [
        picture
        for picture in missing
        if callers.pictures[picture].promised and f"{looks.get(picture.look)}:{_alias(picture)}" not in dead
    ]
    excused = [picture for picture in forgotten if valkey_away(callers.pictures[picture].promised[-1])]
    await _all(callers, missing, Wanted.NEW)
    left = await stores.jobs_left(meter)
    stored = await stores.keys()
    asked_for = list(callers.pictures)
    there = [picture for picture in asked_for if _key(picture, looks) in stored]
    await _all(callers, there, Wanted.STORED)
    return Jobs(
        asked_for=len(asked_for),
        stored=len(there),
        promised=sum(bool(memory.promised) for memory in callers.pictures.values()),
        promised_missing=[picture.path for picture in forgotten if picture not in excused],
        promised_missing_valkey=[picture.path for picture in excused],
        missing_after_asking=[picture.path for picture in asked_for if _key(picture, looks) not in stored],
        left_in_queue=left,
        dead=Counter((await stores.dead()).values()),
        drawn=await meter.drawn(),
    )


def crashes(parts: Iterable[Part]) -> int:
    """Return how many log lines report an unexpected error."""
    return sum(len(_CRASH.findall(line)) > 0 for part in parts for line in _lines(part.log))


def _lines(log: Path) -> Iterable[bytes]:
    with log.open("rb") as lines:
        yield from lines


async def _all(callers: Callers, pictures: Iterable[Picture], wanted: Wanted) -> None:
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(picture: Picture) -> None:
        async with room, asyncio.timeout(3 * PATIENCE_S):
            await callers.ask(picture, wanted)

    await asyncio.gather(*(one(picture) for picture in pictures))


def _hashes(pictures: dict[Picture, Memory]) -> dict[int, str]:
    """Return the settings hash of each kind of request, as issued by the gateways."""
    return {picture.look: memory.url.split("/")[4] for picture, memory in pictures.items() if memory.url}


def _key(picture: Picture, hashes: dict[int, str]) -> str:
    return f"c/{hashes.get(picture.look)}/{picture.object_tail}"


def _alias(picture: Picture) -> str:
    return f"imdb:tt{title_number(picture.film)}"
