"""The final account when the stack is calm again: what is stored, queued, dead, and how much was drawn."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, cast

from redis.asyncio import Redis

from deploy.dev.bench.sources import title_number
from deploy.dev.chaos.asking import PATIENCE_S
from deploy.dev.chaos.callers import Callers
from deploy.dev.chaos.ledger import Account, Wanted
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


@dataclass(frozen=True)
class Books:
    """What callers were promised against what the stores have, bypassing every connection that was broken."""

    callers: Callers
    meter: Meter
    redis: Redis
    storage: S3Storage

    async def close(self, valkey_away: Callable[[float], bool]) -> Account:
        """Wait for the last job, count, request what is missing again, and check every picture again.

        ``valkey_away`` returns whether the queue was down at a given time.
        """
        await self._jobs_left()
        pictures, dead = self.callers.pictures, await self._dead()
        missing = await self._missing()
        forgotten = [each for each in missing if pictures[each].promised and self._job(each) not in dead]
        excused = [each for each in forgotten if valkey_away(pictures[each].promised[-1])]
        await self._ask_again(missing, Wanted.NEW)
        left, missing = await self._jobs_left(), await self._missing()
        stored = [each for each in pictures if each not in missing]
        await self._ask_again(stored, Wanted.STORED)
        drawn, dead = await self.meter.drawn(), await self._dead()
        return Account(
            faults={
                "wrong pictures": self.callers.wrong,
                "transient errors that a public cache would store": self.callers.kept,
                "pictures promised, but neither stored nor dead letters": _paths(set(forgotten) - set(excused)),
                "pictures not stored even after another request": _paths(missing),
                "jobs that never finished": left,
            },
            counts={
                "requests not made, too many open": self.callers.left_out,
                "pictures requested": len(pictures),
                "pictures stored in the end": len(stored),
                "pictures promised to callers who got fallback artwork": sum(
                    bool(m.promised) for m in pictures.values()
                ),
                "pictures promised while Valkey was down, and not stored": len(excused),
                "pictures drawn": drawn,
                "pictures drawn again": max(0, drawn - len(stored)),
                **{f"dead letters: {reason}": number for reason, number in Counter(dead.values()).most_common()},
                "crashes in the logs": crashes(self.meter.services.parts),
            },
        )

    async def _jobs_left(self) -> list[str]:
        """Wait until no job is queued or running; returns those that remain when that takes too long."""
        queue = RedisStreamQueue(self.redis, consumer="chaos")
        queued = held = 0
        for _ in range(round(_QUIET_S / _LOOK_S)):
            queued = sum(depth.waiting + depth.taken for depth in (await queue.depth()).values())
            held = await self.meter.held()
            if not queued and not held:
                return []
            await asyncio.sleep(_LOOK_S)
        return [f"{queued} queued, {held} running"]

    async def _missing(self) -> list[Picture]:
        """Return the requested pictures that are not stored."""
        stored = {each.key async for each in self.storage.names("c/")}
        return [each for each in self.callers.pictures if f"c/{self._look(each)}/{each.object_tail}" not in stored]

    async def _dead(self) -> dict[str, str]:
        """Return the dead letters: the picture and the reason, without its numbers."""
        rows = cast("list[tuple[bytes, dict[bytes, bytes]]]", await cast("Any", self.redis).xrange(DEAD_STREAM))
        return {decode_job(each[b"job"]).picture: _NUMBER.sub("n", each[b"reason"].decode()) for _, each in rows}

    async def _ask_again(self, pictures: Iterable[Picture], wanted: Wanted) -> None:
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(picture: Picture) -> None:
            async with room, asyncio.timeout(3 * PATIENCE_S):
                await self.callers.ask(picture, wanted)

        await asyncio.gather(*map(one, pictures))

    def _job(self, picture: Picture) -> str:
        return f"{self._look(picture)}:imdb:tt{title_number(picture.film)}"

    def _look(self, picture: Picture) -> str:
        """Return the settings hash that a gateway gave for pictures of this look; without one, no object has it."""
        memories = self.callers.pictures.items()
        return next(
            (memory.url.split("/")[4] for each, memory in memories if each.look == picture.look and memory.url), ""
        )


async def settle(callers: Callers, meter: Meter, stage: Stage, valkey_away: Callable[[float], bool]) -> Account:
    """Return the account of the run, when its jobs are done."""
    async with connect(stage.stores.redis_url) as redis, stage.stores.storage() as storage:
        return await Books(callers, meter, redis, storage).close(valkey_away)


def crashes(parts: Iterable[Part]) -> int:
    """Return how many log lines report an unexpected error."""
    return sum(bool(_CRASH.search(line)) for part in parts for line in part.log.read_bytes().splitlines())


def _paths(pictures: Iterable[Picture]) -> list[str]:
    return [picture.path for picture in pictures]
