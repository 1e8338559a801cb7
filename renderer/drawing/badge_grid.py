"""How badges stand together: dealt into lines, the lines into one block, or into two that face each other."""

from collections.abc import Iterator
from typing import Final

import msgspec

from renderer.drawing.badge_metrics import Frame, Widths, measure
from renderer.drawing.design import Anchor, Horizontal, RatingStrip, Vertical
from shared.settings.model import Axis

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are the first that do not belong."""

GAP: Final = 10  # between badges, in pixels at medium size
ROW_GAP: Final = 7


class Block(msgspec.Struct, frozen=True):
    """Badges, by number, that stand in lines: rows from the top, or columns from the edge where they are anchored."""

    lines: tuple[range, ...]
    extent: tuple[int, int]
    anchor: Anchor


class Group(msgspec.Struct, frozen=True):
    """All badges of a strip at one scale, not yet placed."""

    frame: Frame
    axis: Axis
    gaps: tuple[int, int]  # along and down, in pixels
    blocks: tuple[Block, ...]
    scale: float

    def faces_across(self, way: int) -> bool:
        """Tell whether two blocks stand on opposite sides, horizontally (0) or vertically (1)."""
        return len({block.anchor.vertical if way else block.anchor.horizontal for block in self.blocks}) > 1

    def both(self, way: int) -> int:
        """Return the length of all blocks one after the other, along (0) or down (1)."""
        return sum(block.extent[way] for block in self.blocks) + self.gaps[way] * (len(self.blocks) - 1)

    def cells(self, block: Block) -> Iterator[tuple[int, int]]:
        """Yield where the block's badges begin within it, in order; short lines keep to the anchor's side."""
        steps = self.frame.width + self.gaps[0], self.frame.height + self.gaps[1]
        for at, line in enumerate(block.lines):
            for number in range(len(line)):
                if self.axis is Axis.HORIZONTAL:
                    spare = block.extent[0] - (len(line) * steps[0] - self.gaps[0])
                    start = {"l": 0, "c": spare // 2, "r": spare}[block.anchor.horizontal]
                    yield start + number * steps[0], at * steps[1]
                else:
                    spare = block.extent[1] - (len(line) * steps[1] - self.gaps[1])
                    start = {"t": 0, "u": 0, "m": spare // 2, "b": spare}[block.anchor.vertical]
                    place = len(block.lines) - 1 - at if block.anchor.horizontal == "r" else at
                    yield place * steps[0], start + number * steps[1]


def arrange(strip: RatingStrip, count: int, widest: Widths, per_line: int, scale: float) -> Group:
    """Return ``count`` badges in lines of at most ``per_line``, ``scale`` pixels to a figure of 1."""
    frame = measure(strip, widest, scale)
    is_row = strip.strip_axis is Axis.HORIZONTAL
    gaps = round(GAP * scale), round((ROW_GAP if is_row else GAP) * scale)
    opposite = _opposite(strip.anchor, strip.strip_axis)
    is_split = strip.is_split and opposite != strip.anchor
    half = (count + 1) // 2 if is_split else count  # the odd one stays
    blocks = [_block(range(half), per_line, frame, gaps, strip.strip_axis, strip.anchor)]
    if half < count:
        blocks.append(_block(range(half, count), per_line, frame, gaps, strip.strip_axis, opposite))
    return Group(frame, strip.strip_axis, gaps, tuple(blocks), scale)


def _opposite(anchor: Anchor, strip_axis: Axis) -> Anchor:
    """Mirror the anchor across the picture: the way the strip does not run, or else the only way that it can."""
    sides: dict[Horizontal, Horizontal] = {"l": "r", "r": "l", "c": "c"}
    ends: dict[Vertical, Vertical] = {"t": "b", "b": "t", "m": "m", "u": "u"}
    is_sideways = anchor.horizontal != "c" and (strip_axis is Axis.VERTICAL or anchor.vertical == "m")
    if is_sideways:
        return Anchor(anchor.vertical, sides[anchor.horizontal])
    return Anchor(ends[anchor.vertical], anchor.horizontal)


def _block(badges: range, per_line: int, frame: Frame, gaps: tuple[int, int], axis: Axis, anchor: Anchor) -> Block:
    """Deal the badges into as few lines as needed, of lengths as equal as can be, fuller lines first."""
    count = -(-len(badges) // per_line)
    short, longer = divmod(len(badges), count)
    lines, at = [], 0
    for number in range(count):
        length = short + (number < longer)
        lines.append(badges[at : at + length])
        at += length
    along, down = (len(lines[0]), count) if axis is Axis.HORIZONTAL else (count, len(lines[0]))
    extent = along * (frame.width + gaps[0]) - gaps[0], down * (frame.height + gaps[1]) - gaps[1]
    return Block(tuple(lines), extent, anchor)
