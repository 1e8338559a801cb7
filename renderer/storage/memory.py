"""Pictures in this process's memory, the least recently used of them dropped when the bound is reached."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Final

from cachetools import TTLCache

from renderer.storage.base import ImageMetadata, Picture

_OVERHEAD: Final = 1024
"""What a picture costs beside its bytes: key, facts and the cache's own links."""


class MemoryStorage:
    """A ``Storage`` of at most ``max_bytes``; a picture that alone is more is not kept.

    With ``max_age_s`` a copy is dropped that long after it was put, so that it cannot be out of date for longer.
    """

    def __init__(
        self, max_bytes: int, *, max_age_s: float = math.inf, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pictures: TTLCache[str, Picture] = TTLCache(
            max_bytes, max_age_s, clock, getsizeof=lambda picture: len(picture.body) + _OVERHEAD
        )

    @property
    def used_bytes(self) -> int:
        """Return how much of the bound is used."""
        return int(self._pictures.currsize)

    @property
    def max_bytes(self) -> int:
        """Return the bound."""
        return int(self._pictures.maxsize)

    async def get(self, key: str) -> Picture | None:
        """Return the picture or ``None``."""
        return self._pictures.get(key)

    async def head(self, key: str) -> ImageMetadata | None:
        """Return a picture's facts or ``None``."""
        picture = self._pictures.get(key)
        return picture.facts if picture else None

    async def put(self, key: str, picture: Picture) -> None:
        """Keep the picture, in place of any earlier one."""
        self._pictures.pop(key, None)
        if len(picture.body) + _OVERHEAD <= self._pictures.maxsize:
            self._pictures[key] = picture

    def forget_unless(self, key: str, etag: str) -> None:
        """Drop the picture when its bytes are others than those of ``etag``."""
        picture = self._pictures.get(key)
        if picture is not None and picture.facts.etag != etag:
            del self._pictures[key]

    async def remove(self, keys: Sequence[str]) -> None:
        """Drop these pictures."""
        for key in keys:
            self._pictures.pop(key, None)

    def forget(self, prefix: str) -> None:
        """Drop every picture whose key begins with this."""
        if not prefix.endswith("/"):  # one whole key, and many of them may come in a row
            self._pictures.pop(prefix, None)
            return
        for key in [key for key in self._pictures if key.startswith(prefix)]:
            self._pictures.pop(key, None)

    async def ping(self) -> None:
        """Return: memory is always there."""
