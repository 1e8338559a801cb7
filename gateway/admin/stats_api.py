"""Statistics for admins: what is stored, the requests, and the state of the queue."""

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
from gateway.pictures.first_pictures import ClientSeen, clients_seen
from shared.queue.dead_letters import DeadLetters, dead_letters, waiting_s
from shared.queue.messages import Priority
from shared.queue.protocol import JobProducer
from shared.stores.postgres import Pool

MAX_LETTERS: Final = 20


class PriorityNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """The waiting and claimed jobs of a priority, and the age of the oldest waiting one."""

    waiting: int
    taken: int
    oldest_waiting_s: float | None


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """The statistics of the installation."""

    pictures: StoredPictureCounts
    titles: Count
    looks: Count
    keys: KeyCount
    requests: RequestCounts
    clients: list[ClientSeen]
    queue: Mapping[Priority, PriorityNumbers]
    dead_letters: DeadLetters


class StatsApi:
    """Serves ``/api/admin/stats``."""

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
        """Return the current statistics. Raises ``StoreDown``."""
        depth = await self._queue.depth()
        return Reply(
            Statistics(
                pictures=await count_pictures(self._pool),
                titles=await count_titles(self._pool),
                looks=await count_settings(self._pool),
                keys=await count_keys(self._pool),
                requests=await count_requests(self._pool, self._today()),
                clients=await clients_seen(self._redis, now=datetime.now(UTC)),
                queue={
                    lane: PriorityNumbers(
                        waiting=held.waiting, taken=held.taken, oldest_waiting_s=await waiting_s(self._redis, lane)
                    )
                    for lane, held in depth.items()
                },
                dead_letters=await dead_letters(self._redis, MAX_LETTERS),
            )
        )
