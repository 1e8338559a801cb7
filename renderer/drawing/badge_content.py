"""What a badge says: a rating in the words, colour and mark of its site."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec

from renderer.drawing.colours import SITE, Colour
from renderer.drawing.icons import icon_name
from renderer.drawing.rating_text import write
from shared.domain.ratings import Rating, RatingSite
from shared.settings.model import Label

Badges = tuple[tuple[RatingSite, Rating], ...]
"""The ratings that a picture shows, in order; each one can be written."""

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
    """What one badge says: the value and, beside or above it, an icon or a word."""

    colour: Colour
    value: str
    icon: str = ""
    word: str = ""
    is_white: bool = True  # so is its icon or word; a mark in its own colours is not


def faces(label: Label, badges: Badges) -> Sequence[BadgeContent]:
    """Return the badges' faces under a label style, in order."""
    return [_face(label, site, rating) for site, rating in badges]


@lru_cache(maxsize=4096)
def _face(label: Label, site: RatingSite, rating: Rating) -> BadgeContent:
    value = write(site, rating) or ""
    if label is Label.TEXT:
        return BadgeContent(SITE[site], value, word=_WORDS[site])
    return BadgeContent(SITE[site], value, icon=icon_name(site, rating, label), is_white=label is Label.ICON)
