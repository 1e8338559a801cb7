"""Settings: what a user chose for a picture, in one normal form per meaning; ``params`` reads them from text."""

from enum import StrEnum
from typing import Final

import msgspec

from shared.domain.pictures import CANVAS, Format, Kind, Size
from shared.domain.ratings import RatingSite


class Shape(StrEnum):
    """Corners of a badge."""

    ROUNDED = "r"
    PILL = "p"


class Background(StrEnum):
    """What a badge's text stands on."""

    COLOURED = "d"
    DARK = "k"
    TRANSLUCENT = "t"
    NONE = "n"


class Label(StrEnum):
    """How a badge says whose rating it shows."""

    TEXT = "t"
    ICON = "i"
    OFFICIAL = "o"


class Axis(StrEnum):
    """Along which a strip of badges runs, or a badge's own two parts stand."""

    HORIZONTAL = "h"
    VERTICAL = "v"


class Position(StrEnum):
    """Where the badges stand: first letter top, bottom, left or right; second the side or the centre."""

    BOTTOM_CENTRE = "bc"
    TOP_CENTRE = "tc"
    LEFT = "l"
    RIGHT = "r"
    TOP_LEFT = "tl"
    TOP_RIGHT = "tr"
    BOTTOM_LEFT = "bl"
    BOTTOM_RIGHT = "br"


class Fit(StrEnum):
    """How art of another shape fills the canvas."""

    COVER = "cover"
    NATIVE = "native"
    PAD = "pad"
    BLUR = "blur"


class BadgeSize(StrEnum):
    """How large badges are; see ``scale``."""

    XS = "xs"
    S = "s"
    M = "m"
    L = "l"
    XL = "xl"

    @property
    def scale(self) -> float:
        """Return the factor on the figures of a medium badge."""
        return {"xs": 0.5, "s": 0.75, "m": 1.0, "l": 1.25, "xl": 1.5}[self.value]


class ArtSource(StrEnum):
    """Which art source is asked first."""

    TMDB = "t"
    FANART = "f"


DEFAULT_ORDER: Final = tuple(
    RatingSite(word) for word in ("mal", "imdb", "lb", "rt", "mc", "rta", "tmdb", "trakt", "mdblist", "ebert")
)
"""The canonical order of the badges."""

MOST_BADGES: Final = 10
MOST_INSET: Final = 50  # per cent


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One look in normal form: equal meaning is equal value.

    Fields that do not apply to the kind, or that change nothing given the others, hold their default; ``params.FIELDS``
    tells which fields apply to which kind.
    """

    kind: Kind
    format: Format
    size: Size = Size.MEDIUM
    ratings: tuple[RatingSite, ...] = DEFAULT_ORDER
    limit: int = 3
    badge_axis: Axis = Axis.HORIZONTAL
    label: Label = Label.OFFICIAL
    badge_size: BadgeSize = BadgeSize.M
    shape: Shape = Shape.ROUNDED
    background: Background = Background.COLOURED
    position: Position = Position.BOTTOM_CENTRE
    strip_axis: Axis = Axis.HORIZONTAL
    split: bool = False
    fit: Fit = Fit.COVER
    blur: bool = False
    inset_x: int = 0
    inset_y: int = 0
    art: ArtSource = ArtSource.TMDB
    textless: bool = False
    lang: str = ""
    awards: bool = True

    @property
    def canvas(self) -> tuple[int, int]:
        """Return width and height of the picture in pixels (of the art's box, for a logo)."""
        return CANVAS[self.kind][self.size]
