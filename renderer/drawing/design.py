"""A design is data: what stands on a picture and how, worked out from the settings before anything is known of it.

All that differs from kind to kind is chosen here; layout and paint know elements, not kinds.
"""

from typing import Final, Literal

import msgspec

from shared.domain.pictures import Kind
from shared.settings.model import Axis, Background, BadgeSize, Fit, Label, Position, Settings, Shape

Vertical = Literal["t", "m", "b", "u"]
"""Top, middle, bottom, or under the art: the picture then grows by what stands there."""
Horizontal = Literal["l", "c", "r"]


class Anchor(msgspec.Struct, frozen=True):
    """From where an element is placed."""

    vertical: Vertical
    horizontal: Horizontal


class Margins(msgspec.Struct, frozen=True, kw_only=True):
    """How far an element stays from the edges, in pixels at medium size; ``top`` is from the art, for one under it."""

    top: int
    bottom: int
    side: int


class RatingStrip(msgspec.Struct, frozen=True, kw_only=True):
    """The badges: how each one looks and how they stand together. Lengths are in pixels at medium size."""

    anchor: Anchor
    margins: Margins
    badge_axis: Axis
    strip_axis: Axis
    label: Label
    shape: Shape
    background: Background
    is_split: bool
    per_line: int  # badges in one row, or in one column where the strip runs downwards
    wraps_below: float  # a line is broken rather than shrunk to less than this part of its size; 0 never breaks it
    scale: float
    inset_x: int  # per cent of the canvas
    inset_y: int


class AwardBadge(msgspec.Struct, frozen=True, kw_only=True):
    """The award: there for titles that won one. Lengths are in pixels at medium size."""

    anchor: Anchor
    margins: Margins
    width: float
    height: float


Element = RatingStrip | AwardBadge
"""Whatever a design can hold; a new kind of element joins here, in ``layout`` and in ``paint``."""


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """One picture's plan: its ground and the elements on it, from back to front; later ones make room for earlier."""

    size: tuple[int, int]
    unit: float  # how many pixels a figure of 1 is
    is_clear: bool  # nothing behind the art: the picture is transparent around it
    fit: Fit
    fit_upright: Fit  # for art that is higher than wide
    blur: bool
    most_bytes: int  # what a JPEG may weigh, within reason; 0 for any weight
    elements: tuple[Element, ...]

    def fit_for(self, art: tuple[int, int]) -> Fit:
        """Return how art of this width and height meets the canvas."""
        return self.fit_upright if art[1] > art[0] else self.fit


_MEDIUM_WIDTH: Final = {Kind.POSTER: 580, Kind.LOGO: 780, Kind.BACKDROP: 1920, Kind.EPISODE: 780}
"""Width in pixels at which the figures of the look are true as they are written."""

_MARGINS: Final = {
    Kind.POSTER: Margins(top=20, bottom=10, side=15),
    Kind.LOGO: Margins(top=15, bottom=6, side=6),  # room for the badges' shadows
    Kind.BACKDROP: Margins(top=20, bottom=20, side=20),
    Kind.EPISODE: Margins(top=20, bottom=20, side=20),
}
_PER_ROW: Final = {Axis.HORIZONTAL: 3, Axis.VERTICAL: 5}  # of an upright picture; wide ones hold what fits
_PER_ROW_LARGE: Final = {Axis.HORIZONTAL: 2, Axis.VERTICAL: 4}
_ANY: Final = 10
_ROW_WRAPS: Final = {Kind.LOGO: 0.9, Kind.BACKDROP: 1.0, Kind.EPISODE: 1.0}
_COLUMN_WRAPS: Final = 0.6  # of a wide picture: thinner columns would jump to two thick ones with one badge more
_STATUETTE_HEIGHT: Final = 112.0
_STATUETTE_SHAPE: Final = 0.4  # width to height of the drawings
_LIGHT_BYTES: Final = 100_000  # clients refuse heavier posters; large ones are for those who asked


def compile_design(settings: Settings) -> Design:
    """Return the plan of a look."""
    kind, size = settings.kind, settings.canvas
    unit = size[0] / _MEDIUM_WIDTH[kind]
    elements: tuple[Element, ...] = (_statuette(),) if kind is Kind.POSTER and settings.awards else ()
    return Design(
        size=size,
        unit=unit,
        is_clear=kind is Kind.LOGO,
        fit=settings.fit,
        # A poster in place of a still keeps its faces: cut to a third of its height it would lose them.
        fit_upright=Fit.BLUR if kind is Kind.EPISODE else settings.fit,
        blur=settings.blur,
        most_bytes=_LIGHT_BYTES if kind is Kind.POSTER and unit <= 1 else 0,
        elements=(*elements, _strip(settings)) if settings.limit else elements,
    )


def _statuette() -> AwardBadge:
    return AwardBadge(
        anchor=Anchor("t", "r"),
        margins=_MARGINS[Kind.POSTER],
        width=_STATUETTE_HEIGHT * _STATUETTE_SHAPE,
        height=_STATUETTE_HEIGHT,
    )


def _strip(settings: Settings) -> RatingStrip:
    per_line, wraps_below = _lines(settings)
    return RatingStrip(
        anchor=_anchor(settings),
        margins=_MARGINS[settings.kind],
        badge_axis=settings.badge_axis,
        strip_axis=settings.strip_axis,
        label=settings.label,
        shape=settings.shape,
        background=settings.background,
        is_split=settings.split,
        per_line=per_line,
        wraps_below=wraps_below,
        scale=settings.badge_size.scale,
        inset_x=settings.inset_x,
        inset_y=settings.inset_y,
    )


def _anchor(settings: Settings) -> Anchor:
    if settings.kind is Kind.LOGO:
        return Anchor("u", "c")
    match settings.position:
        case Position.LEFT:
            return Anchor("m", "l")
        case Position.RIGHT:
            return Anchor("m", "r")
        case position:
            vertical: Vertical = "t" if position.value[0] == "t" else "b"
            horizontal: Horizontal = "l" if position.value[1] == "l" else "r" if position.value[1] == "r" else "c"
            return Anchor(vertical, horizontal)


def _lines(settings: Settings) -> tuple[int, float]:
    """Return how many badges a line holds, and how small they may become before it is broken."""
    is_row = settings.strip_axis is Axis.HORIZONTAL
    if settings.kind is not Kind.POSTER:
        return _ANY, _ROW_WRAPS[settings.kind] if is_row else _COLUMN_WRAPS
    is_large = settings.badge_size in {BadgeSize.L, BadgeSize.XL}
    return (_PER_ROW_LARGE if is_large else _PER_ROW)[settings.badge_axis] if is_row else _ANY, 0.0
