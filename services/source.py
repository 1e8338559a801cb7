"""The interface to the outside services: what a source can do.

What a source returns is permanent and may be cached, including ``None`` ("no such title"). Transient errors are raised
as ``SourceError`` and are never cached.
"""

from typing import Protocol

from services.artwork import Art, Gallery
from services.titles import SearchResult, SourceRatings, Title, TitleName
from shared.domain.ids import ExternalId, MediaId
from shared.domain.pictures import Kind
from shared.domain.ratings import RatingSite


class TitleSource(Protocol):
    """Resolves ids to titles, and describes titles."""

    name: str

    async def find(self, ref: ExternalId, *, gone: MediaId | None = None) -> MediaId | None:
        """Return the title that the id stands for; ``None`` if there is none.

        An id that names an episode or a season by its series resolves to the series. An id of kind ``EPISODE`` or
        ``SEASON`` is the episode's or the season's own, and resolves to that part of its series. Any other id resolves
        to a film, a series or a collection, or without a kind to a season; if it belongs to an episode, to its series.
        An id that is already complete may be resolved without a call; ``title`` then shows whether the title exists.
        ``gone`` is a title that no longer exists: a cached answer that names it is asked again, and is ``None`` if it
        still does. Raises ``SourceError``.
        """
        ...

    async def title(self, media: MediaId, *, with_showings: bool = False) -> Title | None:
        """Return the title, with its showings if asked; ``None`` if there is no such title. Raises ``SourceError``."""
        ...

    async def names(self, media: MediaId) -> tuple[TitleName, ...]:
        """Return the title's names in other languages, empty if it is unknown. Raises ``SourceError``."""
        ...


class TitleSearch(Protocol):
    """Finds titles by their names."""

    async def search(self, words: str) -> tuple[SearchResult, ...]:
        """Return the films and series that these words name, best first. Raises ``SourceError``."""
        ...

    async def thumbnail(self, file: str) -> bytes:
        """Return a poster, 92 pixels wide, as encoded in its file. Raises ``ArtNotFound``, ``SourceError``."""
        ...


class ArtSource(Protocol):
    """Provides pictures of titles."""

    name: str

    async def gallery(self, title: Title) -> Gallery:
        """Return the title's pictures, empty if the source does not know the title. Raises ``SourceError``."""
        ...

    async def named(self, title: Title, kind: Kind, file: str) -> Art | None:
        """Return the title's picture with this file name, candidate or not, or ``None``. Raises ``SourceError``."""
        ...

    def renditions(self, art: Art, width: int) -> tuple[Art, ...]:
        """Return the picture once for each of its files that are worth a try, the best for ``width`` pixels first.

        The first is the one that ``fetch`` takes for a picture without a rendition; a later one replaces a file that
        is too large or cannot be decoded.
        """
        ...

    async def fetch(self, art: Art, width: int) -> bytes:
        """Return the encoded picture, at least ``width`` pixels wide if the source has it in that size.

        Raises ``ArtNotFound`` (permanent: the picture is gone) and ``SourceError``.
        """
        ...

    def invalidate(self, art: Art, width: int) -> None:
        """Remove the cached result of ``fetch``, which was no valid picture; the next ``fetch`` downloads it again."""
        ...


class WrappedArtSource:
    """An ``ArtSource`` in front of another one, which it asks where a subclass does nothing else."""

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


class RatingSource(Protocol):
    """Provides ratings of titles."""

    name: str
    knows_awards: bool
    knows_ages: bool

    @property
    def only_rates(self) -> RatingSite | None:
        """Return the one site that the source rates titles for, if it is asked for pictures with that site alone."""
        ...

    async def ratings(self, title: Title) -> SourceRatings | None:
        """Return the ratings, for an episode its own; ``None`` if the source does not know the title.

        Raises ``SourceError``.
        """
        ...


class FilmNames(Protocol):
    """Resolves films by their TVDB number."""

    name: str

    async def by_tvdb_film(self, number: int, *, gone: MediaId | None = None) -> MediaId | None:
        """Return the film, ``None`` if the source does not know it; ``gone`` as in ``TitleSource.find``.

        Raises ``SourceError``.
        """
        ...


class TitleLists(Protocol):
    """Provides lists of titles that are worth prewarming."""

    name: str

    async def titles(self, name: str, most: int) -> tuple[ExternalId, ...]:
        """Return the first ``most`` titles of a list, in its order.

        Each source defines which names are valid. Raises ``BadRequest`` for an unknown list, and ``SourceError``.
        """
        ...
