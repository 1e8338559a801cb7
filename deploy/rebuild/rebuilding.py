"""The work itself: lists the pictures, asks each what it is, and writes what is missing from the index.

Everything goes in batches, so that memory is bounded however many pictures there are. Each step may be done twice, so
that a run that was cut off is simply begun again, or goes on from the last key that it named.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Final, Protocol, TypeVar

import msgspec
from cachetools import LRUCache

from deploy.rebuild.objects import Entry, NotOurs, read_key, read_object, read_settings
from renderer.db.index_rebuild import (
    FoundTitle,
    ImageName,
    forget_images,
    image_names,
    known_looks,
    restore_images,
    restore_titles,
)
from renderer.storage.base import ImageMetadata
from renderer.storage.s3 import Stored
from renderer.storage.storage_key import storage_key
from shared.domain.errors import StoreDown
from shared.settings.digest import SettingsHash
from shared.stores.postgres import Pool
from shared.stores.settings_rows import save_settings

BATCH: Final = 500
PREFIX: Final = "c/"
TRIES: Final = 4
_FIRST_PAUSE_S: Final = 0.5
_LOOKS_REMEMBERED: Final = 100_000

_T = TypeVar("_T")


class Pictures(Protocol):
    """The part of the storage that a rebuild needs."""

    def names(self, prefix: str, *, after: str = "") -> AsyncIterator[Stored]:
        """Name what is stored, in order. Raises ``StoreDown``."""

    async def head(self, key: str) -> ImageMetadata | None:
        """Return what an object says of itself, or ``None``. Raises ``StoreDown``."""


class Counts(msgspec.Struct):
    """What a run has done so far."""

    objects: int = 0
    """Objects seen, ours or not."""
    images: int = 0
    """Rows of pictures made or mended."""
    looks: int = 0
    titles: int = 0
    skipped: int = 0
    """Objects that are foreign or damaged."""
    unread_looks: int = 0
    """Looks that only another version can read."""
    pruned: int = 0
    last: str = ""
    """The key up to which everything is done."""


class Rebuild:
    """One run. ``tell`` hears of each batch, ``report`` of each object that is skipped and why."""

    def __init__(
        self,
        pictures: Pictures,
        pool: Pool,
        *,
        at_once: int,
        tell: Callable[[Counts], None],
        report: Callable[[str, str], None],
    ) -> None:
        self._pictures = pictures
        self._pool = pool
        self._slots = asyncio.Semaphore(at_once)
        self._tell = tell
        self._report = report
        self._kept: LRUCache[SettingsHash, bool] = LRUCache(_LOOKS_REMEMBERED)
        self.counts = Counts()

    async def restore(self, after: str = "") -> None:
        """Go through all pictures from the key after ``after`` on. Raises ``StoreDown`` when a store stays away."""
        self.counts.last = after
        batch: list[Stored] = []
        async for stored in self._pictures.names(PREFIX, after=after):
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
            rows = await _patiently(partial(image_names, self._pool, start, BATCH))
            if not rows:
                return
            heads = await asyncio.gather(*(self._head(storage_key(row.hash, row.media, row.ext)) for row in rows))
            gone = [row for row, facts in zip(rows, heads, strict=True) if facts is None]
            self.counts.pruned += await _patiently(partial(forget_images, self._pool, gone))
            self._tell(self.counts)

    async def _restore(self, batch: list[Stored]) -> None:
        read = await asyncio.gather(*(self._read(stored) for stored in batch))
        entries = [entry for entry in read if entry is not None]
        if entries:
            self.counts.looks += await self._restore_looks(entries)
            titles = [FoundTitle(each.image.media, each.film_date, each.image.drawn_at) for each in entries]
            self.counts.titles += await _patiently(partial(restore_titles, self._pool, titles))
            # The pictures' rows come last: where they are, all that they need is there too.
            images = [each.image for each in entries]
            self.counts.images += await _patiently(partial(restore_images, self._pool, images))
        self.counts.objects += len(batch)
        self.counts.last = batch[-1].key
        self._tell(self.counts)

    async def _read(self, stored: Stored) -> Entry | None:
        try:
            address = read_key(stored.key)
            return read_object(address, stored.size, await self._head(stored.key))
        except NotOurs as error:
            self.counts.skipped += 1
            self._report(stored.key, str(error))
            return None

    async def _head(self, key: str) -> ImageMetadata | None:
        async with self._slots:
            return await _patiently(partial(self._pictures.head, key))

    async def _restore_looks(self, entries: list[Entry]) -> int:
        """Keep the looks that nobody knows, each proven by its hash; returns how many."""
        new = {each.image.hash: each.look for each in entries if each.image.hash not in self._kept}
        known = await _patiently(partial(known_looks, self._pool, new))
        restored = 0
        for name, text in new.items():
            if name not in known:
                settings = read_settings(text)
                if settings is None:
                    self.counts.unread_looks += 1
                    self._report(f"look {name}", "only another version can read it; its pictures are kept")
                else:
                    await _patiently(partial(save_settings, self._pool, name, settings))
                    restored += 1
            self._kept[name] = True
        return restored


async def _patiently(ask: Callable[[], Awaitable[_T]]) -> _T:
    """Ask a store up to ``TRIES`` times: one lost answer among a million must not end the run."""
    for attempt in range(TRIES - 1):
        try:
            return await ask()
        except StoreDown:
            await asyncio.sleep(_FIRST_PAUSE_S * 2**attempt)
    return await ask()
