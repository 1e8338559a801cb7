"""Badge metrics: the measurements shared by all badges of a strip, worked out from their texts."""

from collections.abc import Sequence
from typing import Final

import msgspec

from renderer.drawing.badge_content import BadgeContent
from renderer.drawing.design import Finish, RatingStrip
from renderer.drawing.text import ink_width, reserved_width
from shared.settings.model import Axis, Background, Label, Shape

# In pixels at medium size.
HEIGHT: Final = 58
ICON: Final = 48
RADIUS: Final = 12
TALL_WIDTH: Final = 88
TALL_LABEL: Final = 58
TALL_WORD: Final = 44  # a word needs less height than an icon
TALL_VALUE: Final = 44
VALUE_EM: Final = 33.0
LABEL_EM: Final = 23.0
_ICON_LABEL: Final = 58  # width of a label that holds an icon
_PAD: Final = 12  # on each side of a word
_PILL_ICON: Final = 42
_PILL_MORE: Final = 5  # a round end needs room on its side
_TILE_INSET: Final = 3  # of a mark's ground that is a tile on the background, so that their corners are concentric
_MARK_PAD: Final = (4, 6)  # least room beside and above a mark within its ground
_TILE_PAD: Final = (2, 4)
_PILL_PAD: Final = (6, 8)  # clear of the round end
_MARK_WIDTH: Final = 72  # at most, however wide a vertical badge is


class TextWidths(msgspec.Struct, frozen=True):
    """The widths of the widest value and the widest word of a strip, in em; 0 where there is no word.

    Every digit counts as the widest one, so there are few distinct widths, and layouts cached by them serve many
    titles.
    """

    value: float
    word: float


def text_widths(contents: Sequence[BadgeContent]) -> TextWidths:
    """Return the widths that decide how large the badges are."""
    values, words = (
        (reserved_width(each.value) for each in contents),
        (ink_width(each.word) for each in contents if each.word),
    )
    return TextWidths(max(values), max(words, default=0.0))


class BadgeMetrics(msgspec.Struct, frozen=True):
    """The measurements that all badges of a strip share, in pixels."""

    width: int
    height: int
    label: int  # how far the label part reaches: from the left, or from the top of a vertical badge; 0 for a chip
    axis: Axis
    icon: int  # its side; 0 for word labels
    mark: tuple[int, int]  # most width and height of a mark, which stands in the middle of its ground
    tile: int  # how far the ground of a mark is from the edges of the label; 0 where it fills the label
    shift: int  # how far label and value move from the ends towards the middle of a pill
    value_em: float
    label_em: float
    radius: int
    unit: float
    background: Background
    finish: Finish = Finish()


def measure_badges(strip: RatingStrip, widest: TextWidths, scale: float) -> BadgeMetrics:
    """Return the metrics of badges with texts of these widths, at ``scale`` pixels per design unit."""
    is_pill = strip.shape is Shape.PILL
    value_em, label_em = VALUE_EM * scale, LABEL_EM * scale
    pad = 2 * _PAD * scale
    value, word = widest.value * value_em + pad, widest.word * label_em + pad
    if strip.badge_axis is Axis.VERTICAL:
        width = _pixels(max(TALL_WIDTH * scale, value, word))
        tall = TALL_WORD if strip.label is Label.TEXT else TALL_LABEL
        label, height = _pixels(tall * scale), _pixels((tall + TALL_VALUE) * scale)
    else:
        more = _PILL_MORE * scale if is_pill else 0.0
        label = _pixels((word if strip.label is Label.TEXT else _ICON_LABEL * scale) + more)
        width, height = label + _pixels(value + more), _pixels(HEIGHT * scale)
    return BadgeMetrics(
        width=width,
        height=height,
        label=label,
        axis=strip.badge_axis,
        icon=0 if strip.label is Label.TEXT else _pixels((_PILL_ICON if is_pill else ICON) * scale),
        mark=_mark(strip, (width, label) if strip.badge_axis is Axis.VERTICAL else (label, height), scale),
        tile=round(_tile_inset(strip) * scale),
        shift=round(_PILL_MORE * scale) if is_pill else 0,
        value_em=value_em,
        label_em=label_em,
        radius=height // 2 if is_pill else round(RADIUS * scale),
        unit=scale,
        background=strip.background,
        finish=strip.finish,
    )


def _mark(strip: RatingStrip, part: tuple[int, int], scale: float) -> tuple[int, int]:
    """Return the largest width and height of a mark within a label part of this size."""
    tile = _tile_inset(strip)
    beside, above = _PILL_PAD if strip.shape is Shape.PILL else _TILE_PAD if tile else _MARK_PAD
    width = min(part[0] - 2 * (tile + beside) * scale, _MARK_WIDTH * scale)
    return _pixels(width), _pixels(part[1] - 2 * (tile + above) * scale)


def _tile_inset(strip: RatingStrip) -> int:
    """Return the inset of a mark's ground: on a background that is not the mark's own colour, the ground is a tile."""
    return 0 if strip.background is Background.COLOURED else _TILE_INSET


def _pixels(length: float) -> int:
    return max(1, round(length))
