"""Restores the index: lists the stored pictures, reads their metadata, and writes the rows that are missing.

Everything goes in batches, so memory is bounded however many pictures there are. Each step is idempotent: an
interrupted run can start again, or resume after the last key that it named.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Final, Protocol, TypeVar

import msgspec
from cachetools import LRUCache

from renderer.db.index_rebuild import (
    FoundTitle,
    ImageName,
    delete_image_rows,
    image_names,
    restore_images,
    restore_titles,
)
from renderer.maintenance.stored_objects import Entry, ForeignObject, read_key, read_object, read_settings
from renderer.storage.base import ImageMetadata
from renderer.storage.bucket_calls import StoredObject
from renderer.storage.s3_check import CHECK_FOLDER
from renderer.storage.storage_key import storage_key
from shared.domain.errors import StoreDown, StoreRefused
from shared.settings.digest import SettingsHash
from shared.stores.postgres import Pool
from shared.stores.settings_rows import save_settings, stored_settings

BATCH: Final = 500
PREFIX: Final = "c/"
ATTEMPTS: Final = 4
_FIRST_PAUSE_S: Final = 0.5
_SETTINGS_CACHED: Final = 100_000

_T = TypeVar("_T")


class StoredPictures(Protocol):
    """The part of the storage that a restore needs."""

    def names(self, prefix: str, *, after: str = "") -> AsyncIterator[StoredObject]:
        """List what is stored, in order of keys. Raises ``StoreDown``."""

    async def head(self, key: str) -> ImageMetadata | None:
        """Return the metadata of an object, or ``None``. Raises ``StoreDown``."""


class Counts(msgspec.Struct):
    """What a run has done so far."""

    objects: int = 0
    """Objects seen, foreign ones included."""
    images: int = 0
    """Rows of pictures inserted or corrected."""
    settings: int = 0
    titles: int = 0
    skipped: int = 0
    """Objects that are foreign or damaged."""
    unread_settings: int = 0
    """Settings that only another version can read."""
    pruned: int = 0
    last: str = ""
    """Everything up to this key is done."""


class IndexRestore:
    """One run. ``on_batch`` is called after each batch, ``on_skip`` with each skipped object and the reason."""

    def __init__(
        self,
        pictures: StoredPictures,
        pool: Pool,
        *,
        at_once: int,
        on_batch: Callable[[Counts], None],
        on_skip: Callable[[str, str], None],
    ) -> None:
        self._pictures = pictures
        self._pool = pool
        self._slots = asyncio.Semaphore(at_once)
        self._on_batch = on_batch
        self._on_skip = on_skip
        self._kept: LRUCache[SettingsHash, bool] = LRUCache(_SETTINGS_CACHED)
        self.counts = Counts()

    async def restore(self, after: str = "") -> None:
        """Restore the rows of all pictures with a key after ``after``. Raises ``StoreDown`` when a store stays away."""
        self.counts.last = after
        batch: list[StoredObject] = []
        async for stored in self._pictures.names(PREFIX, after=after):
            if stored.key.startswith(CHECK_FOLDER):  # a process that starts checks the bucket, and removes it again
                continue
            batch.append(stored)
            if len(batch) == BATCH:
                await self._restore(batch)
                batch = []
        if batch:
            await self._restore(batch)

    async def prune(self) -> None:
        """Remove the rows of pictures that are not stored. Raises ``StoreDown``."""
        rows: list[ImageName] = []
        while True:
            start = rows[-1] if rows else None
            rows = await _retrying(partial(image_names, self._pool, start, BATCH))
            if not rows:
                return
            heads = await asyncio.gather(*(self._head(storage_key(row.hash, row.media, row.ext)) for row in rows))
            gone = [row for row, facts in zip(rows, heads, strict=True) if facts is None]
            self.counts.pruned += await _retrying(partial(delete_image_rows, self._pool, gone))
            self._on_batch(self.counts)

    async def _restore(self, batch: list[StoredObject]) -> None:
        read = await asyncio.gather(*(self._read(stored) for stored in batch))
        entries = [entry for entry in read if entry is not None]
        if entries:
            self.counts.settings += await self._restore_settings(entries)
            titles = [FoundTitle(each.image.media, each.film_date, each.image.drawn_at) for each in entries]
            self.counts.titles += await _retrying(partial(restore_titles, self._pool, titles))
            # Rows of pictures come last: when they exist, everything they refer to exists too.
            images = [each.image for each in entries]
            self.counts.images += await _retrying(partial(restore_images, self._pool, images))
        self.counts.objects += len(batch)
        self.counts.last = batch[-1].key
        self._on_batch(self.counts)

    async def _read(self, stored: StoredObject) -> Entry | None:
        try:
            address = read_key(stored.key)
            return read_object(address, stored.size, await self._head(stored.key))
        except ForeignObject as error:
            self.counts.skipped += 1
            self._on_skip(stored.key, str(error))
            return None

    async def _head(self, key: str) -> ImageMetadata | None:
        async with self._slots:
            return await _retrying(partial(self._pictures.head, key))

    async def _restore_settings(self, entries: list[Entry]) -> int:
        """Save settings that are not registered, each verified by its hash; returns how many."""
        new = {each.image.hash: each.settings_text for each in entries if each.image.hash not in self._kept}
        known = await _retrying(partial(stored_settings, self._pool, new))
        restored = 0
        for name, text in new.items():
            if name not in known:
                settings = read_settings(text)
                if settings is None:
                    self.counts.unread_settings += 1
                    self._on_skip(f"settings {name}", "only another version can read them; their pictures are kept")
                else:
                    await _retrying(partial(save_settings, self._pool, name, settings))
                    restored += 1
            self._kept[name] = True
        return restored


async def _retrying(call: Callable[[], Awaitable[_T]]) -> _T:
    """Call a store up to ``ATTEMPTS`` times: one lost answer in a million must not end the run."""
    for attempt in range(ATTEMPTS - 1):
        try:
            return await call()
        except StoreRefused:
            raise
        except StoreDown:
            await asyncio.sleep(_FIRST_PAUSE_S * 2**attempt)
    return await call()
