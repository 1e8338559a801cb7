"""Where everything stands: integer boxes worked out from a design, the badges' words and the canvas; pure arithmetic.

Whatever the settings, badges stay on the canvas and apart from one another. When they do not fit, an inset gives way
first, because a readable badge matters more than its place; then the whole set shrinks.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from renderer.pixels.design import RatingStrip
from renderer.pixels.text import ink_width
from shared.settings import Axis, Background, Label, Position, Shape

# Figures at medium size, in pixels.
HEIGHT: Final = 58
ICON: Final = 48
RADIUS: Final = 10
TALL_WIDTH: Final = 88
TALL_LABEL: Final = 58
TALL_WORD: Final = 44  # a word needs less height than an icon
TALL_VALUE: Final = 44
VALUE_EM: Final = 33.0
LABEL_EM: Final = 23.0
GAP: Final = 10
ROW_GAP: Final = 7
MARGIN_TOP: Final = 20
MARGIN_BOTTOM: Final = 10
MARGIN_SIDE: Final = 15
_ICON_LABEL: Final = 58  # width of a label that holds an icon
_PAD: Final = 12  # on each side of a word
_PILL_ICON: Final = 42
_PILL_MORE: Final = 5  # a round end needs room on its side

_MOST_TRIES: Final = 100
_SMALLER: Final = 0.98  # rounding to pixels may need a little more than arithmetic says


class Face(msgspec.Struct, frozen=True):
    """What one badge says: the value and, beside or above it, an icon or a word."""

    colour: tuple[int, int, int]
    value: str
    icon: str = ""
    word: str = ""


class Frame(msgspec.Struct, frozen=True):
    """The measures that all badges of a picture share, in pixels."""

    width: int
    height: int
    label: int  # how far the label part reaches: from the left, or from the top of a vertical badge
    axis: Axis
    icon: int  # its side; 0 where words stand instead
    shift: int  # how far label and value move from the ends towards the middle of a pill
    value_em: float
    label_em: float
    radius: int
    unit: float
    background: Background


class Placed(msgspec.Struct, frozen=True):
    """A badge and the pixel of its top left corner."""

    face: Face
    x: int
    y: int


class Placement(msgspec.Struct, frozen=True):
    """All badges of a strip, placed."""

    frame: Frame
    badges: tuple[Placed, ...]


class _Block(msgspec.Struct, frozen=True):
    """Badges that stand together, in rows."""

    rows: tuple[tuple[Face, ...], ...]
    width: int
    height: int
    anchor: tuple[str, str]  # vertical: t, m, b; horizontal: l, c, r


def place_strip(strip: RatingStrip, faces: Sequence[Face], size: tuple[int, int], unit: float) -> Placement:
    """Place at least one badge on a canvas of ``size``, ``unit`` pixels to a figure of 1."""
    side = round(MARGIN_SIDE * unit)
    top, bottom = round(MARGIN_TOP * unit), round(MARGIN_BOTTOM * unit)
    room = size[0] - 2 * side, size[1] - top - bottom
    scale = strip.scale * unit
    frame, blocks, extent = _arrange(strip, faces, scale)
    for _ in range(_MOST_TRIES):
        if extent[0] <= room[0] and extent[1] <= room[1]:
            break
        scale *= min(room[0] / extent[0], room[1] / extent[1], _SMALLER)
        frame, blocks, extent = _arrange(strip, faces, scale)
    spare = room[0] - extent[0], room[1] - extent[1]
    shares = [2 if _faces_across(blocks, way) else 1 for way in (1, 0)]
    inset_x = min(round(size[0] * strip.inset_x / 100), spare[0] // shares[0])
    inset_y = min(round(size[1] * strip.inset_y / 100), spare[1] // shares[1])
    area = side + inset_x, top + inset_y, size[0] - side - inset_x, size[1] - bottom - inset_y
    placed = [badge for block in blocks for badge in _place_block(block, frame, area, size, round(GAP * scale))]
    return Placement(frame, tuple(placed))


def measure(strip: RatingStrip, faces: Sequence[Face], scale: float) -> Frame:
    """Return the common measures of badges that say these things, ``scale`` pixels to a figure of 1."""
    is_pill = strip.shape is Shape.PILL
    value_em, label_em = VALUE_EM * scale, LABEL_EM * scale
    pad = 2 * _PAD * scale
    value = max(ink_width(face.value) for face in faces) * value_em + pad
    word = max((ink_width(face.word) for face in faces if face.word), default=0.0) * label_em + pad
    if strip.badge_axis is Axis.VERTICAL:
        width = _pixels(max(TALL_WIDTH * scale, value, word))
        tall = TALL_WORD if strip.label is Label.TEXT else TALL_LABEL
        label, height = _pixels(tall * scale), _pixels((tall + TALL_VALUE) * scale)
    else:
        more = _PILL_MORE * scale if is_pill else 0.0
        label = _pixels((word if strip.label is Label.TEXT else _ICON_LABEL * scale) + more)
        width, height = label + _pixels(value + more), _pixels(HEIGHT * scale)
    return Frame(
        width=width,
        height=height,
        label=label,
        axis=strip.badge_axis,
        icon=0 if strip.label is Label.TEXT else _pixels((_PILL_ICON if is_pill else ICON) * scale),
        shift=round(_PILL_MORE * scale) if is_pill else 0,
        value_em=value_em,
        label_em=label_em,
        radius=height // 2 if is_pill else round(RADIUS * scale),
        unit=scale,
        background=strip.background,
    )


def _pixels(length: float) -> int:
    return max(1, round(length))


def _arrange(
    strip: RatingStrip, faces: Sequence[Face], scale: float
) -> tuple[Frame, tuple[_Block, ...], tuple[int, int]]:
    """Return the measures, the blocks in which the badges stand, and the room that these need together."""
    frame = measure(strip, faces, scale)
    gap, row_gap = round(GAP * scale), round((GAP if strip.per_row == 1 else ROW_GAP) * scale)
    anchor = _anchor(strip.position)
    if not strip.is_split or len(faces) == 1:
        blocks: tuple[_Block, ...] = (_block(faces, strip.per_row, frame, (gap, row_gap), anchor),)
        return frame, blocks, (blocks[0].width, blocks[0].height)
    half = (len(faces) + 1) // 2  # the odd one stays
    here = _block(faces[:half], strip.per_row, frame, (gap, row_gap), anchor)
    there = _block(faces[half:], strip.per_row, frame, (gap, row_gap), _opposite(anchor, strip.strip_axis))
    blocks = (here, there)
    width, height = max(here.width, there.width), max(here.height, there.height)
    if _faces_across(blocks, 1):
        width = here.width + gap + there.width
    if _faces_across(blocks, 0):
        height = here.height + gap + there.height
    return frame, blocks, (width, height)


def _anchor(position: Position) -> tuple[str, str]:
    """Return the vertical (t, m, b) and the horizontal (l, c, r) anchor."""
    if position in {Position.LEFT, Position.RIGHT}:
        return "m", position.value
    return position.value[0], position.value[1]


def _opposite(anchor: tuple[str, str], strip_axis: Axis) -> tuple[str, str]:
    """Mirror the anchor across the picture: the way the strip does not run, or else the only way that it can."""
    vertical, horizontal = anchor
    is_sideways = horizontal != "c" and (strip_axis is Axis.VERTICAL or vertical == "m")
    if is_sideways:
        return vertical, {"l": "r", "r": "l"}[horizontal]
    return {"t": "b", "b": "t"}[vertical], horizontal


def _faces_across(blocks: Sequence[_Block], way: int) -> bool:
    """Tell whether two blocks stand on opposite sides, vertically (0) or horizontally (1)."""
    return len({block.anchor[way] for block in blocks}) > 1


def _block(faces: Sequence[Face], per_row: int, frame: Frame, gaps: tuple[int, int], anchor: tuple[str, str]) -> _Block:
    """Deal the faces into as few rows as needed, of lengths as equal as can be, fuller rows first."""
    count = -(-len(faces) // per_row)
    short, longer = divmod(len(faces), count)
    rows, at = [], 0
    for number in range(count):
        length = short + (number < longer)
        rows.append(tuple(faces[at : at + length]))
        at += length
    width = len(rows[0]) * (frame.width + gaps[0]) - gaps[0]
    height = count * (frame.height + gaps[1]) - gaps[1]
    return _Block(tuple(rows), width, height, anchor)


def _place_block(
    block: _Block, frame: Frame, area: tuple[int, int, int, int], size: tuple[int, int], gap: int
) -> list[Placed]:
    """Place one block at its anchor within the area left, top, right, bottom; the middle is the canvas's own."""
    left, top, right, bottom = area
    vertical, horizontal = block.anchor
    y = {"t": top, "m": (size[1] - block.height) // 2, "b": bottom - block.height}[vertical]
    pitch = (block.height - frame.height) // (len(block.rows) - 1) if len(block.rows) > 1 else 0
    placed = []
    for number, row in enumerate(block.rows):
        width = len(row) * (frame.width + gap) - gap
        x = {"l": left, "c": (size[0] - width) // 2, "r": right - width}[horizontal]
        placed += [Placed(face, x + at * (frame.width + gap), y + number * pitch) for at, face in enumerate(row)]
    return placed
