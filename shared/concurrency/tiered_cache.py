"""Values by key in three tiers: this process's memory, Redis, and the store that has the truth."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Any, Final, Generic, Protocol, TypeVar

import structlog
from cachetools import Cache, LRUCache, TTLCache
from redis.asyncio import Redis

from shared.concurrency.singleflight import SingleFlight
from shared.domain.errors import MarqueeError, StoreDown
from shared.stores.redis import CACHE_S, redis_errors

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")
_K_contra = TypeVar("_K_contra", contravariant=True)

_MISSES_PER_VALUE: Final = 0.1  # room for misses, which are short-lived, as a share of the room for values


class RemoteTier(Protocol[_K_contra, _V]):
    """The middle tier. It never raises: a lost one holds nothing."""

    async def get(self, key: _K_contra) -> _V | None:
        """Return the value, or ``None`` when it is not there or cannot be read."""

    async def put(self, keys: Iterable[_K_contra], value: _V) -> bool:
        """Store one value under these keys; return whether that succeeded."""


class RedisTier(Generic[_K, _V]):
    """Values in Redis for ``ttl_s``, each call within ``CACHE_S``. Failures are logged as ``event``.

    ``decode`` raises a ``MarqueeError`` or ``ValueError`` for what this version cannot read.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        name: Callable[[_K], str],
        encode: Callable[[_V], str | bytes],
        decode: Callable[[_K, bytes], _V],
        ttl_s: int,
        event: str,
    ) -> None:
        self._redis, self._name, self._ttl_s, self._event = redis, name, ttl_s, event
        self._encode, self._decode = encode, decode

    async def get(self, key: _K) -> _V | None:
        """Return the value, or ``None`` when Redis does not have it, is lost, or holds what cannot be read."""
        try:
            with redis_errors():
                async with asyncio.timeout(CACHE_S):
                    body: Any = await self._redis.get(self._name(key))
            return None if body is None else self._decode(key, body)
        except (MarqueeError, ValueError) as error:
            log.warning(self._event, reason=str(error))
            return None

    async def put(self, keys: Iterable[_K], value: _V) -> bool:
        """Store one value under these keys; return whether Redis took it."""
        body = self._encode(value)
        try:
            with redis_errors():
                async with asyncio.timeout(CACHE_S):
                    pipe: Any = self._redis.pipeline(transaction=False)
                    for key in keys:
                        pipe.set(self._name(key), body, ex=self._ttl_s)
                    await pipe.execute()
        except StoreDown as error:
            log.warning(self._event, reason=str(error))
            return False
        return True


class TieredCache(Generic[_K, _V]):
    """Reads memory, then ``remote``, then ``load``; callers who miss the same key at once share one read.

    At most ``memory`` values are kept here, each for ``ttl`` seconds, or until evicted when that is ``None``. With a
    ``negative_ttl``, a key that no tier has is not looked up again for that long.
    """

    def __init__(
        self,
        memory: int,
        remote: RemoteTier[_K, _V],
        load: Callable[[_K], Awaitable[_V | None]],
        *,
        ttl: float | None = None,
        negative_ttl: float | None = None,
    ) -> None:
        self._remote, self._load = remote, load
        self._memory: Cache[_K, _V] = LRUCache(memory) if ttl is None else TTLCache(memory, ttl)
        room = 0 if negative_ttl is None else memory * _MISSES_PER_VALUE
        self._missing: TTLCache[_K, None] = TTLCache(room, negative_ttl or 0)
        self._reads: SingleFlight[_K, _V | None] = SingleFlight()

    def peek(self, key: _K) -> _V | None:
        """Return what memory holds, without I/O."""
        return self._memory.get(key)

    async def get(self, key: _K) -> _V | None:
        """Return the value, or ``None`` when no tier has it. Raises what ``load`` raises, which is not cached."""
        value = self._memory.get(key)
        if value is not None or key in self._missing:
            return value
        return await self._reads.run(key, lambda: self._read(key))

    async def get_remote(self, key: _K) -> _V | None:
        """Return what the remote tier holds; ``None`` when it is lost, too."""
        return await self._remote.get(key)

    def keep(self, key: _K, value: _V) -> None:
        """Put a value in memory; a read under way no longer answers later callers."""
        self._reads.forget(key)
        self._missing.pop(key, None)
        self._memory[key] = value

    async def publish(self, keys: Iterable[_K], value: _V) -> bool:
        """Put a value in the remote tier; return whether that succeeded."""
        return await self._remote.put(keys, value)

    def invalidate(self, key: _K) -> None:
        """Drop a key from memory; new callers do not join a read in flight."""
        self._memory.pop(key, None)
        self._missing.pop(key, None)
        self._reads.forget(key)

    async def _read(self, key: _K) -> _V | None:
        value = await self._remote.get(key)
        if value is None:
            value = await self._load(key)
            if value is None:
                self._cache_missing(key)
                return None
            await self._remote.put([key], value)
        return self._memory.setdefault(key, value)  # a value that was stored in the meantime is newer

    def _cache_missing(self, key: _K) -> None:
        if self._missing.maxsize >= 1:
            self._missing[key] = None
