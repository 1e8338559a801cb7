"""Ready-made looks on the configuration page: sets of parameters to start from, beside the presets that are published.

Both are presets to those who choose one. What differs is how an address has them: these as parameters, which every
client can send, and published ones as a style.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from gateway.designs.published_presets import preset_title
from shared.designs.as_settings import FROM_ADDRESS
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash
from shared.settings.parameters import PARAMETERS, parse


class ParameterPreset(msgspec.Struct, frozen=True):
    """A preset as the page names it; ``parameters`` are those of one kind, by name."""

    value: str
    words: str
    parameters: Mapping[str, str]


class PublishedPreset(msgspec.Struct, frozen=True):
    """A preset of this installation: ``preset-`` and ``value`` are the style of an address."""

    value: str
    words: str


PublishedNames: TypeAlias = tuple[tuple[str, Kind], ...]
"""The name and the kind of each preset that is published."""

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


def parameter_presets(kind: Kind) -> tuple[ParameterPreset, ...]:
    """Return the presets of a kind, each of which gives another picture than those before it."""
    return tuple(_different(kind))


def presets_context(published: PublishedNames) -> dict[str, Any]:
    """Return what a page needs to know of presets: of each kind those of parameters, and those that are published.

    ``beside_preset`` are the parameters that count beside a published one.
    """
    return {
        "presets": {kind: parameter_presets(kind) for kind in Kind},
        "published": {
            kind: [PublishedPreset(name, preset_title(name)) for name, of_kind in published if of_kind is kind]
            for kind in Kind
        },
        "beside_preset": [param.names[0] for param in PARAMETERS if param.field in FROM_ADDRESS],
    }


def _different(kind: Kind) -> Iterator[ParameterPreset]:
    own = {name for param in PARAMETERS if kind in param.kinds for name in param.names}
    seen = set()
    for words, query in _ALL:
        pairs = (pair.partition("=") for pair in query.split("&") if pair)
        parameters = {name: value for name, _, value in pairs if name in own}
        settings = settings_hash(parse(kind, Format.JPG, parameters))
        if settings not in seen:
            seen.add(settings)
            yield ParameterPreset(words.lower().replace(" ", "-"), words, parameters)
