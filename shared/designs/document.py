"""A design as a document: its types, its canonical text and how it is read from JSON."""

from typing import Annotated, Any, Final, Literal

import msgspec

from shared.designs.conditions import Condition
from shared.designs.elements import AnyElement
from shared.domain.pictures import Kind
from shared.settings.model import ArtPreference, Fit

MOST_ELEMENTS: Final = 24
MOST_BYTES: Final = 8192
"""Of the canonical text."""


class DesignArt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which artwork is behind the elements, and how it fills the canvas."""

    fit: Fit = Fit.COVER
    blur: bool = False
    textless: bool = False
    lang: Annotated[str, msgspec.Meta(max_length=60)] = ""
    image_source: ArtPreference = ArtPreference.TMDB


class DesignDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A design: its elements from back to front, over the artwork."""

    kind: Kind
    version: Literal[1] = 1
    art: DesignArt = DesignArt()
    elements: Annotated[tuple[AnyElement, ...], msgspec.Meta(max_length=MOST_ELEMENTS)] = ()


def canonical_text(design: DesignDocument) -> str:
    """Return a design's JSON text with sorted names and without defaults: equal designs have equal texts.

    A whole number is written without a point.
    """
    return msgspec.json.encode(_without_defaults(design), order="sorted").decode()


def _without_defaults(struct: msgspec.Struct) -> dict[str, Any]:
    # Not by ``omit_defaults``: that compares numbers above 256 by identity.
    named: dict[str, Any] = {}
    for field in msgspec.structs.fields(struct):
        value = getattr(struct, field.name)
        if value != field.default:
            named[field.encode_name] = _plain(value)
    if (tag := struct.__struct_config__.tag) is not None:
        named["type"] = tag
    return named


def _plain(value: object) -> object:
    match value:
        case Condition():
            return [value.fact, value.operator, _plain(value.value)]
        case msgspec.Struct():
            return _without_defaults(value)
        case tuple():
            return [_plain(each) for each in value]
        case float() if value.is_integer():
            return int(value)  # as people write it, and browsers
        case _:
            return value


def decode_design(text: str) -> DesignDocument:
    """Return the design of a canonical text. Raises ``msgspec.ValidationError``."""
    return msgspec.json.decode(text, type=DesignDocument)
