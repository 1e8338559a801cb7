"""Dead letters over real Valkey: nothing is lost between the letters and the lanes."""

from collections.abc import Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from shared.domain.errors import StoreDown
from shared.domain.ids import ExternalId, IdType
from shared.queue.dead_letters import dead_letters, delete_dead_letter, find_dead_letter, retry_dead_letter
from shared.queue.messages import Priority, RenderJob, encode_message
from shared.queue.protocol import Depth, EnqueueResult
from shared.queue.redis_keys import DEAD_STREAM
from shared.queue.redis_streams import RedisStreamQueue
from shared.settings.digest import SettingsHash

JOB = RenderJob(settings_hash=SettingsHash("ab" * 16), title=ExternalId(IdType.IMDB, 17136), lane=Priority.REFRESH)


class LostQueue:
    """Takes nothing."""

    async def enqueue(self, jobs: Sequence[RenderJob], *, hint: bool = False, client: str = "") -> list[EnqueueResult]:
        raise StoreDown(f"{len(jobs)} jobs, hint {hint}, client {client}")

    async def depth(self) -> dict[Priority, Depth]:
        raise StoreDown("no depth")


async def bury(redis: Redis) -> str:
    entry: Any = await redis.xadd(DEAD_STREAM, {"job": encode_message(JOB), "reason": "crashed: KeyError", "tries": 3})
    return str(entry.decode())


async def test_a_job_that_is_tried_again_can_be_taken(redis: Redis) -> None:
    queue = RedisStreamQueue(redis, consumer="one")
    letter = await bury(redis)

    offer = await retry_dead_letter(redis, queue, letter)

    (delivery,) = await queue.claim(1, 1.0)
    assert (EnqueueResult.QUEUED, JOB, None) == (offer, delivery.job, await find_dead_letter(redis, letter))


async def test_a_letter_is_kept_where_the_lane_is_full(redis: Redis) -> None:
    letter = await bury(redis)

    offer = await retry_dead_letter(redis, RedisStreamQueue(redis, consumer="one", queue_max=0), letter)

    kept = await find_dead_letter(redis, letter)
    assert (EnqueueResult.FULL, JOB.picture) == (offer, kept and kept.picture)


async def test_a_letter_is_kept_when_its_job_is_not_taken(redis: Redis) -> None:
    letter = await bury(redis)

    with pytest.raises(StoreDown):
        await retry_dead_letter(redis, LostQueue(), letter)

    assert [letter] == [each.id for each in (await dead_letters(redis, 10)).newest]


async def test_a_letter_that_is_gone_is_tried_no_more(redis: Redis) -> None:
    queue = RedisStreamQueue(redis, consumer="one")
    letter = await bury(redis)

    was_there = [await delete_dead_letter(redis, letter), await delete_dead_letter(redis, letter)]

    assert ([True, False], None) == (was_there, await retry_dead_letter(redis, queue, letter))
    assert [] == await queue.claim(1, 0.01)
