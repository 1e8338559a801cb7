"""Compatibility with RPDB, for which clients were written: its styles, parameters and older addresses.

RPDB values that Marquee lacks are ignored instead of refused: a picture without a badge is better than none.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from gateway.keys.token import PATTERN
from shared.domain.pictures import Kind

PREFIX: Final = "/api"
"""The path before the key in older addresses."""

KEY: Final = PATTERN
"""Only such text is taken for a key below ``PREFIX``."""

_SITES: Final = {
    "tomatoes-critics": "rt",
    "tomatoes-audience": "rta",
    "metacritic-critics": "mc",
    "letterboxd": "lb",
    "rogerebert": "ebert",
    "myanimelist": "mal",
}
_KNOWN_SITES: Final = frozenset({"imdb", "tmdb", "rt", "rta", "mc", "trakt", "lb", "mal", "mdblist", "ebert"})
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


TRANSLATED: Final = frozenset({"order", "ratingBarPos"})
"""Parameters of RPDB that :func:`translate_parameters` replaces."""


def translate_parameters(parameters: Mapping[str, str]) -> Mapping[str, str]:
    """Translate RPDB's ``order`` and ``ratingBarPos``; parameters with Marquee's names take precedence."""
    if TRANSLATED.isdisjoint(parameters):
        return parameters
    words = [word.strip().lower() for word in parameters.get("order", "").split(",")]
    translated = {
        "ratings_order": ",".join(site for word in words if (site := _SITES.get(word, word)) in _KNOWN_SITES),
        "position": _POSITIONS.get(parameters.get("ratingBarPos", "").strip().lower(), ""),
    }
    kept = {name: value for name, value in parameters.items() if name not in TRANSLATED}
    return {**kept, **{name: value for name, value in translated.items() if value and not parameters.get(name)}}
