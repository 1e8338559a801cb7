"""Compatibility with RPDB, for which clients were written: its styles, parameters and older addresses.

RPDB values that Marquee lacks are ignored instead of refused: a picture without a badge is better than none.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Final

import msgspec

from gateway.keys.token import PATTERN
from shared.domain.pictures import Kind
from shared.domain.ratings import RatingSite
from shared.settings.model import LEAST_OPACITY, USUAL_OPACITY, AgeRating
from shared.settings.named_colours import read_colour
from shared.settings.parameters import NAMES, names_of

PREFIX: Final = "/api"
"""The path before the key in older addresses."""

KEY: Final = PATTERN
"""Only such text is taken for a key below ``PREFIX``."""

_SITES: Final = {
    "tomatoes-critics": "rt",
    "tomatoes-audience": "rta",
    "metacritic-critics": "mc",
    "metacritic-audience": "mcu",
    "letterboxd": "lb",
    "rogerebert": "ebert",
    "myanimelist": "mal",
}
_KNOWN_SITES: Final = frozenset(site.value for site in RatingSite)
_POSITIONS: Final = {
    "bottom": "bc",
    "top": "tc",
    "left-top": "tl",
    "left-center": "l",
    "left-bottom": "bl",
    "right-top": "tr",
    "right-center": "r",
    "right-bottom": "br",
}
_STYLE_OVERRIDES: Final[Mapping[str, Mapping[str, object]]] = {
    "default": {},
    "order": {},
    "certs": {"ratings_order": ["imdb", "rt", "mc"]},
    "rt": {"ratings_order": ["imdb", "rt", "rta"]},
    "mc": {"ratings_order": ["imdb", "mc"]},
    "clean": {"ratings_limit": 0},
    "imdb": {"ratings_order": ["imdb"], "ratings_limit": 1},
    "metacritic": {"ratings_order": ["mc"], "ratings_limit": 1},
}
_TEXTLESS: Final = ("default", "order", "certs", "rt", "mc")
_TMDB_WIDTHS: Final = ("w500", "w780")  # a client's words for a poster, after TMDB's sizes
_WITH_TEXT: Final = ("certs", "rt", "mc", "clean", "imdb", "metacritic")  # the last three are in a client's menu


class Style(msgspec.Struct, frozen=True):
    """The meaning of an RPDB style: a kind, and overrides below the query's."""

    kind: Kind
    overrides: str = ""


def _poster(word: str, *, textless: bool) -> Style:
    overrides = {**_STYLE_OVERRIDES[word], "textless": True} if textless else _STYLE_OVERRIDES[word]
    return Style(Kind.POSTER, msgspec.json.encode(overrides).decode() if overrides else "")


STYLES: Final[Mapping[str, Style]] = {
    "default": _poster("default", textless=False),
    "rating-order": _poster("order", textless=False),
    **{f"poster-{word}": _poster(word, textless=False) for word in _WITH_TEXT},
    **{f"textless-{word}": _poster(word, textless=True) for word in _TEXTLESS},
    **{f"poster-{width}": _poster("default", textless=False) for width in _TMDB_WIDTHS},
}
"""Styles of RPDB and its clients that Marquee does not have. Profiles cannot have these names."""


_NUMBER: Final = re.compile(r"\d{0,4}(?:\.\d{1,8})?", re.ASCII)
_OPAQUE: Final = Decimal("0.94")
"""RPDB's own opacity: from here on, a background is as opaque as a design of Marquee makes it."""

_LARGEST_SCALES: Final = (("0.6", "xs"), ("0.85", "s"), ("1.15", "m"), ("1.35", "l"), ("2", "xl"))
_SMALLEST_SCALE: Final = Decimal("0.5")


def _order(text: str) -> str:
    words = [word.strip().lower() for word in text.split(",")]
    return ",".join(site for word in words if (site := _SITES.get(word, word)) in _KNOWN_SITES)


def _position(text: str) -> str:
    return _POSITIONS.get(text.strip().lower(), "")


def _number(text: str) -> Decimal:
    """Return a number as RPDB's clients write it; -1, which no parameter takes, for anything else."""
    word = text.strip()
    return Decimal(word) if word not in {"", "."} and _NUMBER.fullmatch(word) else Decimal(-1)


def _opacity(text: str) -> str:
    share = _number(text)
    if not 0 < share <= 1:
        return ""
    return str(USUAL_OPACITY if share >= _OPAQUE else max(LEAST_OPACITY, int(100 * share + Decimal("0.5"))))


def _colour(text: str) -> str:
    with suppress(ValueError):
        return read_colour(text)
    return ""


def _age_rating(text: str) -> str:
    """Return the age rating that a list of RPDB's words asks for: its badge of Common Sense Media, or its rating."""
    words = {word.strip().lower() for word in text.split(",")}
    return AgeRating.COMMONSENSE.value if words & {"commonsense", "commonsensegold"} else ""


def _size(text: str) -> str:
    scale = _number(text)
    if scale < _SMALLEST_SCALE:
        return ""
    return next((size for largest, size in _LARGEST_SCALES if scale <= Decimal(largest)), "")


_TRANSLATIONS: Final[tuple[tuple[str, str, Callable[[str], str]], ...]] = (
    ("order", "ratings_order", _order),
    ("order", "age_rating", _age_rating),
    ("badges", "age_rating", _age_rating),
    ("ratingBarPos", "position", _position),
    ("ratingBarOpacity", "badge_opacity", _opacity),
    ("ratingBarColor", "badge_colour", _colour),
    ("fontColor", "font_colour", _colour),
    ("fontScale", "badge_size", _size),
)
"""RPDB's name, Marquee's, and the function that returns the value in Marquee's words, empty if there is none."""

_WITH_MEANING: Final = frozenset(theirs for theirs, *_ in _TRANSLATIONS)
TRANSLATED: Final = _WITH_MEANING - NAMES
"""Parameters of RPDB that :func:`translate_parameters` replaces; ``badges`` is one of Marquee's too."""


def translate_parameters(parameters: Mapping[str, str]) -> Mapping[str, str]:
    """Translate RPDB's parameters; those with Marquee's names take precedence."""
    if _WITH_MEANING.isdisjoint(parameters):
        return parameters
    translated = {
        ours: meaning
        for theirs, ours, translate in _TRANSLATIONS
        if theirs in parameters and (meaning := translate(parameters[theirs])) and not _names(ours, parameters)
    }
    return {name: value for name, value in parameters.items() if name not in TRANSLATED} | translated


def _names(ours: str, parameters: Mapping[str, str]) -> bool:
    """Return whether parameters set one of Marquee's by any of its names."""
    return any(parameters.get(name) for name in names_of(ours))
