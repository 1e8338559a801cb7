"""Caches responses of the sources: permanent results each with its own TTL, transient errors never.

Concurrent requests for the same key become one call: always within a process, and across replicas if the cache is
shared.
"""

import asyncio
import hashlib
import os
import time
import zlib
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from contextlib import suppress
from typing import Any, Final, Generic, TypeVar

import msgspec
from cachetools import TLRUCache

from services.client.circuit_breaker import KeysExhausted
from services.client.priority import is_background
from services.client.remote_cache import CachedEntry, FetchLease, RemoteCache
from shared.concurrency.backoff import pauses
from shared.concurrency.singleflight import SingleFlight
from shared.domain.errors import StoreDown

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

HOUR_S: Final = 3600.0
DAY_S: Final = 24 * HOUR_S

WAIT_S: Final = 8.0
"""How long to wait for another replica's fetch before fetching as well."""

MAX_SHARED_BYTES: Final = 64 << 10
"""Larger values are not shared: each replica fetches its own."""

_MAX_PLAIN_BYTES: Final = 8 * MAX_SHARED_BYTES  # zlib runs on the event loop: a few milliseconds at this size
_SHORT: Final = 512  # bytes; zlib clears a quarter of a megabyte before the first of them
_PAIR: Final = b"\x92"  # how msgpack writes a list of two; no zlib data begins so
_PAUSES_S: Final = (0.02, 0.25, 1.5)  # first, longest, factor


class _Entry(msgspec.Struct, Generic[_V], frozen=True):
    value: _V
    ttl_s: float


