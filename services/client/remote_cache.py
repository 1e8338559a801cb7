"""The cache that all replicas share: bytes with a TTL, and a lease per name so that one replica at a time fetches it.

Redis is only a cache here. When it is down or slow it is not used for a moment, and every replica fetches for itself.
"""

import asyncio
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Final, Protocol

import msgspec
import structlog
from cachetools import TLRUCache
from redis.asyncio import Redis

from shared.domain.errors import StoreDown
from shared.stores.redis import CACHE_S, redis_errors
from shared.stores.redis_client import Script

LEASE_S: Final = 8.0
"""A lease that is not released expires after this time: its holder died, or its source does not respond."""

RELEASED_WITHIN_S: Final = 0.25
"""How long an entry that was fetched may stay here, so that it leaves with other commands: jobs soon send some, and a
replica that waits for it asks four times a second."""

_BACKOFF_S: Final = 1.0  # so that a hanging Redis does not delay every fetch by CACHE_S
_LOG_INTERVAL_S: Final = 60.0
_MAX_ENTRIES: Final = 10_000

# Atomic, so that only one of several concurrent callers gets the lease; a holder whose reply was lost gets it again.
_FETCH: Final = """
local body = redis.call('GET', KEYS[1])
if body then return {body, redis.call('PTTL', KEYS[1])} end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) or redis.call('GET', KEYS[2]) == ARGV[1] then return 1 end
return 0
"""
_RELEASE: Final = """
if tonumber(ARGV[3]) > 0 then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1
"""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class CachedEntry(msgspec.Struct, frozen=True):
    """A cached body, and its remaining TTL in seconds."""

    body: bytes
    ttl_s: float


class FetchLease(Enum):
    """Who fetches a missing entry: the caller, or another holder."""

    ACQUIRED = auto()
    HELD = auto()


class RemoteCache(Protocol):
    """Stores bytes for all replicas, and leases the fetch of a missing entry to one of them at a time."""

    async def fetch(self, name: str, holder: str) -> CachedEntry | FetchLease:
        """Return the entry; if there is none, the lease, which the holder ends with :meth:`release`.

        A holder who asks again has the lease still, because its reply may have been lost. A lease expires after
        ``LEASE_S``. Raises ``StoreDown``.
        """
        ...

    async def release(self, name: str, holder: str, entry: CachedEntry | None) -> None:
        """Store the entry, if any, and end the lease if ``holder`` has it. Raises ``StoreDown``."""
        ...

    async def invalidate(self, name: str) -> None:
        """Remove the entry. Raises ``StoreDown``."""
        ...


class RedisRemoteCache:
    """A remote cache in Redis. Build one per process. No name may contain a secret."""

    def __init__(
        self,
        redis: Redis,
        *,
        lease_s: float = LEASE_S,
        timeout_s: float = CACHE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis, self._timeout_s = redis, timeout_s
        self._fetch = Script(redis, _FETCH)
        self._release = Script(redis, _RELEASE)
        self._lease_ms = int(lease_s * 1000)
        self._clock = clock
        self._down_until = self._silent_until = clock()

    async def fetch(self, name: str, holder: str) -> CachedEntry | FetchLease:
        """Return the entry or the lease; see ``RemoteCache``."""
        reply: Any = await self._run(lambda: self._fetch(_keys(name), [holder, self._lease_ms]))
        if isinstance(reply, list):
            return CachedEntry(reply[0], reply[1] / 1000)
        return FetchLease.ACQUIRED if reply else FetchLease.HELD

    async def release(self, name: str, holder: str, entry: CachedEntry | None) -> None:
        """Store the entry and end the lease, without waiting; see ``RemoteCache``."""
        if self._clock() < self._down_until:
            raise StoreDown("redis: not used, because it failed a moment ago")
        body, ttl_ms = (entry.body, int(entry.ttl_s * 1000)) if entry else (b"", 0)
        self._release.post(_keys(name), [holder, body, ttl_ms], within_s=RELEASED_WITHIN_S)

    async def invalidate(self, name: str) -> None:
        """Remove the entry; see ``RemoteCache``."""
        await self._run(lambda: self._redis.delete(_keys(name)[0]))

    async def _run(self, command: Callable[[], Any]) -> Any:
        if self._clock() < self._down_until:
            raise StoreDown("redis: not used, because it failed a moment ago")
        try:
            with redis_errors():
                async with asyncio.timeout(self._timeout_s):
                    return await command()
        except StoreDown as error:
            self._back_off(error)
            raise

    def _back_off(self, error: StoreDown) -> None:
        now = self._clock()
        self._down_until = now + _BACKOFF_S
        if now >= self._silent_until:
            self._silent_until = now + _LOG_INTERVAL_S
            log.warning("facts_not_shared", reason=str(error))


class MemoryRemoteCache:
    """A remote cache in memory, for tests and for a single process."""

    def __init__(
        self, *, max_entries: int = _MAX_ENTRIES, lease_s: float = LEASE_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._lease_s = lease_s
        self._entries: TLRUCache[str, tuple[bytes, float]] = TLRUCache(
            max_entries, lambda _, entry, __: entry[1], timer=clock
        )
        self._leases: TLRUCache[str, tuple[str, float]] = TLRUCache(
            max_entries, lambda _, lease, __: lease[1], timer=clock
        )

    async def fetch(self, name: str, holder: str) -> CachedEntry | FetchLease:
        """Return the entry or the lease; see ``RemoteCache``."""
        entry = self._entries.get(name)
        if entry is not None:
            return CachedEntry(entry[0], entry[1] - self._clock())
        lease = self._leases.get(name)
        if lease is not None and lease[0] != holder:
            return FetchLease.HELD
        self._leases[name] = (holder, self._clock() + self._lease_s)
        return FetchLease.ACQUIRED

    async def release(self, name: str, holder: str, entry: CachedEntry | None) -> None:
        """Store the entry and end the lease; see ``RemoteCache``."""
        if entry:
            self._entries[name] = (entry.body, self._clock() + entry.ttl_s)
        lease = self._leases.get(name)
        if lease is not None and lease[0] == holder:
            self._leases.pop(name, None)

    async def invalidate(self, name: str) -> None:
        """Remove the entry; see ``RemoteCache``."""
        self._entries.pop(name, None)


def _keys(name: str) -> list[str]:
    return [f"marquee:fact:{name}", f"marquee:asking:{name}"]
