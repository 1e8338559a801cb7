"""Ratings as every part of Marquee speaks of them: whose, how much, by how many."""

from enum import StrEnum
from typing import Final

import msgspec


class RatingSite(StrEnum):
    """Whose rating it is; the values are the words of the ``ratings_order`` parameter."""

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
}
"""The top of each site's own scale; TMDB's 0–10 is kept as a percentage, as it is shown."""


class Rating(msgspec.Struct, frozen=True):
    """One site's rating: ``value`` in the site's own scale (see ``GREATEST``), always above zero."""

    value: float
    votes: int | None = None


Ratings = dict[RatingSite, Rating]
"""What is known of one title; a site without a rating is absent, never zero."""
