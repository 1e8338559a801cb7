"""Kinds, formats and sizes of pictures."""

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """Which kind of picture of a title."""

    POSTER = "poster"
    LOGO = "logo"
    BACKDROP = "backdrop"
    EPISODE = "episode"


class Format(StrEnum):
    """How a picture is encoded; the value is its extension."""

    JPG = "jpg"
    PNG = "png"
    WEBP = "webp"

    @property
    def content_type(self) -> str:
        """Return the MIME type."""
        return "image/jpeg" if self is Format.JPG else f"image/{self}"


class Size(StrEnum):
    """How large a picture is; see ``CANVAS`` for the pixels."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    VERY_LARGE = "very-large"


CANVAS: Final[dict[Kind, dict[Size, tuple[int, int]]]] = {
    Kind.POSTER: {Size.MEDIUM: (580, 859), Size.LARGE: (1280, 1896), Size.VERY_LARGE: (2000, 2962)},
    Kind.LOGO: {Size.MEDIUM: (780, 244), Size.LARGE: (1722, 539), Size.VERY_LARGE: (2689, 841)},
    Kind.BACKDROP: {
        Size.SMALL: (1280, 720),
        Size.MEDIUM: (1920, 1080),
        Size.LARGE: (3840, 2160),
        Size.VERY_LARGE: (3840, 2160),
    },
    Kind.EPISODE: {
        Size.SMALL: (480, 270),
        Size.MEDIUM: (780, 439),
        Size.LARGE: (1280, 720),
        Size.VERY_LARGE: (1920, 1080),
    },
}
"""Width × height in pixels; a logo's is the box of its art."""

MEDIUM_WIDTH: Final = {kind: sizes[Size.MEDIUM][0] for kind, sizes in CANVAS.items()}
"""In pixels; the lengths of a design refer to it."""

MAX_ART_PIXELS: Final = 50_000_000
"""Most pixels of artwork that is decoded: 200 MB of memory for each picture being drawn."""

MAX_ART_SIDE: Final = 30_000
"""Longest side of artwork that is decoded."""
