"""A design is data: what stands on a picture and how, worked out from the settings before anything is known of it."""

from typing import Final

import msgspec

from shared.errors import Unsupported
from shared.settings import Axis, Background, BadgeSize, Fit, Kind, Label, Position, Settings, Shape

_MEDIUM_WIDTH: Final = {Kind.POSTER: 580, Kind.LOGO: 780, Kind.BACKDROP: 1920, Kind.EPISODE: 780}
"""Width in pixels at which the figures of the look are true as they are written."""

_PER_ROW: Final = {Axis.HORIZONTAL: 3, Axis.VERTICAL: 5}
_PER_ROW_LARGE: Final = {Axis.HORIZONTAL: 2, Axis.VERTICAL: 4}


class RatingStrip(msgspec.Struct, frozen=True, kw_only=True):
    """The badges: how each one looks and how they stand together. Lengths are in pixels at medium size."""

    badge_axis: Axis
    strip_axis: Axis
    label: Label
    shape: Shape
    background: Background
    position: Position
    is_split: bool
    per_row: int
    scale: float
    inset_x: int  # per cent of the canvas
    inset_y: int


Element = RatingStrip
"""Whatever a design can hold; a new kind of element joins here and in ``layout``."""


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """One picture's plan: its ground and the elements on it, from back to front."""

    size: tuple[int, int]
    unit: float  # how many pixels a figure of 1 is
    fit: Fit
    blur: bool
    elements: tuple[Element, ...]


def compile_design(settings: Settings) -> Design:
    """Return the plan of a look. Raises ``Unsupported`` for kinds that this version does not draw."""
    if settings.kind is not Kind.POSTER:
        raise Unsupported(f"{settings.kind} is not drawn yet")
    size = settings.canvas
    return Design(
        size=size,
        unit=size[0] / _MEDIUM_WIDTH[settings.kind],
        fit=settings.fit,
        blur=settings.blur,
        elements=(_strip(settings),) if settings.limit else (),
    )


def _strip(settings: Settings) -> RatingStrip:
    is_large = settings.badge_size in {BadgeSize.L, BadgeSize.XL}
    per_row = (_PER_ROW_LARGE if is_large else _PER_ROW)[settings.badge_axis]
    return RatingStrip(
        badge_axis=settings.badge_axis,
        strip_axis=settings.strip_axis,
        label=settings.label,
        shape=settings.shape,
        background=settings.background,
        position=settings.position,
        is_split=settings.split,
        per_row=per_row if settings.strip_axis is Axis.HORIZONTAL else 1,
        scale=settings.badge_size.scale,
        inset_x=settings.inset_x,
        inset_y=settings.inset_y,
    )
