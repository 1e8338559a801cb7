"""Designs as people write them."""

from typing import Any, Final

import msgspec

from shared.designs.document import DesignDocument

SPECIMEN: Final[dict[str, Any]] = {
    "version": 1,
    "kind": "poster",
    "art": {"fit": "cover", "blur": False, "textless": True, "lang": "de,original", "image_source": "t"},
    "elements": [
        {"type": "scrim", "edge": "bottom", "height": 300, "opacity": 70},
        {"type": "ratings", "anchor": "bl", "sites": ["rt", "imdb", "mcu"], "limit": 2, "wrap": 3},
        {"type": "rating", "site": "lb", "else": "trakt", "scale": 140, "when": [["tmdb", "ge", 70]]},
        {"type": "award"},
        {"type": "sash", "words": ["new", "award"]},
        {"type": "age", "system": "official"},
        {"type": "quality"},
        {"type": "logo", "x": 0, "y": 120},
        {"type": "text", "text": "{title} ({year|})", "colour": "#FFEEDD"},
        {"type": "box", "width": 100, "height": 60},
        {"type": "bar", "site": "mal"},
    ],
}
"""One element of every type."""


def written(*elements: dict[str, Any], kind: str = "poster", **fields: Any) -> DesignDocument:
    """Return a design with these elements."""
    return msgspec.convert({"kind": kind, "elements": elements, **fields}, DesignDocument)
