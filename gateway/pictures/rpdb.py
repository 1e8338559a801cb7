"""RPDB's own words, which clients were written with: its styles, parameters and older addresses, in ours.

A word that RPDB has and we do not is passed over and is never an error: a picture without a badge is better than none.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from gateway.keys.token import FREE_KEY
from shared.domain.pictures import Kind

PREFIX: Final = "/api"
"""What the older addresses have before the key."""

KEY: Final = rf"(?:[0-9a-f]{{64}}|h[.-][0-9a-f]{{32}}|{re.escape(FREE_KEY)})"
"""What looks like a key, as a pattern. Below ``PREFIX`` nothing else is one, so no address of management can be."""

_SITES: Final = {
    "tomatoes-critics": "rt",
    "tomatoes-audience": "rta",
    "metacritic-critics": "mc",
    "letterboxd": "lb",
    "rogerebert": "ebert",
    "myanimelist": "mal",
}
_OURS: Final = frozenset({"imdb", "tmdb", "rt", "rta", "mc", "trakt", "lb", "mal", "mdblist", "ebert"})
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
_LOOKS: Final[Mapping[str, Mapping[str, object]]] = {
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
_LETTERED: Final = ("certs", "rt", "mc", "clean", "imdb", "metacritic")  # the last three stand in a client's menu


class Style(msgspec.Struct, frozen=True):
    """What a style word of RPDB means: a kind, and choices that any query goes over."""

    kind: Kind
    overrides: str = ""


def _poster(word: str, *, textless: bool) -> Style:
    overrides = {**_LOOKS[word], "textless": True} if textless else _LOOKS[word]
    return Style(Kind.POSTER, msgspec.json.encode(overrides).decode() if overrides else "")


STYLES: Final[Mapping[str, Style]] = {
    "default": _poster("default", textless=False),
    "rating-order": _poster("order", textless=False),
    **{f"poster-{word}": _poster(word, textless=False) for word in _LETTERED},
    **{f"textless-{word}": _poster(word, textless=True) for word in _TEXTLESS},
}
"""RPDB's style words beside those that are ours too. No profile may be called like one of them."""


def translate_parameters(parameters: Mapping[str, str]) -> Mapping[str, str]:
    """Return parameters with RPDB's ``order`` and ``ratingBarPos`` said in our words, unless ours are given too."""
    if "order" not in parameters and "ratingBarPos" not in parameters:
        return parameters
    words = [word.strip().lower() for word in parameters.get("order", "").split(",")]
    ours = {
        "ratings_order": ",".join(site for word in words if (site := _SITES.get(word, word)) in _OURS),
        "position": _POSITIONS.get(parameters.get("ratingBarPos", "").strip().lower(), ""),
    }
    return {**parameters, **{name: value for name, value in ours.items() if value and not parameters.get(name)}}
