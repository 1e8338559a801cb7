"""A Redis that does not respond is not used and rarely logged, and the memory variant is limited."""

from collections.abc import AsyncIterator

import pytest
import structlog
from redis.asyncio import Redis

from services.client.remote_cache import CachedEntry, FetchLease, MemoryRemoteCache, RedisRemoteCache
from shared.domain.errors import StoreDown
from shared.stores.redis import connect
from tests.clock import Clock


@pytest.fixture
async def nowhere() -> AsyncIterator[Redis]:
    client = connect("redis://127.0.0.1:9/0")
    yield client
    await client.aclose()


async def fail(remote: RedisRemoteCache) -> str:
    with pytest.raises(StoreDown) as caught:
        await remote.fetch("k", "me")
    return str(caught.value)


async def test_redis_is_not_used_for_a_moment_after_a_failure(nowhere: Redis) -> None:
    clock = Clock()
    remote = RedisRemoteCache(nowhere, clock=clock)

    reasons = [await fail(remote), await fail(remote)]
    clock.now += 1.0
    reasons.append(await fail(remote))

    assert [False, True, False] == ["not used" in reason for reason in reasons]


async def test_a_redis_failure_is_logged_once_a_minute(nowhere: Redis) -> None:
    clock = Clock()
    remote = RedisRemoteCache(nowhere, clock=clock)

    events = []
    for wait_s in (0.0, 2.0, 57.0, 2.0):
        clock.now += wait_s
        with structlog.testing.capture_logs() as logs:
            await fail(remote)
        events.append([log["event"] for log in logs])

    assert [["facts_not_shared"], [], [], ["facts_not_shared"]] == events


async def test_memory_is_limited() -> None:
    remote = MemoryRemoteCache(max_entries=2)

    for name in ("a", "b", "c"):
        await remote.release(name, "me", CachedEntry(b"x", 60.0))

    assert FetchLease.ACQUIRED is await remote.fetch("a", "me")
    assert isinstance(await remote.fetch("c", "me"), CachedEntry)
