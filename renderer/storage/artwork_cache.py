"""A disk cache for the artwork of a source, so that each image is downloaded once."""

from collections.abc import Callable
from typing import Final

from renderer.storage.disk.storage import DiskArtwork
from services.artwork import Art
from services.source import ArtSource, WrappedArtSource

HIT: Final = "hit"
MISS: Final = "miss"


class ArtworkCache(WrappedArtSource):
    """An ``ArtSource`` that wraps another one and caches its images on disk.

    An image is stored when it is fetched, and dropped when it cannot be decoded. If the process ends between the two,
    the next one that draws with it finds that out and drops it.
    """

    def __init__(self, source: ArtSource, disk: DiskArtwork, *, count: Callable[[str], None] = lambda _: None) -> None:
        super().__init__(source)
        self._disk = disk
        self._count = count
        self._storing: set[str] = set()

    async def fetch(self, art: Art, width: int) -> bytes:
        """Return the cached copy, else fetch from the source; see ``ArtSource``."""
        key = self._key(art, width)
        body = await self._disk.get(key)
        self._count(MISS if body is None else HIT)
        if body is None:
            body = await self._source.fetch(art, width)
            await self._store(key, body)
        return body

    def invalidate(self, art: Art, width: int) -> None:
        """Drop the copies on disk and at the source; see ``ArtSource``."""
        super().invalidate(art, width)
        self._disk.drop(self._key(art, width))

    async def _store(self, key: str, body: bytes) -> None:
        """Store the bytes, once even if several callers fetched them."""
        if key in self._storing:
            return
        self._storing.add(key)
        try:
            await self._disk.put(key, body)
        finally:
            self._storing.discard(key)

    def _key(self, art: Art, width: int) -> str:
        """Return the cache key: paths are only unique within a source, and without a rendition the width selects it."""
        return f"{self._source.name}\n{art.rendition or width}\n{art.path}"
