"""The interface to the outside services: what a source can do, and the types it returns.

What a source returns is permanent and may be cached, including ``None`` ("no such title"). Transient errors are raised
as ``SourceError`` and are never cached.
"""

from collections.abc import Iterable
from datetime import date
from enum import IntEnum
from typing import Final, Protocol

import msgspec

from shared.domain.awards import Award
from shared.domain.ids import ExternalId, IdType, MediaId
from shared.domain.pictures import MAX_ART_PIXELS, MAX_ART_SIDE, Kind
from shared.domain.ratings import Ratings, RatingSite


class Art(msgspec.Struct, frozen=True):
    """One candidate picture; ``path`` is its source's own name for it, with no meaning elsewhere.

    ``lang`` is a lower-case language code, ``None`` for a picture without text. ``width`` and ``height`` are the pixels
    of the original, 0 if unknown. ``votes`` ranks pictures by popularity; 0 is unknown. ``rendition`` is the source's
    name for one of the picture's files, empty if none was chosen; it is not part of what the picture shows. ``season``
    is set for a picture of one season, ``None`` for one of the whole title.
    """

    path: str
    width: int
    height: int
    lang: str | None
    region: str | None = None
    votes: float = 0.0
    kind: Kind = Kind.POSTER
    rendition: str = ""
    season: int | None = None

    @property
    def file(self) -> str:
        """Return the name of the file, without the folders before it."""
        return self.path.rpartition("/")[2]

    @property
    def is_too_large(self) -> bool:
        """Return whether the original is known to have more pixels than are decoded."""
        return self.width * self.height > MAX_ART_PIXELS or max(self.width, self.height) > MAX_ART_SIDE

    def as_renditions(self, names: Iterable[str]) -> "tuple[Art, ...]":
        """Return this picture once for each of its files."""
        return tuple(msgspec.structs.replace(self, rendition=name) for name in names)


Gallery = dict[Kind, tuple[Art, ...]]
"""The pictures of one title by kind (a still has kind episode), in the source's order, best first: the candidates in
all languages. A kind without pictures may be missing."""


MAX_CANDIDATES: Final = 3
"""Pictures of one list worth trying before other lists."""

_MAX_PER_LANGUAGE: Final = 20  # of one kind
_MAX_PER_REGION: Final = 3  # beyond that, so that no country loses all of its pictures to a larger one


class ArtLimit:
    """Reduces a list of pictures, the most liked first, to the candidates: those that some settings may choose.

    Settings rank pictures by language and country alone. So of pictures that have both in common only the first
    ``MAX_CANDIDATES`` can be among the best of the list, whatever the settings.
    """

    def __init__(self) -> None:
        self._listed: set[str] = set()
        self._languages: dict[str | None, int] = {}
        self._countries: dict[tuple[str | None, str | None], int] = {}

    def __contains__(self, path: str) -> bool:
        """Return whether a picture was counted, candidate or not: no other place in the list is found for it."""
        return path in self._listed

    def is_candidate(self, path: str, lang: str | None, region: str | None) -> bool:
        """Count the next picture, unless there are many of its language, and return whether it is a candidate."""
        if path in self._listed:
            return False
        of_language = self._languages.get(lang, 0)
        of_country = self._countries.get((lang, region), 0)
        if of_language >= _MAX_PER_LANGUAGE and of_country >= _MAX_PER_REGION:
            return False
        self._listed.add(path)
        self._languages[lang] = of_language + 1
        self._countries[lang, region] = of_country + 1
        return of_country < MAX_CANDIDATES


def art_named(arts: Iterable[Art], file: str) -> Art | None:
    """Return the picture with this file name, or ``None``."""
    return next((art for art in arts if art.file == file), None)


def limit_art(listed: Iterable[Art]) -> tuple[Art, ...]:
    """Return the candidates of a list; see ``ArtLimit``."""
    limit = ArtLimit()
    return tuple(art for art in listed if limit.is_candidate(art.path, art.lang, art.region))


class TitleName(msgspec.Struct, frozen=True):
    """A title's name in a language, and the country that uses it; ``None`` if no single one does."""

    text: str
    lang: str
    region: str | None = None


class ReleaseType(IntEnum):
    """How a film is released, in TMDB's numbers."""

    PREMIERE = 1
    LIMITED = 2
    THEATRICAL = 3
    DIGITAL = 4
    PHYSICAL = 5
    TV = 6


class Release(msgspec.Struct, frozen=True):
    """A film's release in a country, and its certificate there, as its source spells it; empty if unknown."""

    region: str
    type: ReleaseType
    day: date | None = None
    certificate: str = ""


class Aired(msgspec.Struct, frozen=True):
    """An episode or a season of a series with its day; of a season, the first episode's."""

    day: date
    season: int
    episode: int = 1


class Showings(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a title's releases; which fields are set depends on whether it is a film."""

    releases: tuple[Release, ...] = ()
    certificates: dict[str, str] = {}
    """A series' certificate by country."""
    first_aired: date | None = None
    last_episode: Aired | None = None
    next_episode: Aired | None = None
    seasons: tuple[Aired, ...] = ()
    """Without the specials."""
    status: str = ""


class Title(msgspec.Struct, frozen=True, kw_only=True):
    """A film, series, season, episode or collection as a source describes it.

    ``refs`` are all canonical external ids of the title, including its ``media`` id if that is one. ``film_date`` is a
    film's release, a series' last air date, or an episode's air date. ``status`` is in the source's words;
    ``is_running`` is set for a series that has not ended: it may go on after a pause of any length. An episode's
    gallery has its stills; without any, the backdrops and posters of its series. ``genre`` is TMDB's number of the main
    genre; ``runtime`` is in minutes, of a series an episode's. ``showings`` are there where they were asked for.

    A season has its ``series``, and of its own a name, dates, posters and a rating; everything else, and the posters
    after its own, are those of the series. ``art_season`` is the season whose pictures it has: ``None`` for any other
    title, and for a season that the source does not know. Of a collection, the dates are those of its newest film.
    """

    media: MediaId
    refs: tuple[ExternalId, ...] = ()
    name: str = ""
    original_name: str = ""
    film_date: date | None = None
    released: date | None = None
    last_aired: date | None = None
    status: str = ""
    is_running: bool = False
    original_lang: str | None = None
    popularity: float = 0.0
    gallery: Gallery = {}
    ratings: Ratings = {}
    genre: int | None = None
    runtime: int | None = None
    showings: Showings | None = None
    series: "Title | None" = None
    art_season: int | None = None

    def ref(self, id_type: IdType) -> ExternalId | None:
        """Return the title's first external id of that type, or ``None``."""
        return next((ref for ref in self.refs if ref.id_type is id_type), None)


class SourceRatings(msgspec.Struct, frozen=True):
    """Ratings of one title, the award that it has won, and the ids that the source mentions with it.

    ``nominated`` is the award that it was nominated for without winning it, where that is the highest; ``age`` is the
    age in years from which it is suitable. Those ids are hints: only a ``TitleSource`` says which title an id means.
    """

    ratings: Ratings
    refs: tuple[ExternalId, ...] = ()
    award: Award | None = None
    nominated: Award | None = None
    age: int | None = None


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


class SearchResult(msgspec.Struct, frozen=True):
    """A film or series that a search found; ``poster`` is the name of its poster's file, empty if it has none."""

    media: MediaId
    name: str
    original_name: str = ""
    year: int | None = None
    poster: str = ""


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
