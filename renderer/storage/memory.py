"""Pictures in the memory of this process; the least recently used are evicted when the limit is reached."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from cachetools import TTLCache

from renderer.storage.base import ImageMetadata, Picture

_OVERHEAD: Final = 1024
"""Bytes that a picture costs beyond its body: the key, the metadata and the cache's own links."""


class MemoryStorage:
    """A ``Storage`` of at most ``max_bytes``; a picture larger than that is not stored.

    With ``max_age_s`` a copy expires that long after it was put, which limits how long it can be out of date.
    """

    def __init__(
        self, max_bytes: int, *, max_age_s: float = math.inf, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pictures: TTLCache[str, Picture] = TTLCache(
            max_bytes, max_age_s, clock, getsizeof=lambda picture: len(picture.body) + _OVERHEAD
        )

    @property
    def used_bytes(self) -> int:
        """Return the bytes in use."""
        return int(self._pictures.currsize)

    @property
    def max_bytes(self) -> int:
        """Return the limit."""
        return int(self._pictures.maxsize)

    async def get(self, key: str) -> Picture | None:
        """Return the picture or ``None``."""
        return self._pictures.get(key)

    def peek(self, key: str) -> Picture | None:
        """Return the picture or ``None``."""
        return self._pictures.get(key)

    async def head(self, key: str) -> ImageMetadata | None:
        """Return a picture's metadata or ``None``."""
        picture = self._pictures.get(key)
        return picture.metadata if picture else None

    async def is_sound(self, key: str) -> bool:
        """Return whether the picture is stored: memory does not damage it."""
        return key in self._pictures

    def is_damaged(self, key: str) -> bool:  # noqa: ARG002 - the protocol's
        """Return false."""
        return False

    async def put(self, key: str, picture: Picture) -> None:
        """Store the picture, replacing any earlier one."""
        self._pictures.pop(key, None)
        if len(picture.body) + _OVERHEAD <= self._pictures.maxsize:
            self._pictures[key] = picture

    async def set_cache_control(self, key: str, cache_control: str) -> None:
        """Change the header of the picture, if it is stored."""
        picture = self._pictures.get(key)
        if picture is not None:
            metadata = msgspec.structs.replace(picture.metadata, cache_control=cache_control)
            self._pictures[key] = Picture(picture.body, metadata)

    def invalidate_unless(self, key: str, etag: str) -> None:
        """Drop the picture if its ETag is not ``etag``."""
        picture = self._pictures.get(key)
        if picture is not None and picture.metadata.etag != etag:
            del self._pictures[key]

    async def remove(self, keys: Sequence[str]) -> None:
        """Drop these pictures."""
        for key in keys:
            self._pictures.pop(key, None)

    def invalidate(self, prefix: str) -> None:
        """Drop every picture whose key starts with ``prefix``."""
        if not prefix.endswith("/"):  # one complete key; these can arrive in long series, so no scan
            self._pictures.pop(prefix, None)
            return
        for key in [key for key in self._pictures if key.startswith(prefix)]:
            self._pictures.pop(key, None)

    async def ping(self) -> None:
        """Return: memory is always available."""
