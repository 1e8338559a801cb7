"""Locks by name: a picture is drawn by one job at a time; the others wait, and then find it stored."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Final, Protocol

from redis.asyncio import Redis

from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import DeadlineExceeded, StoreDown
from shared.stores.redis import redis_errors
from shared.stores.redis_client import Script

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

_LOOK_S: Final = 0.05

# KEYS: lock. ARGV: token, milliseconds. Returns 1 to the holder, also when it asks again because a reply was lost.
_TAKE: Final = """
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) or redis.call('GET', KEYS[1]) == ARGV[1] then return 1 end
return 0
"""
# KEYS: lock. ARGV: token, milliseconds. Only the holder's token does anything.
_RENEW: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
_RELEASE: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""


class Locks(Protocol):
    """Gives out locks by name."""

    def lock(self, name: str) -> AbstractAsyncContextManager[None]:
        """Wait for the lock and hold it. Raises ``DeadlineExceeded`` after ``LOCK_WAIT_S``, ``StoreDown``."""


class RedisLocks:
    """Locks shared by all replicas."""

    def __init__(self, redis: Redis) -> None:
        self._take, self._renew, self._release = (Script(redis, text) for text in (_TAKE, _RENEW, _RELEASE))

    @asynccontextmanager
    async def lock(self, name: str) -> AsyncIterator[None]:
        """Wait for the lock and hold it. Raises ``DeadlineExceeded`` after ``LOCK_WAIT_S``, ``StoreDown``."""
        key, token = f"marquee:turn:{name}", os.urandom(16).hex()
        try:
            async with asyncio.timeout(LOCK_WAIT_S):
                await self._acquire(key, token)
        except TimeoutError as exc:
            raise DeadlineExceeded(f"no lock for {name}") from exc
        keeping = asyncio.create_task(self._keep(key, token))
        try:
            yield
        finally:
            await cancel_and_wait(keeping)
            # Without a wait: one that cannot be released expires by itself, and the work that it protected is done.
            self._release.post([key], [token])

    async def _acquire(self, key: str, token: str) -> None:
        try:
            with redis_errors():
                while not await self._take([key], [token, round(LOCK_TTL_S * 1000)]):  # noqa: ASYNC110
                    await asyncio.sleep(_LOOK_S)
        except asyncio.CancelledError:
            self._release.post([key], [token])  # its reply may be on the way
            raise

    async def _keep(self, key: str, token: str) -> None:
        for _ in range(MOST_RENEWALS):
            await asyncio.sleep(RENEW_EVERY_S)
            with suppress(StoreDown), redis_errors():
                await self._renew([key], [token, round(LOCK_TTL_S * 1000)])


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
