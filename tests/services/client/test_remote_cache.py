"""Is a Redis that does not answer left alone, without a word too many, and is what this process holds bounded?"""

from collections.abc import AsyncIterator

import pytest
import structlog
from redis.asyncio import Redis

from services.client.remote_cache import CachedEntry, FetchLease, MemoryRemoteCache, RedisRemoteCache
from shared.domain.errors import StoreDown
from shared.stores.redis import connect


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def nowhere() -> AsyncIterator[Redis]:
    client = connect("redis://127.0.0.1:9/0")
    yield client
    await client.aclose()


async def fail(facts: RedisRemoteCache) -> str:
    with pytest.raises(StoreDown) as caught:
        await facts.fetch("k", "me")
    return str(caught.value)


async def test_a_lost_redis_is_not_asked_for_a_moment(nowhere: Redis) -> None:
    clock = Clock()
    facts = RedisRemoteCache(nowhere, clock=clock)

    reasons = [await fail(facts), await fail(facts)]
    clock.now += 1.0
    reasons.append(await fail(facts))

    assert [False, True, False] == ["not used" in reason for reason in reasons]


async def test_a_lost_redis_is_spoken_of_once_a_minute(nowhere: Redis) -> None:
    clock = Clock()
    facts = RedisRemoteCache(nowhere, clock=clock)

    said = []
    for wait_s in (0.0, 2.0, 57.0, 2.0):
        clock.now += wait_s
        with structlog.testing.capture_logs() as clients:
            await fail(facts)
        said.append([client["event"] for client in clients])

    assert [["facts_not_shared"], [], [], ["facts_not_shared"]] == said


async def test_memory_is_bounded() -> None:
    facts = MemoryRemoteCache(max_entries=2)

    for name in ("a", "b", "c"):
        await facts.release(name, "me", CachedEntry(b"x", 60.0))

    assert FetchLease.ACQUIRED is await facts.fetch("a", "me")
    assert isinstance(await facts.fetch("c", "me"), CachedEntry)
