"""What wraps a source of artwork: each method asks the wrapped source unless a subclass does something else."""

from services.artwork import Art, Gallery
from services.source import ArtSource
from services.titles import Title
from shared.domain.pictures import Kind


class WrappedArtSource:
    """An ``ArtSource`` in front of another one."""

    def __init__(self, source: ArtSource) -> None:
        self.name = source.name
        self._source = source

    async def gallery(self, title: Title) -> Gallery:
        """Return the gallery of the source; see ``ArtSource``."""
        return await self._source.gallery(title)

    async def named(self, title: Title, kind: Kind, file: str) -> Art | None:
        """Return the picture of the source with this file name; see ``ArtSource``."""
        return await self._source.named(title, kind, file)

    def renditions(self, art: Art, width: int) -> tuple[Art, ...]:
        """Return the renditions of the source; see ``ArtSource``."""
        return self._source.renditions(art, width)

    async def fetch(self, art: Art, width: int) -> bytes:
        """Return the artwork of the source; see ``ArtSource``."""
        return await self._source.fetch(art, width)

    def invalidate(self, art: Art, width: int) -> None:
        """Drop the copies of the source; see ``ArtSource``."""
        self._source.invalidate(art, width)
