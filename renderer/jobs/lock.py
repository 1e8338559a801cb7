"""Locks by name: a picture is drawn by one job at a time; the others wait, and then find it stored."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Final, Protocol

from redis.asyncio import Redis
from redis.asyncio.lock import Lock

from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import DeadlineExceeded, StoreDown
from shared.stores.redis import redis_errors

# The queue's pending mark is no such lock: two ids of one title are two jobs; only a worker knows their media id.
LOCK_TTL_S: Final = 21.0
"""A lock that is not renewed expires after this long: more than a job's deadline, and little more, so that a dead
worker's job can be drawn by another within 30 s of the death."""

RENEW_EVERY_S: Final = LOCK_TTL_S / 3
"""A job that waits for a thread may take longer than its deadline, and keeps its lock."""

MOST_RENEWALS: Final = 20
"""No job waits for minutes: a worker claims less work than that."""

LOCK_WAIT_S: Final = 18.0
"""Longest wait for a lock: less than a job's deadline."""


class Locks(Protocol):
    """Gives out locks by name."""

    def lock(self, name: str) -> AbstractAsyncContextManager[None]:
        """Wait for the lock and hold it. Raises ``DeadlineExceeded`` after ``LOCK_WAIT_S``, ``StoreDown``."""


class RedisLocks:
    """Locks shared by all replicas."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    @asynccontextmanager
    async def lock(self, name: str) -> AsyncIterator[None]:
        """Wait for the lock and hold it. Raises ``DeadlineExceeded`` after ``LOCK_WAIT_S``, ``StoreDown``."""
        lock = self._redis.lock(f"marquee:turn:{name}", timeout=LOCK_TTL_S, sleep=0.05, blocking_timeout=LOCK_WAIT_S)
        with redis_errors():
            is_acquired = await lock.acquire()
        if not is_acquired:
            raise DeadlineExceeded(f"no lock for {name}")
        keeping = asyncio.create_task(self._keep(lock))
        try:
            yield
        finally:
            await cancel_and_wait(keeping)
            await self._release(lock)

    async def _keep(self, lock: Lock) -> None:
        for _ in range(MOST_RENEWALS):
            await asyncio.sleep(RENEW_EVERY_S)
            with suppress(StoreDown), redis_errors():
                await lock.reacquire()

    async def _release(self, lock: Lock) -> None:
        # A lock that cannot be released, or was lost, expires by itself: the work that it protected is done.
        with suppress(StoreDown), redis_errors():
            await lock.release()


class MemoryLocks:
    """Locks within one process."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def lock(self, name: str) -> AsyncIterator[None]:
        """Wait for the lock and hold it. Raises ``DeadlineExceeded`` after ``LOCK_WAIT_S``."""
        lock, users = self._locks.get(name, (asyncio.Lock(), 0))
        self._locks[name] = (lock, users + 1)
        try:
            async with asyncio.timeout(LOCK_WAIT_S):
                await lock.acquire()
        except TimeoutError as exc:
            self._leave(name)
            raise DeadlineExceeded(f"no lock for {name}") from exc
        try:
            yield
        finally:
            lock.release()
            self._leave(name)

    def _leave(self, name: str) -> None:
        lock, users = self._locks[name]
        if users == 1:
            del self._locks[name]
        else:
            self._locks[name] = (lock, users - 1)
