"""Presets of the configuration page: sets of parameters to start from."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash
from shared.settings.parameters import PARAMETERS, parse


class Preset(msgspec.Struct, frozen=True):
    """A preset as the page names it; ``parameters`` are those of one kind, by name."""

    value: str
    words: str
    parameters: Mapping[str, str]


_ALL: Final[tuple[tuple[str, str], ...]] = (
    ("Classic", ""),
    ("Glass", "badge_background=t&ratings_limit=4"),
    ("Night", "badge_background=k&ratings_limit=4&badge_size=s"),
    ("Pills", "badge_shape=p&label_style=i&ratings_limit=3"),
    ("Words", "label_style=t&badge_background=k&ratings_limit=2&badge_size=l"),
    ("Column", "position=bl&badge_style=h&direction=v&ratings_limit=4"),
    ("Both sides", "position=l&split=true&ratings_limit=6&badge_size=s"),
    ("One score", "ratings_order=avg&ratings_limit=1&badge_size=xl&position=br&average=all"),
    ("Critics", "ratings_order=rt,mc,ebert&ratings_limit=3&badge_background=t&position=tl&average=critics"),
    ("Gold", "badge_background=k&badge_colour=1e1a20&font_colour=ffc845&badge_shape=p&label_style=i&ratings_limit=3"),
    ("Labels", "sash=award,top,trending,new&age_rating=official&chips=genre,runtime,year&ratings_limit=2"),
    ("Quiet", "badge_background=n&label_style=i&ratings_limit=2&position=tr&awards=false"),
)
"""The label of each, and its parameters; a kind takes those that it has."""


def presets_of(kind: Kind) -> tuple[Preset, ...]:
    """Return the presets of a kind, each of which gives another picture than those before it."""
    return tuple(_different(kind))


def _different(kind: Kind) -> Iterator[Preset]:
    own = {name for param in PARAMETERS if kind in param.kinds for name in param.names}
    seen = set()
    for words, query in _ALL:
        pairs = (pair.partition("=") for pair in query.split("&") if pair)
        parameters = {name: value for name, _, value in pairs if name in own}
        settings = settings_hash(parse(kind, Format.JPG, parameters))
        if settings not in seen:
            seen.add(settings)
            yield Preset(words.lower().replace(" ", "-"), words, parameters)
