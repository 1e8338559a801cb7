"""The installation in numbers, for admins: what is stored, who asks how often, and how the queue stands."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Final

import msgspec
from redis.asyncio import Redis

from gateway.api.endpoint import Call, NoBody, Reply
from gateway.db.stats import (
    Count,
    KeyCount,
    RequestCounts,
    StoredPictureCounts,
    count_keys,
    count_pictures,
    count_requests,
    count_settings,
    count_titles,
)
from shared.queue.dead_letters import DeadLetters, dead_letters, waiting_s
from shared.queue.messages import Priority
from shared.queue.protocol import JobProducer
from shared.stores.postgres import Pool

MOST_LETTERS: Final = 20


class PriorityNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """How many jobs wait in a lane and are in workers' hands, and for how long the oldest waits to be taken."""

    waiting: int
    taken: int
    oldest_waiting_s: float | None


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """The installation in numbers."""

    pictures: StoredPictureCounts
    titles: Count
    looks: Count
    keys: KeyCount
    requests: RequestCounts
    queue: Mapping[Priority, PriorityNumbers]
    dead_letters: DeadLetters


class StatsApi:
    """Answers ``/api/admin/stats``."""

    def __init__(
        self,
        pool: Pool,
        redis: Redis,
        queue: JobProducer,
        *,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._pool, self._redis, self._queue, self._today = pool, redis, queue, today

    async def show(self, _call: Call, _: NoBody) -> Reply:
        """Show the numbers as they are now. Raises ``StoreDown``."""
        depth = await self._queue.depth()
        return Reply(
            Statistics(
                pictures=await count_pictures(self._pool),
                titles=await count_titles(self._pool),
                looks=await count_settings(self._pool),
                keys=await count_keys(self._pool),
                requests=await count_requests(self._pool, self._today()),
                queue={
                    lane: PriorityNumbers(
                        waiting=held.waiting, taken=held.taken, oldest_waiting_s=await waiting_s(self._redis, lane)
                    )
                    for lane, held in depth.items()
                },
                dead_letters=await dead_letters(self._redis, MOST_LETTERS),
            )
        )
