"""Art that is downloaded once: what a source gave before comes from local disk, where the operator wants one."""

from collections.abc import Callable
from typing import Final

from renderer.storage.disk.storage import DiskArtwork
from services.source import Art, ArtSource, Gallery, Title

HIT: Final = "hit"
MISS: Final = "miss"


class ArtworkCache:
    """An ``ArtSource`` in front of another, with copies of its pictures on disk.

    A picture is kept when it is fetched, and dropped when it turns out to be none; were the process to end between the
    two, the next one to draw it would find that out again and drop it.
    """

    def __init__(self, source: ArtSource, disk: DiskArtwork, *, count: Callable[[str], None] = lambda _: None) -> None:
        self.name = source.name
        self._source = source
        self._disk = disk
        self._count = count
        self._being_kept: set[str] = set()

    async def gallery(self, title: Title) -> Gallery:
        """Return what the source has; see ``ArtSource``."""
        return await self._source.gallery(title)

    async def fetch(self, art: Art, width: int) -> bytes:
        """Return the copy, or what the source gives; see ``ArtSource``."""
        key = self._key(art, width)
        body = await self._disk.get(key)
        self._count(MISS if body is None else HIT)
        if body is None:
            body = await self._source.fetch(art, width)
            await self._keep(key, body)
        return body

    def invalidate(self, art: Art, width: int) -> None:
        """Keep no copy, here or at the source; see ``ArtSource``."""
        self._source.invalidate(art, width)
        self._disk.drop(self._key(art, width))

    async def _keep(self, key: str, body: bytes) -> None:
        """Keep the bytes, once however many were waiting for them."""
        if key in self._being_kept:
            return
        self._being_kept.add(key)
        try:
            await self._disk.put(key, body)
        finally:
            self._being_kept.discard(key)

    def _key(self, art: Art, width: int) -> str:
        """Name the picture: a source's path means nothing to the others, and the width may choose the rendition."""
        return f"{self._source.name}\n{width}\n{art.path}"
