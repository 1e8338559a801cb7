"""When and where a title is shown: release dates and certificates of a film by country, the seasons of a series."""

from datetime import date
from enum import IntEnum

import msgspec


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
