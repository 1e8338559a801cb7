"""Finds stored pictures by their addresses, within the time that a caller can wait."""

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

import structlog
from cachetools import TTLCache

from renderer.content.address_cache import AddressCache
from renderer.content.deadline import Deadline
from renderer.jobs.dependencies import Dependencies
from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.storage_key import storage_key
from renderer.storage.tiered import COPY_AGE_S
from shared.domain.errors import StoreDown
from shared.domain.ids import MediaId
from shared.observability.tracing import start_span
from shared.settings.content_url import ContentAddress

STORE_TIMEOUT_S: Final = 1.0
"""Longest wait for Redis or Postgres before the caller is served without it; a patient caller waits for half of
the time that is left, where there is no picture without the store.
"""

READ_TIMEOUT_S: Final = 2.5
"""Longest wait for a stored picture before the caller gets plain artwork."""

HINT_TIMEOUT_S: Final = 0.2
"""Longest search for the picture of a likely title, after drawing has failed: the caller has waited already."""

MOST_HEADS_KNOWN: Final = 10_000
"""Pictures whose metadata is in memory without their bytes, while callers are sent to the bucket for those."""

_T = TypeVar("_T")

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class PictureFinder:
    """Where pictures are stored, and their bytes."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies
        self._addresses = AddressCache()
        self._heads: TTLCache[str, ImageMetadata] = TTLCache(MOST_HEADS_KNOWN, COPY_AGE_S)

    def peek(self, address: ContentAddress) -> Picture | None:
        """Return a picture of a cached address that is in memory; does no I/O."""
        key = self._addresses.find(address)
        return None if key is None else self._dependencies.storage.peek(key)

    async def key(self, address: ContentAddress, *, is_known: bool) -> str | None:
        """Return where the picture is if it is stored; ``None`` if its title is unknown. Cached if its settings fit."""
        cached = self._addresses.find(address)
        if cached is not None:
            return cached
        try:
            with start_span("find title"):
                media = await within(self._dependencies.titles.find(address.title))
        except StoreDown as error:
            log.warning("title_index_lost", reason=str(error))
            return None
        if media is None:
            return None
        key = key_of(address, media)
        if is_known:
            self._addresses.remember(address, key)
        return key

    def peek_metadata(self, address: ContentAddress) -> tuple[str, ImageMetadata] | None:
        """Return where the picture of a cached address is, and its metadata, if both are in memory; does no I/O."""
        key = self._addresses.find(address)
        if key is None:
            return None
        picture = self._dependencies.storage.peek(key)
        metadata = self._heads.get(key) if picture is None else picture.metadata
        return None if metadata is None else (key, metadata)

    async def metadata(self, key: str) -> ImageMetadata | None:
        """Return a stored picture's metadata, ``None`` if there is none or storage does not answer in time."""
        metadata = self._heads.get(key)
        if metadata is not None:
            return metadata
        try:
            metadata = await within(self._dependencies.storage.head(key), READ_TIMEOUT_S)
        except StoreDown as error:
            log.warning("picture_not_read", reason=str(error))
            return None
        if metadata is not None:
            self._heads[key] = metadata
        return metadata

    def drop_metadata(self, key: str) -> None:
        """Forget the metadata of a picture that was drawn again."""
        self._heads.pop(key, None)

    def begin_read(self, key: str) -> "asyncio.Task[Picture | None]":
        """Start to read a picture. The read goes on when the caller leaves, and the next one finds it in memory."""
        reading = asyncio.ensure_future(self._dependencies.storage.get(key))
        reading.add_done_callback(_retrieve)
        return reading

    async def read(self, key: str, seconds: float = STORE_TIMEOUT_S) -> Picture | None:
        """Return the picture, ``None`` when storage does not return it in time."""
        try:
            return await within(self._dependencies.storage.get(key), seconds)
        except StoreDown as error:
            log.warning("picture_not_read", reason=str(error))
            return None

    async def find_in_time(self, address: ContentAddress, seconds: float) -> Picture | None:
        """Return the picture, ``None`` when it is not found in time."""
        try:
            return await within(self._find(address), seconds)
        except StoreDown as error:
            log.warning("picture_not_read", reason=str(error))
            return None

    async def find_hinted(self, address: ContentAddress) -> Picture | None:
        """Return the stored picture of the title that an id was only mentioned with, ``None`` if there is none."""
        try:
            async with asyncio.timeout(HINT_TIMEOUT_S):
                media = await self._dependencies.titles.hint(address.title)
                return None if media is None else await self._dependencies.storage.get(key_of(address, media))
        except (StoreDown, TimeoutError):
            return None

    def is_damaged(self, key: str | None) -> bool:
        """Return whether the picture is stored, but damaged."""
        return key is not None and self._dependencies.storage.is_damaged(key)

    def invalidate(self) -> None:
        """Forget where pictures are."""
        self._addresses = AddressCache()
        self._heads.clear()

    async def _find(self, address: ContentAddress) -> Picture | None:
        key = await self.key(address, is_known=True)
        return None if key is None else await self._dependencies.storage.get(key)


async def within(answer: Awaitable[_T], seconds: float = STORE_TIMEOUT_S) -> _T:
    """Wait for a store no longer than a caller who wants a picture can. Raises ``StoreDown``."""
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError as exc:
        raise StoreDown(f"no answer within {seconds} s") from exc


def patience_s(deadline: Deadline) -> float:
    """Return how many seconds a caller waits for a store that a picture cannot be drawn without."""
    return max(STORE_TIMEOUT_S, deadline.left_s / 2)


def key_of(address: ContentAddress, media: MediaId) -> str:
    """Return the storage key of a title's picture."""
    return storage_key(address.settings_hash, media, address.format)


def _retrieve(reading: "asyncio.Task[Picture | None]") -> None:
    """Take note of an error that no caller waited for, or the event loop logs it."""
    if not reading.cancelled():
        reading.exception()
