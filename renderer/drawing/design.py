"""A design is data: the elements of a picture and their style, worked out from the settings alone.

All differences between kinds are decided here; layout and paint know elements, not kinds.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

import msgspec

from renderer.drawing.average_word import average_word
from renderer.drawing.chip_content import ChipRole
from renderer.drawing.colours import INK, WHITE, Colour, colour_of
from renderer.drawing.encoder import most_bytes
from shared.domain.pictures import MEDIUM_WIDTH, Kind
from shared.settings.model import (
    AUTO,
    USUAL_OPACITY,
    AgeRating,
    Axis,
    Background,
    BadgeSize,
    Corner,
    Fit,
    Label,
    LabelPosition,
    Position,
    QualityPosition,
    QualitySize,
    RatingScale,
    Settings,
    Shape,
)

Vertical = Literal["t", "m", "b", "u"]
"""Top, middle, bottom, or under the art: the picture is then extended downwards."""
Horizontal = Literal["l", "c", "r"]


class Anchor(msgspec.Struct, frozen=True):
    """The side or corner from which an element is placed."""

    vertical: Vertical
    horizontal: Horizontal


class Margins(msgspec.Struct, frozen=True, kw_only=True):
    """An element's distance from the edges, in pixels at medium size; ``top`` is from the art, for one under it."""

    top: int
    bottom: int
    side: int


class Finish(msgspec.Struct, frozen=True):
    """What a caller chose for the look of backgrounds and text, apart from their style."""

    opacity: float = 1.0  # of backgrounds, relative to what their style has
    ground: Colour = INK  # of values, and of badges in one colour
    ink: Colour = WHITE  # of values, words and icons in one colour


class RatingStrip(msgspec.Struct, frozen=True, kw_only=True):
    """The badges: their style and arrangement. Lengths are in pixels at medium size."""

    anchor: Anchor
    margins: Margins
    badge_axis: Axis
    strip_axis: Axis
    label: Label
    shape: Shape
    background: Background
    finish: Finish
    site_colours: str  # as in the settings
    rating_scale: RatingScale
    average_word: str  # what the average is called under text labels
    is_split: bool
    per_line: int  # badges in one row, or in one column of a vertical strip
    wraps_below: float  # a line is broken rather than scaled below this factor; 0 never breaks it
    scale: float
    inset_x: int  # percent of the canvas
    inset_y: int


class AwardBadge(msgspec.Struct, frozen=True, kw_only=True):
    """The award badge of titles that won one. Lengths are in pixels at medium size."""

    anchor: Anchor
    margins: Margins
    width: float
    height: float


class ChipRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of chips at the top or the bottom. Lengths are in pixels at medium size."""

    role: ChipRole
    anchor: Anchor
    margins: Margins
    height: float
    em: float
    shape: Shape
    background: Background
    finish: Finish
    scale: float


Element = RatingStrip | AwardBadge | ChipRow
"""Every kind of element; a new one is added here, in ``layout`` and in ``paint``."""


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """The plan of a picture: its canvas and its elements; later ones make room for earlier ones."""

    size: tuple[int, int]
    unit: float  # pixels per design unit, which is a pixel at medium size
    is_transparent: bool  # around the art
    fit: Fit
    fit_upright: Fit  # for art that is higher than wide
    blur: bool
    max_bytes: int  # target size of a JPEG; 0 for no limit
    elements: tuple[Element, ...]
    """In the order in which they get room: the award, chips by role, the badges."""

    def fit_for(self, art: tuple[int, int]) -> Fit:
        """Return how art of this width and height is fitted to the canvas.

        Art of nearly the canvas's aspect ratio fills it: bars of a few pixels look like a mistake.
        """
        fit = self.fit_upright if art[1] > art[0] else self.fit
        ratio = art[0] * self.size[1] / (art[1] * self.size[0])
        is_near = max(ratio, 1 / ratio) < 1 + _NEAR
        return Fit.COVER if is_near and fit in {Fit.PAD, Fit.BLUR} else fit


_MARGINS: Final = {
    Kind.POSTER: Margins(top=20, bottom=15, side=15),
    Kind.LOGO: Margins(top=15, bottom=6, side=6),  # room for the shadows of badges
    Kind.BACKDROP: Margins(top=20, bottom=20, side=20),
    Kind.EPISODE: Margins(top=20, bottom=20, side=20),
}
_PER_ROW: Final = {Axis.HORIZONTAL: 3, Axis.VERTICAL: 5}  # of an upright picture; wide ones hold what fits
_PER_ROW_LARGE: Final = {Axis.HORIZONTAL: 2, Axis.VERTICAL: 4}
_ANY: Final = 10
_ROW_WRAPS: Final = {Kind.LOGO: 0.9, Kind.BACKDROP: 1.0, Kind.EPISODE: 1.0}
_COLUMN_WRAPS: Final = 0.6  # of a wide picture: smaller columns would jump to two large ones with one badge more
_NEAR: Final = 0.02  # of the aspect ratio: what a crop to fill the canvas may take from the art unnoticed
_AWARD_HEIGHT: Final = 112.0
_AWARD_ASPECT: Final = 0.4  # width to height of the drawings
_SASH_HEIGHT: Final = 54.0
_CHIP_HEIGHT: Final = 46.0  # 0.8 of a badge
_CHIP_EM: Final = 0.57  # of a chip's height: as large as the value of a badge of that height
_QUALITY_BACKGROUND: Final = Background.COLOURED  # of a value: these chips look the same with every style of badge
_QUALITY_SCALES: Final = {QualitySize.NORMAL: 1.0, QualitySize.SMALL: 0.75}
_QUALITY_PLACES: Final = {
    QualityPosition.LEFT: LabelPosition.TOP_LEFT,
    QualityPosition.CENTRE: LabelPosition.TOP_CENTRE,
    QualityPosition.RIGHT: LabelPosition.TOP_RIGHT,
    QualityPosition.BOTTOM_LEFT: LabelPosition.BOTTOM_LEFT,
    QualityPosition.BOTTOM_CENTRE: LabelPosition.BOTTOM_CENTRE,
    QualityPosition.BOTTOM_RIGHT: LabelPosition.BOTTOM_RIGHT,
}
_SIDES: Final[Mapping[str, Horizontal]] = {"l": "l", "c": "c", "r": "r"}


def compile_design(settings: Settings) -> Design:
    """Return the design for these settings."""
    kind, size = settings.kind, settings.canvas
    unit = size[0] / MEDIUM_WIDTH[kind]
    elements: tuple[Element, ...] = (plain_award(),) if kind is Kind.POSTER and settings.awards else ()
    elements += tuple(_chip_rows(settings))
    return Design(
        size=size,
        unit=unit,
        is_transparent=kind is Kind.LOGO,
        fit=settings.fit,
        # A poster that replaces a still or a backdrop is not cropped: a third of its height would often miss the faces.
        fit_upright=Fit.BLUR if kind is Kind.EPISODE or settings.is_card else settings.fit,
        blur=settings.blur,
        max_bytes=most_bytes(settings),
        elements=(*elements, _strip(settings)) if settings.limit else elements,
    )


def plain_award() -> AwardBadge:
    """Return the award badge as it is on posters."""
    return AwardBadge(
        anchor=Anchor("t", "r"),
        margins=_MARGINS[Kind.POSTER],
        width=_AWARD_HEIGHT * _AWARD_ASPECT,
        height=_AWARD_HEIGHT,
    )


def _chip_rows(settings: Settings) -> Iterator[ChipRow]:
    """Yield the rows of chips that the settings ask for, in the order in which they get room."""
    if settings.sash:
        yield chip_row(ChipRole.SASH, settings.sash_position, settings)
    if settings.age_rating is not AgeRating.NONE:
        yield chip_row(ChipRole.AGE, settings.age_position, settings)
    if settings.quality:
        yield _quality_row(settings)
    if settings.chips:
        yield chip_row(ChipRole.FACTS, settings.chips_position, settings)


def _quality_row(settings: Settings) -> ChipRow:
    """Return the row of quality badges: white on black, as large as RPDB's word says beside the size of the badges."""
    row = chip_row(ChipRole.QUALITY, _QUALITY_PLACES[settings.quality_position], settings)
    size = _QUALITY_SCALES[settings.quality_size]
    return msgspec.structs.replace(row, background=_QUALITY_BACKGROUND, finish=Finish(), scale=row.scale * size)


def chip_row(role: ChipRole, place: LabelPosition | Corner, settings: Settings) -> ChipRow:
    """Return a row of chips at its place, in the shape, background and size of the badges."""
    height = _SASH_HEIGHT if role is ChipRole.SASH else _CHIP_HEIGHT
    edge = LabelPosition(place)
    return ChipRow(
        role=role,
        anchor=Anchor("t" if edge.value[0] == "t" else "b", _SIDES[edge.value[1]]),
        margins=_MARGINS[settings.kind],
        height=height,
        em=height * _CHIP_EM,
        shape=settings.shape,
        background=settings.background,
        finish=_finish(settings),
        scale=settings.badge_size.scale,
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
        finish=_finish(settings),
        site_colours=settings.site_colours,
        rating_scale=settings.rating_scale,
        average_word=average_word(settings.lang),
        is_split=settings.split,
        per_line=per_line,
        wraps_below=wraps_below,
        scale=_badge_scale(settings),
        inset_x=settings.inset_x,
        inset_y=settings.inset_y,
    )


def _badge_scale(settings: Settings) -> float:
    """Return the scale of the badges.

    On a backdrop the default is drawn like ``l``: medium badges are too small to be read from a sofa. The settings and
    their hash still say ``m``, so that no address of a picture changes.
    """
    is_default = settings.kind is Kind.BACKDROP and settings.badge_size is BadgeSize.M
    return (BadgeSize.L if is_default else settings.badge_size).scale


def _finish(settings: Settings) -> Finish:
    ground, ink = settings.badge_colour, settings.font_colour
    return Finish(
        settings.badge_opacity / USUAL_OPACITY,
        INK if ground == AUTO else colour_of(ground),
        WHITE if ink == AUTO else colour_of(ink),
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
    """Return the badges per line, and the factor down to which they are scaled before the line is broken."""
    is_row = settings.strip_axis is Axis.HORIZONTAL
    if settings.kind is not Kind.POSTER:
        return _ANY, _ROW_WRAPS[settings.kind] if is_row else _COLUMN_WRAPS
    is_large = settings.badge_size in {BadgeSize.L, BadgeSize.XL}
    return (_PER_ROW_LARGE if is_large else _PER_ROW)[settings.badge_axis] if is_row else _ANY, 0.0
