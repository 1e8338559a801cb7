"""Ratings: the site, its value, and the number of votes."""

from enum import StrEnum
from typing import Final

import msgspec

from shared.domain.decimals import rescaled


class RatingSite(StrEnum):
    """The site that a rating comes from; the values are the words of the ``ratings_order`` parameter."""

    IMDB = "imdb"
    TMDB = "tmdb"
    RT = "rt"
    RTA = "rta"
    MC = "mc"
    TRAKT = "trakt"
    LB = "lb"
    MAL = "mal"
    MDBLIST = "mdblist"
    EBERT = "ebert"
    MCU = "mcu"
    AVG = "avg"
    """The average of the other sites, which is worked out when a picture is drawn."""
    ANILIST = "anilist"
    KITSU = "kitsu"


GREATEST: Final[dict[RatingSite, float]] = {
    RatingSite.IMDB: 10,
    RatingSite.TMDB: 100,
    RatingSite.RT: 100,
    RatingSite.RTA: 100,
    RatingSite.MC: 100,
    RatingSite.TRAKT: 100,
    RatingSite.LB: 5,
    RatingSite.MAL: 10,
    RatingSite.MDBLIST: 100,
    RatingSite.EBERT: 4,
    RatingSite.MCU: 10,
    RatingSite.AVG: 100,
    RatingSite.ANILIST: 100,
    RatingSite.KITSU: 100,
}
"""The maximum of each site's scale; TMDB's 0–10 is stored as a percentage, as it is shown."""


class Rating(msgspec.Struct, frozen=True):
    """One site's rating: ``value`` on the site's own scale (see ``GREATEST``), where 0 is a rating like any other.

    ``votes`` is ``None`` where their number is unknown; 0 is a known number.
    """

    value: float
    votes: int | None = None


PER_CENT: Final = 100.0
"""The maximum of a percentage."""

Ratings = dict[RatingSite, Rating]
"""What is known of one title; a site without a rating is absent."""


def on_scale_of(site: RatingSite, value: float, of: float) -> float:
    """Return a finite value of a scale that ends at ``of`` as one of the site's own scale, exactly."""
    return rescaled(value, of=of, to=GREATEST[site])


def rating_of(
    site: RatingSite, value: float | None, votes: int | None, *, zero_needs_votes: bool = True
) -> Rating | None:
    """Return a site's rating, or ``None`` when there is none.

    Some sources write 0 for "no rating": theirs counts only with votes. Others say so in words, and their 0 is meant.
    """
    if value is None or not 0 <= value <= GREATEST[site]:
        return None
    if value == 0 and zero_needs_votes and not votes:
        return None
    return Rating(value, votes)
