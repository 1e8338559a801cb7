"""The normal form of a design: equal meaning is equal value."""

from typing import Any

import msgspec

from shared.designs.document import DesignArt, DesignDocument
from shared.designs.elements import AnyElement, RatingsElement, SashElement
from shared.settings.languages import names_a_tag, read_languages
from shared.settings.model import ArtPreference


def normal_design(design: DesignDocument) -> DesignDocument:
    """Return a design in normal form. Raises ``ValueError`` for languages that cannot be read."""
    return msgspec.structs.replace(
        design, art=_normal_art(design.art), elements=tuple(_normal_element(element) for element in design.elements)
    )


def _normal_art(art: DesignArt) -> DesignArt:
    languages = read_languages(art.lang)
    source = ArtPreference.FANART if names_a_tag(languages) else art.image_source  # a language implies Fanart.tv first
    return msgspec.structs.replace(art, lang=languages, image_source=source)


def _normal_element(element: AnyElement) -> AnyElement:
    """Return an element with colours in lower case, and each site or word once."""
    normal: dict[str, Any] = {}
    if (colour := getattr(element, "colour", None)) is not None:
        normal["colour"] = colour.lower()
    match element:
        case RatingsElement(sites=sites):
            normal["sites"] = tuple(dict.fromkeys(sites))
        case SashElement(words=words):
            normal["words"] = tuple(dict.fromkeys(words))
        case _:
            pass
    return msgspec.structs.replace(element, **normal) if normal else element
