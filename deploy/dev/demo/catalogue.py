"""The titles of the demo, read from ``catalogue.toml``, and the ways in which the sources look one up."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final, Literal

import msgspec

MediaType = Literal["movie", "show"]


class Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Part of the catalogue file, where a field that no class has is an error."""


class Language(Fact, frozen=True, kw_only=True):
    """What TMDB says about a language: its name, a country, and the votes of artwork with lettering in it."""

    name: str
    country: str
    vote: float = 5.1


class Ratings(Fact, frozen=True, kw_only=True):
    """What the rating sites say, each on its own scale; ``None`` where a site has no score.

    ``imdb``, ``tmdb``, ``mcu`` and ``mal`` are out of 10, ``lb`` of 5, ``ebert`` of 4, all others of 100.
    A pair is (score, votes).
    """

    imdb: tuple[float, int] | None = None
    tmdb: tuple[float, int] | None = None
    rt: tuple[int, int] | None = None
    rta: tuple[int, int] | None = None
    mc: tuple[int, int] | None = None
    mcu: tuple[float, int] | None = None
    trakt: tuple[int, int] | None = None
    lb: tuple[float, int] | None = None
    ebert: float | None = None
    mal: tuple[float, int] | None = None
    score: int = 0


class Episode(Fact, frozen=True, kw_only=True):
    """One part of a serial, numbered as television would."""

    season: int
    number: int
    name: str
    aired: date
    tmdb: int
    tvdb: int
    imdb: str
    rating: tuple[float, int] | None = None
    has_still: bool = True
    runtime: int = 40


class Season(Fact, frozen=True, kw_only=True):
    """A season that has a poster and a rating of its own; its art is under a name of its own."""

    slug: str
    number: int
    tmdb: int
    tvdb: int
    vote_average: float = 0.0
    lettered: tuple[str, ...] = ("en",)


class Collection(Fact, frozen=True, kw_only=True):
    """Films that belong together, by their slugs."""

    slug: str
    name: str
    tmdb: int
    films: tuple[str, ...]
    lettered: tuple[str, ...] = ("en",)
    overview: str = ""


class AnimeListing(Fact, frozen=True, kw_only=True):
    """An entry of the anime sites: its numbers there, its place in the series, and AniList's and Kitsu's scores."""

    kitsu: int
    anilist: int
    mal: int
    anidb: int
    season: int | None = None
    offset: int = 0
    score: tuple[int, float]


class Title(Fact, frozen=True, kw_only=True):
    """One film or serial: its ids in every source, its dates, its people and its ratings.

    ``lettered`` lists the languages in which a titled poster exists; a textless one always does.
    """

    slug: str
    name: str
    released: date
    imdb: str
    tmdb: int
    tvdb: int
    kind: MediaType = "movie"
    original: str = ""
    language: str = "en"
    countries: tuple[str, ...] = ("US",)
    runtime: int = 90
    genres: tuple[str, ...] = ("Drama",)
    overview: str = ""
    director: str = ""
    awards: str = "N/A"
    certification: str = "NR"
    age: int = 0
    """From which Common Sense Media recommends it; 0 is unknown."""
    streamed_days_ago: int | None = None
    """When a restored version was first streamed, counted from today, so that the demo always has a new film."""
    ratings: Ratings = Ratings()
    lettered: tuple[str, ...] = ("en",)
    local_names: dict[str, str] = {}
    on_fanart: bool = True
    svg_logo: bool = False
    episodes: tuple[Episode, ...] = ()
    printed_seasons: tuple[Season, ...] = ()
    anime: tuple[AnimeListing, ...] = ()

    @property
    def last_aired(self) -> date:
        """The day of the last episode, or of the release."""
        return max((episode.aired for episode in self.episodes), default=self.released)

    def seasons(self) -> dict[int, list[Episode]]:
        """Return the episodes by season, in order."""
        found: dict[int, list[Episode]] = {}
        for episode in self.episodes:
            found.setdefault(episode.season, []).append(episode)
        return found

    def printed_season(self, number: int) -> Season | None:
        """Return what a season has of its own, or ``None``."""
        return next((season for season in self.printed_seasons if season.number == number), None)

    def episode(self, season: int, number: int) -> Episode | None:
        """Return the episode with this number, or ``None``."""
        return next((e for e in self.episodes if (e.season, e.number) == (season, number)), None)


class _File(Fact, frozen=True, kw_only=True):
    genres: dict[str, int]
    languages: dict[str, Language]
    title: tuple[Title, ...]
    collection: tuple[Collection, ...]


_FILE: Final = msgspec.toml.decode(Path(__file__).with_suffix(".toml").read_bytes(), type=_File)
GENRES: Final = _FILE.genres
"""TMDB's id of each genre."""
LANGUAGES: Final = _FILE.languages
ALL: Final = _FILE.title
FILMS: Final = tuple(title for title in ALL if title.kind == "movie")
COLLECTIONS: Final = _FILE.collection
SERIALS: Final = tuple(title for title in ALL if title.kind == "show")


class Catalogue:
    """Titles by each of their ids. What looks one up is called with the id, and a miss is ``None``."""

    def __init__(self, titles: Iterable[Title] = ALL) -> None:
        self.titles = tuple(titles)
        by_slug: dict[str, Title | Season | Collection] = {title.slug: title for title in self.titles}
        by_slug |= {season.slug: season for title in self.titles for season in title.printed_seasons}
        self.by_slug = (by_slug | {collection.slug: collection for collection in COLLECTIONS}).get
        """The title, season or collection whose art has this name."""
        self.by_imdb = {title.imdb: title for title in self.titles}.get
        self.season = {str(s.tvdb): (t, s.number) for t in self.titles for s in t.printed_seasons}.get
        """The serial and the number of the season that TVDB has under this number of its own."""
        self.episode = {key: (t, e) for t in self.titles for e in t.episodes for key in (e.imdb, str(e.tvdb))}.get
        """The episode with this IMDb or TVDB id, after its serial."""
        self._by_number = {("tmdb", t.kind, t.tmdb): t for t in self.titles}
        self._by_number |= {("tvdb", t.kind, t.tvdb): t for t in self.titles}

    def by_id(self, provider: str, kind: MediaType, text: str) -> Title | None:
        """Return the title of this kind with this id at ``imdb``, ``tmdb`` or ``tvdb``; a malformed id is a miss."""
        if provider == "imdb":
            title = self.by_imdb(text)
            return title if title and title.kind == kind else None
        return self._by_number.get((provider, kind, int(text))) if text.isdecimal() else None

    def collection(self, text: str) -> tuple[Collection, list[Title]] | None:
        """Return the collection with this number at TMDB, and its films."""
        found = next((each for each in COLLECTIONS if str(each.tmdb) == text), None)
        return (found, [title for title in self.titles if title.slug in found.films]) if found else None
