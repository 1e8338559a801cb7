"""Caches in memory and optionally on local disk, in front of a slower storage."""

from collections.abc import Sequence
from typing import Final

from renderer.storage.base import ImageMetadata, Picture, Storage
from renderer.storage.memory import MemoryStorage
from shared.concurrency.singleflight import SingleFlight

COPY_AGE_S: Final = 3600.0
"""Longest time that a copy can be out of date if the message about its replacement was lost.

It is the ``max_age_s`` of the memory cache. With a disk cache, the two ages must add up to it, because a copy read from
disk starts a new lifetime in memory.
"""


class TieredStorage:
    """A ``Storage`` whose ``get`` reads from a cache if possible; ``head`` and ``put`` always reach the backend."""

    def __init__(self, memory: MemoryStorage, backend: Storage, *, disk: Storage | None = None) -> None:
        self._memory = memory
        self._disk = disk
        self._backend = backend
        self._reads: SingleFlight[str, Picture | None] = SingleFlight()
        self._changes = 0

    async def get(self, key: str) -> Picture | None:
        """Return the picture or ``None``; concurrent callers of a key share one read. Raises ``StoreDown``."""
        picture = self._memory.peek(key)
        if picture is not None:
            return picture
        return await self._reads.run(key, lambda: self._read(key))

    def peek(self, key: str) -> Picture | None:
        """Return the copy in memory or ``None``."""
        return self._memory.peek(key)

    async def head(self, key: str) -> ImageMetadata | None:
        """Return the metadata in the backend, not that of a copy. Raises ``StoreDown``."""
        return await self._backend.head(key)

    async def is_sound(self, key: str) -> bool:
        """Return whether the picture in the backend is sound, whatever the copies are. Raises ``StoreDown``."""
        return await self._backend.is_sound(key)

    def is_damaged(self, key: str) -> bool:
        """Return whether the last read found the picture in the backend damaged."""
        return self._backend.is_damaged(key)

    async def put(self, key: str, picture: Picture) -> None:
        """Store the picture in the backend, then in memory and on disk. Raises ``StoreDown``."""
        await self._backend.put(key, picture)
        self._invalidate_reads(key)
        await self._cache(key, picture)

    async def set_cache_control(self, key: str, cache_control: str) -> None:
        """Change the header in the backend, then that of the copies. Raises ``StoreDown``."""
        await self._backend.set_cache_control(key, cache_control)
        self._invalidate_reads(key)
        await self._memory.set_cache_control(key, cache_control)
        if self._disk is not None:
            await self._disk.set_cache_control(key, cache_control)

    def invalidate_unless(self, key: str, etag: str) -> None:
        """Drop the copies with an ETag other than ``etag``: another process has redrawn the picture."""
        self._invalidate_reads(key)
        self._memory.invalidate_unless(key, etag)
        if self._disk is not None:
            self._disk.invalidate_unless(key, etag)

    async def remove(self, keys: Sequence[str]) -> None:
        """Delete these keys from the backend, then from the caches. After ``StoreDown`` all may still exist.

        The backend comes first, so that a copy that is read again in the meantime is dropped with the others.
        """
        await self._backend.remove(keys)
        for key in keys:
            self._invalidate_reads(key)
        await self._memory.remove(keys)
        if self._disk is not None:
            await self._disk.remove(keys)

    def invalidate(self, prefix: str) -> None:
        """Drop every copy whose key starts with ``prefix``; the backend is unchanged."""
        if prefix.endswith("/"):
            self._changes += 1
            self._reads = SingleFlight()  # callers of an earlier read still get its result, but no new one joins it
        else:
            self._invalidate_reads(prefix)
        self._memory.invalidate(prefix)
        if self._disk is not None:
            self._disk.invalidate(prefix)

    def _invalidate_reads(self, key: str) -> None:
        """Stop a read in flight, which may return the earlier picture, from being shared or cached."""
        self._changes += 1
        self._reads.forget(key)

    async def _read(self, key: str) -> Picture | None:
        changes = self._changes
        copy = None if self._disk is None else await self._disk.get(key)
        if copy is not None:
            if changes == self._changes:
                await self._memory.put(key, copy)
            return copy
        picture = await self._backend.get(key)
        if picture is not None and changes == self._changes:
            await self._cache(key, picture)
        return picture

    async def _cache(self, key: str, picture: Picture) -> None:
        await self._memory.put(key, picture)
        if self._disk is not None:
            await self._disk.put(key, picture)
