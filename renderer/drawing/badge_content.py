"""What a badge shows: a rating in the words, colour and mark of its site."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec

from renderer.drawing.colours import SITE, Colour
from renderer.drawing.icons import icon_name
from renderer.drawing.rating_text import format_rating
from shared.domain.ratings import Rating, RatingSite
from shared.settings.model import Label

Badges = tuple[tuple[RatingSite, Rating], ...]
"""The ratings that a picture shows, in order; all of them can be formatted."""

_WORDS: Final = {
    RatingSite.IMDB: "IMDb",
    RatingSite.TMDB: "TMDB",
    RatingSite.RT: "RTC",
    RatingSite.RTA: "RTA",
    RatingSite.MC: "MC",
    RatingSite.TRAKT: "Trakt",
    RatingSite.LB: "LB",
    RatingSite.MAL: "MAL",
    RatingSite.MDBLIST: "MDB",
    RatingSite.EBERT: "Ebert",
}


class BadgeContent(msgspec.Struct, frozen=True):
    """What one badge shows: the value and, beside or above it, an icon or a word."""

    colour: Colour
    value: str
    icon: str = ""
    word: str = ""
    is_white: bool = True  # of the icon or word; a mark has its own colours
    lang: str = ""  # of the value, where it is in words


def badge_contents(label: Label, badges: Badges) -> Sequence[BadgeContent]:
    """Return what the badges show under a label style, in order."""
    return [_content(label, site, rating) for site, rating in badges]


@lru_cache(maxsize=4096)
def _content(label: Label, site: RatingSite, rating: Rating) -> BadgeContent:
    value = format_rating(site, rating) or ""
    if label is Label.TEXT:
        return BadgeContent(SITE[site], value, word=_WORDS[site])
    return BadgeContent(SITE[site], value, icon=icon_name(site, rating, label), is_white=label is Label.ICON)
