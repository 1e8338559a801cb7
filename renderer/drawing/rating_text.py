"""The text of a rating on its badge, and the verdict of sites that have one."""

import math
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache, partial
from typing import Final

from shared.domain.decimals import rescaled, rounded
from shared.domain.ratings import GREATEST, PER_CENT, Rating, RatingSite
from shared.settings.model import RatingScale


def _percent(value: float) -> str:
    return f"{rounded(value)}%"


_tenths: Final = partial(rounded, places=1)
_hundredths: Final = partial(rounded, places=2)

_FORMATS: Final[dict[RatingSite, Callable[[float], str]]] = {
    RatingSite.IMDB: _tenths,
    RatingSite.TMDB: _percent,
    RatingSite.RT: _percent,
    RatingSite.RTA: _percent,
    RatingSite.MC: rounded,
    RatingSite.TRAKT: _percent,
    RatingSite.LB: _tenths,
    RatingSite.MAL: _hundredths,
    RatingSite.MDBLIST: rounded,
    RatingSite.EBERT: _tenths,
    RatingSite.MCU: _tenths,
    RatingSite.AVG: rounded,
    RatingSite.ANILIST: _percent,
    RatingSite.KITSU: _percent,
}
_BEST: Final = "10"  # of ten, which has no decimal place


def is_on_scale(site: RatingSite, rating: Rating) -> bool:
    """Return whether a value is on the site's scale. 0 is on every scale."""
    return math.isfinite(rating.value) and 0 <= rating.value <= GREATEST[site]


@lru_cache(maxsize=4096)
def format_rating(site: RatingSite, rating: Rating, scale: RatingScale = RatingScale.NATIVE) -> str | None:
    """Return the badge's text on the site's own or another scale, or ``None`` for a value off the site's scale."""
    if not is_on_scale(site, rating):
        return None
    match scale:
        case RatingScale.NATIVE:
            return _FORMATS[site](rating.value)
        case RatingScale.TEN:
            text = _tenths(rescaled(rating.value, of=GREATEST[site], to=10))
            return _BEST if text == f"{_BEST}.0" else text
        case RatingScale.HUNDRED:
            return rounded(rescaled(rating.value, of=GREATEST[site], to=PER_CENT))


class Verdict(StrEnum):
    """Rotten Tomatoes' name for a score; the value names the icon."""

    CERTIFIED = "rt-certified"
    FRESH = "rt-fresh"
    ROTTEN = "rt-rotten"
    HOT = "rta-hot"
    UPRIGHT = "rta-upright"
    SPILLED = "rta-spilled"


_ACCLAIMED: Final = 75
_LIKED: Final = 60
_ENOUGH_REVIEWS: Final = 40


def verdict(site: RatingSite, rating: Rating) -> Verdict | None:
    """Return Rotten Tomatoes' verdict, ``None`` for other sites.

    It is about the exact score: 59.5 is shown as 60% and is rotten all the same.
    """
    score = rating.value
    if site is RatingSite.RT:
        is_enough = rating.votes is None or rating.votes >= _ENOUGH_REVIEWS
        if score >= _ACCLAIMED and is_enough:
            return Verdict.CERTIFIED
        return Verdict.FRESH if score >= _LIKED else Verdict.ROTTEN
    if site is RatingSite.RTA:
        if score >= _ACCLAIMED:
            return Verdict.HOT
        return Verdict.UPRIGHT if score >= _LIKED else Verdict.SPILLED
    return None
