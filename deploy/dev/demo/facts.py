"""The words in which the demo catalogue states facts: titles, episodes and their ratings."""

from datetime import date
from typing import Literal

import msgspec

Kind = Literal["movie", "show"]
Json = dict[str, object]


class Ratings(msgspec.Struct, frozen=True, kw_only=True):
    """What the rating sites say, each on its own scale; ``None`` where a site has no score.

    ``imdb`` and ``tmdb`` are of 10, ``lb`` of 5, ``ebert`` of 4, all others of 100. A pair is (score, votes).
    """

    imdb: tuple[float, int] | None = None
    tmdb: tuple[float, int] | None = None
    rt: tuple[int, int] | None = None
    rta: tuple[int, int] | None = None
    mc: tuple[int, int] | None = None
    trakt: tuple[int, int] | None = None
    lb: tuple[float, int] | None = None
    ebert: float | None = None
    score: int = 0


class Episode(msgspec.Struct, frozen=True, kw_only=True):
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


class Title(msgspec.Struct, frozen=True, kw_only=True):
    """One film or serial: its ids in every catalogue, its dates, its people and its ratings.

    ``lettered`` names the languages in which a titled poster exists; a textless one always does.
    """

    slug: str
    kind: Kind
    name: str
    released: date
    imdb: str
    tmdb: int
    tvdb: int
    original: str = ""
    language: str = "en"
    countries: tuple[str, ...] = ("US",)
    runtime: int = 90
    genres: tuple[str, ...] = ("Drama",)
    overview: str = ""
    director: str = ""
    awards: str = "N/A"
    certification: str = "NR"
    ratings: Ratings = Ratings()
    lettered: tuple[str, ...] = ("en",)
    local_names: dict[str, str] = {}
    on_fanart: bool = True
    svg_logo: bool = False
    episodes: tuple[Episode, ...] = ()

    @property
    def original_name(self) -> str:
        """The title in the language of its makers."""
        return self.original or self.name

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

    def episode(self, season: int, number: int) -> Episode | None:
        """Return the episode with this number, or ``None``."""
        return next((e for e in self.episodes if (e.season, e.number) == (season, number)), None)
