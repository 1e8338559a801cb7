"""Memory, and local disk where there is one, in front of a slower storage: what is asked for often is read once."""

from collections.abc import Sequence
from typing import Final

from renderer.storage.base import ImageMetadata, Picture, Storage
from renderer.storage.memory import MemoryStorage
from shared.concurrency.singleflight import SingleFlight

COPY_AGE_S: Final = 3600.0
"""Longest that a copy may be out of date when the word of its replacement was lost.

For ``max_age_s`` of the memory; where there is a disk, of both together: what is read from disk begins anew in memory.
"""


class TieredStorage:
    """A ``Storage``: ``get`` comes from a copy where it can, ``head`` and ``put`` always reach what is behind."""

    def __init__(self, memory: MemoryStorage, behind: Storage, *, disk: Storage | None = None) -> None:
        self._memory = memory
        self._disk = disk
        self._behind = behind
        self._reads: SingleFlight[str, Picture | None] = SingleFlight()
        self._changes = 0

    async def get(self, key: str) -> Picture | None:
        """Return the picture or ``None``; callers of one key share one read. Raises ``StoreDown``."""
        picture = await self._memory.get(key)
        if picture is not None:
            return picture
        return await self._reads.run(key, lambda: self._read(key))

    async def head(self, key: str) -> ImageMetadata | None:
        """Return the facts of what is stored now, not of a copy. Raises ``StoreDown``."""
        return await self._behind.head(key)

    async def put(self, key: str, picture: Picture) -> None:
        """Store the picture behind, then in memory and on disk. Raises ``StoreDown``."""
        await self._behind.put(key, picture)
        self._outdated(key)
        await self._copy(key, picture)

    def forget_unless(self, key: str, etag: str) -> None:
        """Drop the copy when its bytes are others than those of ``etag``: somebody else has drawn anew."""
        self._outdated(key)
        self._memory.forget_unless(key, etag)
        if self._disk is not None:
            self._disk.forget_unless(key, etag)

    async def remove(self, keys: Sequence[str]) -> None:
        """Delete these behind, then every copy of them at hand. Raises ``StoreDown``, and then all may still be there.

        Behind first: a copy that is read again meanwhile is dropped with the others.
        """
        await self._behind.remove(keys)
        for key in keys:
            self._outdated(key)
        await self._memory.remove(keys)
        if self._disk is not None:
            await self._disk.remove(keys)

    def forget(self, prefix: str) -> None:
        """Drop every copy at hand whose key begins with this; what is behind stays."""
        if prefix.endswith("/"):
            self._changes += 1
            self._reads = SingleFlight()  # whoever waits for an earlier read still gets it, and nobody joins it
        else:
            self._outdated(prefix)
        self._memory.forget(prefix)
        if self._disk is not None:
            self._disk.forget(prefix)

    def _outdated(self, key: str) -> None:
        """See to it that a read under way, which may bring the earlier picture, is neither shared nor kept."""
        self._changes += 1
        self._reads.forget(key)

    async def _read(self, key: str) -> Picture | None:
        changes = self._changes
        copy = None if self._disk is None else await self._disk.get(key)
        if copy is not None:
            if changes == self._changes:
                await self._memory.put(key, copy)
            return copy
        picture = await self._behind.get(key)
        if picture is not None and changes == self._changes:
            await self._copy(key, picture)
        return picture

    async def _copy(self, key: str, picture: Picture) -> None:
        await self._memory.put(key, picture)
        if self._disk is not None:
            await self._disk.put(key, picture)
