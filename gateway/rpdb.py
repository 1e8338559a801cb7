"""RPDB's own words, which clients were written with: its styles and parameters, in ours."""

from collections.abc import Mapping
from typing import Final

import msgspec

from shared.settings import Kind

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
_ORDERS: Final = {
    "certs": ["imdb", "rt", "mc"],
    "rt": ["imdb", "rt", "rta"],
    "mc": ["imdb", "mc"],
}


class Style(msgspec.Struct, frozen=True):
    """What a style word of RPDB means: a kind, and choices that any query goes over."""

    kind: Kind
    choices: str


def _poster(order: list[str] | None, *, textless: bool) -> Style:
    choices: dict[str, object] = {} if order is None else {"ratings_order": order}
    if textless:
        choices["textless"] = True
    return Style(Kind.POSTER, msgspec.json.encode(choices).decode())


STYLES: Final[Mapping[str, Style]] = {
    "textless-default": _poster(None, textless=True),
    "rating-order": _poster(None, textless=False),
    "textless-order": _poster(None, textless=True),
    **{f"poster-{word}": _poster(order, textless=False) for word, order in _ORDERS.items()},
    **{f"textless-{word}": _poster(order, textless=True) for word, order in _ORDERS.items()},
}
"""RPDB's style words beside those that are ours too. No profile may be called like one of them."""


def translated(parameters: Mapping[str, str]) -> Mapping[str, str]:
    """Return parameters with RPDB's ``order`` and ``ratingBarPos`` said in our words, unless ours are given too.

    A word that RPDB has and we do not is passed over, and is never an error.
    """
    if "order" not in parameters and "ratingBarPos" not in parameters:
        return parameters
    words = [word.strip().lower() for word in parameters.get("order", "").split(",")]
    order = ",".join(site for word in words if (site := _SITES.get(word, word)) in _OURS)
    ours = {"ratings_order": order, "position": _POSITIONS.get(parameters.get("ratingBarPos", "").lower(), "")}
    return {name: value for name, value in ours.items() if value} | dict(parameters)
