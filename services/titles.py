"""What sources say about a title: its names, dates, releases, pictures, ratings and awards."""

from datetime import date
from enum import IntEnum

import msgspec

from services.artwork import Gallery
from shared.domain.awards import Award
from shared.domain.ids import ExternalId, IdType, MediaId
from shared.domain.ratings import Ratings


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


class SearchResult(msgspec.Struct, frozen=True):
    """A film or series that a search found; ``poster`` is the name of its poster's file, empty if it has none."""

    media: MediaId
    name: str
    original_name: str = ""
    year: int | None = None
    poster: str = ""


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