class SharedCache(Generic[_K, _V]):
    """The remote tier of a cache, shared with the caches of the same name in other replicas.

    ``name`` is unique among all caches, and ``value_type`` tells msgspec how to decode. ``key_text`` writes a key: its
    result must be unique and contain no secret. The remote copy lives for ``max_ttl_s`` at most; the value's own TTL is
    unaffected.
    """

    def __init__(
        self,
        remote: RemoteCache,
        name: str,
        value_type: Any,
        *,
        key_text: Callable[[_K], str] = str,
        max_ttl_s: float = DAY_S,
        wait_s: float = WAIT_S,
    ) -> None:
        self._remote = remote
        self._name = f"{name}.{_version(value_type)}"
        self._key_text = key_text
        self._max_ttl_s = max_ttl_s
        self._wait_s = wait_s
        self._decoder = msgspec.msgpack.Decoder(tuple[float, value_type])

    async def get(self, key: _K, fetch: Callable[[], Awaitable[_V]], ttl_s: Callable[[_V], float]) -> _Entry[_V]:
        """Return what any replica has cached, or fetch it unless another replica already does.

        Raises what ``fetch`` raises.
        """
        name, holder = self._full_name(key), os.urandom(16).hex()
        found: _Entry[_V] | None = None
        packed: CachedEntry | None = None
        try:
            found = await self._find(name, holder)
            if found is not None:
                return found
            value = await fetch()
            entry = _Entry(value, ttl_s(value))
            packed = self._pack(entry)
            return entry
        finally:
            if found is None:  # always release the lease, or other replicas would wait in vain
                with suppress(StoreDown):
                    await self._remote.release(name, holder, packed)

    async def invalidate(self, key: _K) -> None:
        """Remove the entry; does nothing if Redis is down."""
        with suppress(StoreDown):
            await self._remote.invalidate(self._full_name(key))

    async def _find(self, name: str, holder: str) -> _Entry[_V] | None:
        """Return the cached entry, waiting while another replica fetches it; ``None`` if the caller has to fetch."""
        try:
            found = await self._remote.fetch(name, holder)
            if found is FetchLease.HELD:
                found = await self._wait(name, holder)
        except StoreDown:
            return None
        return self._unpack(found) if isinstance(found, CachedEntry) else None

    async def _wait(self, name: str, holder: str) -> CachedEntry | FetchLease:
        """Ask until another replica has fetched the entry or given up, ``wait_s`` at most. Raises ``StoreDown``."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._wait_s):
                for pause_s in pauses(*_PAUSES_S):
                    await asyncio.sleep(pause_s)
                    found = await self._remote.fetch(name, holder)
                    if found is not FetchLease.HELD:
                        return found
        return FetchLease.HELD

    def _full_name(self, key: _K) -> str:
        return f"{self._name}:{self._key_text(key)}"

    def _pack(self, entry: _Entry[_V]) -> CachedEntry | None:
        remote_ttl_s = min(entry.ttl_s, self._max_ttl_s)
        plain = msgspec.msgpack.encode((entry.ttl_s - remote_ttl_s, entry.value))
        if remote_ttl_s <= 0 or len(plain) > _MAX_PLAIN_BYTES:
            return None
        body = plain if len(plain) <= _SHORT else zlib.compress(plain, 1)
        return CachedEntry(body, remote_ttl_s) if len(body) <= MAX_SHARED_BYTES else None

    def _unpack(self, packed: CachedEntry) -> _Entry[_V] | None:
        """Return the entry; ``None`` if this version cannot decode it."""
        try:
            body = packed.body
            plain = body if body.startswith(_PAIR) else zlib.decompressobj().decompress(body, _MAX_PLAIN_BYTES)
            extra_ttl_s, value = self._decoder.decode(plain)
        except (zlib.error, msgspec.DecodeError, UnicodeDecodeError):
            return None
        return _Entry(value, packed.ttl_s + extra_ttl_s)


def shared_cache(
    remote: RemoteCache | None,
    name: str,
    value_type: Any,
    *,
    key_text: Callable[[_K], str] = str,
    max_ttl_s: float = DAY_S,
) -> SharedCache[_K, _V] | None:
    """Return the remote tier of a cache, or ``None`` without a remote cache; see ``SharedCache``."""
    return SharedCache(remote, name, value_type, key_text=key_text, max_ttl_s=max_ttl_s) if remote else None


class TieredResponseCache(Generic[_K, _V]):
    """An LRU cache in memory, with an optional remote tier that all replicas share.

    ``max_size`` limits the sum of ``sizeof`` over all values; without ``sizeof`` each value counts as one. A value
    larger than ``max_size`` is returned but not cached.
    """

    def __init__(
        self,
        max_size: int,
        ttl_s: Callable[[_V], float],
        *,
        sizeof: Callable[[_V], int] | None = None,
        shared: SharedCache[_K, _V] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        size = sizeof or (lambda _: 1)
        self._max_size = max_size
        self._ttl_s = ttl_s
        self._size = size
        self._shared = shared
        self._entries: TLRUCache[_K, _Entry[_V]] = TLRUCache(
            max_size,
            ttu=lambda _, entry, now: now + entry.ttl_s,
            timer=clock,
            getsizeof=lambda entry: size(entry.value),
        )
        self._fetches: SingleFlight[_K, _V] = SingleFlight(abandon=True)
        self._invalidations: SingleFlight[_K, None] = SingleFlight()

    async def get(
        self, key: _K, fetch: Callable[[], Awaitable[_V]], *, ttl_s: Callable[[_V], float] | None = None
    ) -> _V:
        """Return the cached value, or fetch it once for all concurrent callers. Errors of ``fetch`` are not cached.

        Cancelling one caller does not affect the others; once all are cancelled, so is the fetch.
        """
        entry = self._in_memory(key)
        if entry is not None:
            return entry.value

        def load() -> Coroutine[Any, Any, _V]:
            return self._load(key, fetch, ttl_s or self._ttl_s)

        joined = key in self._fetches
        try:
            return await self._fetches.run(key, load)
        except KeysExhausted:
            if not joined or is_background():
                raise
            # The joined fetch may have had background priority, which cannot use the reserved part of the budget.
            return await self._fetches.run(key, load)

    def holds(self, key: _K) -> bool:
        """Return whether the value is in memory, without I/O."""
        return key in self._entries

    def invalidate(self, key: _K) -> None:
        """Remove the value, from memory at once and then from the remote tier.

        Other replicas that hold it in memory keep it until its TTL ends.
        """
        self._entries.pop(key, None)
        shared = self._shared
        if shared:
            self._invalidations.begin(key, lambda: shared.invalidate(key))

    def _in_memory(self, key: _K) -> _Entry[_V] | None:
        try:
            return self._entries[key]  # ``get`` takes three times as long
        except KeyError:
            return None

    async def _load(self, key: _K, fetch: Callable[[], Awaitable[_V]], ttl_s: Callable[[_V], float]) -> _V:
        shared = self._shared
        if shared is None:
            value = await fetch()
            entry = _Entry(value, ttl_s(value))
        else:
            if key in self._invalidations:  # finish it first, or the value just invalidated would come back
                await self._invalidations.run(key, lambda: shared.invalidate(key))
            entry = await shared.get(key, fetch, ttl_s)
        if self._size(entry.value) <= self._max_size:
            self._entries[key] = entry
        return entry.value


def _version(value_type: Any) -> str:
    """Return a tag that changes with the type's schema, so that different versions do not read each other's entries."""
    schema = msgspec.json.encode(msgspec.json.schema(value_type), order="sorted")
    return hashlib.sha256(schema).hexdigest()[:8]
