"""The average of a title's ratings, and which of them have enough votes to be shown."""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from shared.domain.ratings import GREATEST, PER_CENT, Rating, Ratings, RatingSite
from shared.settings.model import EQUAL, Average
from shared.settings.weights import NEVER_COUNTED, weights_of

FEWEST_VOTES: Final = {
    RatingSite.IMDB: 100,
    RatingSite.LB: 100,
    RatingSite.MAL: 100,
    RatingSite.ANILIST: 100,
    RatingSite.MCU: 50,
    RatingSite.TMDB: 20,
    RatingSite.TRAKT: 20,
    RatingSite.AVG: 20,
}
"""Votes from which ``min_votes`` shows a rating; those of other sites, such as critics', are always shown.

An average that has votes is a collection's, which is the mean of what TMDB's users think of its films.
"""

_CRITICS: Final = frozenset({RatingSite.RT, RatingSite.MC, RatingSite.EBERT})
_SITES: Final = {
    Average.ALL: frozenset(RatingSite) - NEVER_COUNTED,
    Average.CRITICS: _CRITICS,
    Average.AUDIENCE: frozenset(RatingSite) - NEVER_COUNTED - _CRITICS,
}
_FACTORS: Final = {site: Decimal(int(PER_CENT / greatest)) for site, greatest in GREATEST.items()}  # whole numbers
_FEWEST_SITES: Final = 2  # what one site says is no average


def with_enough_votes(ratings: Ratings) -> Ratings:
    """Return the ratings without those known to have too few votes; an unknown number is enough."""
    return {
        site: rating for site, rating in ratings.items() if rating.votes is None or rating.votes >= _fewest_votes(site)
    }


def average_of(ratings: Ratings, average: Average, weights: str = EQUAL) -> Ratings:
    """Return the average of the sites that count, in per cent; nothing unless there are two of them.

    So a collection, which TMDB alone rates, keeps the average that it has.
    ``weights`` are in normal form; with them, only the listed sites count.
    """
    weight_of = _weights(weights)
    counted = [site for site in ratings if site in _SITES[average] and weight_of.get(site)]
    if len(counted) < _FEWEST_SITES:
        return {}
    total = sum(weight_of[site] * _per_cent(site, ratings[site]) for site in counted)
    return {RatingSite.AVG: Rating(float(Fraction(total) / sum(weight_of[site] for site in counted)))}


def _per_cent(site: RatingSite, rating: Rating) -> Decimal:
    """Return a rating as it is written, in per cent, without the rounding of binary fractions."""
    return Decimal(repr(rating.value)) * _FACTORS[site]


@lru_cache(maxsize=1024)
def _weights(weights: str) -> dict[RatingSite, int]:
    return weights_of(weights) or dict.fromkeys(RatingSite, 1)


def _fewest_votes(site: RatingSite) -> int:
    return FEWEST_VOTES.get(site, 0)
