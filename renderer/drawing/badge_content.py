"""What a badge shows: a rating in the words, colour and mark of its site."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from renderer.drawing.average_word import AVERAGE_WORDS
from renderer.drawing.colours import GROUND, SITE, Colour, colour_of
from renderer.drawing.icons import icon_name
from renderer.drawing.label_language import ENGLISH
from renderer.drawing.rating_text import format_rating
from shared.domain.ratings import Rating, RatingSite
from shared.settings.model import AUTO, Label, RatingScale
from shared.settings.named_colours import by_site

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
    RatingSite.MCU: "MCU",
    RatingSite.ANILIST: "AniList",
    RatingSite.KITSU: "Kitsu",
}
"""The names of the sites, alike in every language; the average has a word."""


class BadgeContent(msgspec.Struct, frozen=True):
    """What one badge shows: the value and, beside or above it, an icon or a word on the colour of its site."""

    colour: Colour
    value: str
    icon: str = ""
    word: str = ""
    is_mark: bool = False  # the icon has its own colours, and needs the ground that they were made for
    lang: str = ""  # of the value, where it is in words


def badge_contents(
    label: Label,
    badges: Badges,
    scale: RatingScale = RatingScale.NATIVE,
    colours: str = AUTO,
    average: str = AVERAGE_WORDS[ENGLISH],
) -> Sequence[BadgeContent]:
    """Return what the badges show under a label style, in order.

    ``colours`` are those of sites that are not to have their usual one, as in the settings; ``average`` is the word for
    the average, under text labels.
    """
    return [_content(label, scale, colours, average, site, rating) for site, rating in badges]


@lru_cache(maxsize=4096)
def _content(
    label: Label, scale: RatingScale, colours: str, average: str, site: RatingSite, rating: Rating
) -> BadgeContent:
    value, is_mark = format_rating(site, rating, scale) or "", label is Label.OFFICIAL
    colour = _colour(colours, site, GROUND if is_mark else SITE)
    if label is Label.TEXT:
        return BadgeContent(colour, value, word=average if site is RatingSite.AVG else _WORDS[site])
    return BadgeContent(colour, value, icon=icon_name(site, rating, label), is_mark=is_mark)


def _colour(colours: str, site: RatingSite, usual: Mapping[RatingSite, Colour]) -> Colour:
    digits = by_site(colours).get(site)
    return usual[site] if digits is None else colour_of(digits)
