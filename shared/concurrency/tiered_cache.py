"""Values by key in three tiers: this process's memory, Redis, and the store that has the truth."""

from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Final, Generic, Protocol, TypeVar

from cachetools import Cache, LRUCache, TTLCache

from shared.concurrency.singleflight import SingleFlight

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

    def post(self, keys: Iterable[_K_contra], value: _V) -> None:
        """Store one value under these keys without waiting, as far as that succeeds."""


class TieredCache(Generic[_K, _V]):
    """Reads memory, then ``remote``, then ``load``; callers who miss the same key at once share one read.

    At most ``memory`` values are kept here, each for ``ttl`` seconds, or until evicted when that is ``None``. With a
    ``negative_ttl``, a key that no tier has is not looked up again for that long. ``room`` says for how many values one
    that is larger than others counts.
    """

    def __init__(
        self,
        memory: int,
        remote: RemoteTier[_K, _V],
        load: Callable[[_K], Awaitable[_V | None]],
        *,
        ttl: float | None = None,
        negative_ttl: float | None = None,
        room: Callable[[_V], int] | None = None,
    ) -> None:
        self._remote, self._load = remote, load
        self._memory: Cache[_K, _V] = (
            LRUCache(memory, getsizeof=room) if ttl is None else TTLCache(memory, ttl, getsizeof=room)
        )
        room_for_misses = 0 if negative_ttl is None else memory * _MISSES_PER_VALUE
        self._missing: TTLCache[_K, None] = TTLCache(room_for_misses, negative_ttl or 0)
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

    def begin(self, key: _K) -> None:
        """Start the read of a key that :meth:`get` will be asked for, if it needs one."""
        if key not in self._memory and key not in self._missing:
            self._reads.begin(key, lambda: self._read(key))

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

    def post(self, keys: Iterable[_K], value: _V) -> None:
        """Put a value in the remote tier without waiting, as far as that succeeds."""
        self._remote.post(keys, value)

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
