"""Whoever hands out turns keeps one promise: one at a time for each name."""

import asyncio

import pytest
from redis.asyncio import Redis

from renderer.jobs import lock
from renderer.jobs.lock import Locks, MemoryLocks, RedisLocks
from shared.domain.errors import DeadlineExceeded, StoreDown
from shared.stores.redis import connect


class TurnsContract:
    """The suite that every implementation passes."""

    async def test_one_name_is_held_by_one_at_a_time(self, locks: Locks) -> None:
        inside, most = 0, 0

        async def work() -> None:
            nonlocal inside, most
            async with locks.lock("picture"):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(work() for _ in range(5)))

        assert 1 == most

    async def test_other_names_do_not_wait(self, locks: Locks) -> None:
        async with locks.lock("one"), asyncio.timeout(30), locks.lock("two"):
            reached = True

        assert reached

    async def test_a_turn_ends_when_its_work_fails(self, locks: Locks) -> None:
        with pytest.raises(ValueError, match="work"):
            async with locks.lock("picture"):
                raise ValueError("work")

        async with asyncio.timeout(30), locks.lock("picture"):
            reached = True
        assert reached

    async def test_who_waits_too_long_is_told(self, locks: Locks, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lock, "LOCK_WAIT_S", 0.1)

        async with locks.lock("picture"):
            with pytest.raises(DeadlineExceeded):
                async with locks.lock("picture"):
                    pass


class TestMemoryTurns(TurnsContract):
    @pytest.fixture
    def locks(self) -> Locks:
        return MemoryLocks()

    async def test_nothing_is_kept_of_a_name_that_nobody_wants(self) -> None:
        locks = MemoryLocks()

        async with locks.lock("picture"):
            pass

        assert {} == locks._locks


class TestRedisTurns(TurnsContract):
    @pytest.fixture
    def locks(self, redis: Redis) -> Locks:
        return RedisLocks(redis)

    async def test_a_dead_holders_turn_ends_by_itself(self, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lock, "LOCK_TTL_S", 0.2)
        dead = RedisLocks(redis).lock("picture")
        await dead.__aenter__()

        async with asyncio.timeout(30), RedisLocks(redis).lock("picture"):
            reached = True

        assert reached
        await dead.__aexit__(None, None, None)  # it was not dead after all, and that does no harm

    async def test_a_lost_redis_is_a_store_that_is_down(self, redis: Redis) -> None:
        assert await redis.ping()
        nowhere = connect("redis://127.0.0.1:1/0")

        with pytest.raises(StoreDown):
            async with RedisLocks(nowhere).lock("picture"):
                pass
        await nowhere.aclose()
