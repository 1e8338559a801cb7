"""The seam that lets one picture be drawn once: whoever has the turn works, the others wait and then look again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Final, Protocol

from redis.asyncio import Redis
from redis.asyncio.lock import Lock

from shared.domain.errors import DeadlineExceeded, StoreDown
from shared.stores.redis import redis_errors

HOLD_S: Final = 21.0
"""A turn ends by itself after this long: more than a job's deadline, so that nobody works without it, and little more,
so that whoever takes over a dead holder's job can draw within 30 s of the death."""

WAIT_S: Final = 18.0
"""How long to wait for one's turn: less than a job's deadline."""


class Locks(Protocol):
    """Hands out turns by name."""

    def lock(self, name: str) -> AbstractAsyncContextManager[None]:
        """Wait for the turn and hold it. Raises ``DeadlineExceeded`` when it does not come, ``StoreDown``."""


class RedisLocks:
    """Turns that all replicas share."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    @asynccontextmanager
    async def lock(self, name: str) -> AsyncIterator[None]:
        """Wait for the turn and hold it. Raises ``DeadlineExceeded`` when it does not come, ``StoreDown``."""
        lock = self._redis.lock(f"marquee:turn:{name}", timeout=HOLD_S, sleep=0.05, blocking_timeout=WAIT_S)
        with redis_errors():
            taken = await lock.acquire()
        if not taken:
            raise DeadlineExceeded(f"no turn for {name}")
        try:
            yield
        finally:
            await self._end(lock)

    async def _end(self, lock: Lock) -> None:
        # A turn that cannot be given back, or was lost, ends by itself: the work that it guarded is done all the same.
        with suppress(StoreDown), redis_errors():
            await lock.release()


class MemoryLocks:
    """Turns within one process."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def lock(self, name: str) -> AsyncIterator[None]:
        """Wait for the turn and hold it. Raises ``DeadlineExceeded`` when it does not come."""
        lock, users = self._locks.get(name, (asyncio.Lock(), 0))
        self._locks[name] = (lock, users + 1)
        try:
            async with asyncio.timeout(WAIT_S):
                await lock.acquire()
        except TimeoutError as exc:
            self._leave(name)
            raise DeadlineExceeded(f"no turn for {name}") from exc
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
