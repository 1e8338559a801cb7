"""The badge grid: badges in lines, and the lines in one block or in two opposite each other."""

from collections.abc import Iterator
from typing import Final

import msgspec

from renderer.drawing.design import Anchor, Horizontal, RatingStrip, Vertical
from renderer.drawing.layout.badge_metrics import BadgeMetrics, TextWidths, measure_badges
from shared.settings.model import Axis

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are exclusive."""

GAP: Final = 10  # between badges, in pixels at medium size
ROW_GAP: Final = 7


class Block(msgspec.Struct, frozen=True):
    """Badges, by index, in lines: rows from the top, or columns from the edge to which they are anchored."""

    lines: tuple[range, ...]
    extent: tuple[int, int]
    anchor: Anchor
    is_level: bool = False  # all its lines begin at its top, as those of the block opposite do


class BadgeGrid(msgspec.Struct, frozen=True):
    """All badges of a strip at one scale, not yet placed."""

    metrics: BadgeMetrics
    axis: Axis
    gaps: tuple[int, int]  # horizontal and vertical, in pixels
    blocks: tuple[Block, ...]
    scale: float

    def is_opposite(self, way: int) -> bool:
        """Return whether two blocks are on opposite sides, horizontally (0) or vertically (1)."""
        return len({block.anchor.vertical if way else block.anchor.horizontal for block in self.blocks}) > 1

    def total(self, way: int) -> int:
        """Return the length of all blocks in a row, horizontally (0) or vertically (1)."""
        return sum(block.extent[way] for block in self.blocks) + self.gaps[way] * (len(self.blocks) - 1)

    def cells(self, block: Block) -> Iterator[tuple[int, int]]:
        """Yield the corners of the block's badges within it, in order; short lines keep to the anchor's side."""
        steps = self.metrics.width + self.gaps[0], self.metrics.height + self.gaps[1]
        for at, line in enumerate(block.lines):
            for number in range(len(line)):
                if self.axis is Axis.HORIZONTAL:
                    spare = block.extent[0] - (len(line) * steps[0] - self.gaps[0])
                    start = {"l": 0, "c": spare // 2, "r": spare}[block.anchor.horizontal]
                    yield start + number * steps[0], at * steps[1]
                else:
                    spare = block.extent[1] - (len(line) * steps[1] - self.gaps[1])
                    vertical = "t" if block.is_level else block.anchor.vertical
                    start = {"t": 0, "u": 0, "m": spare // 2, "b": spare}[vertical]
                    place = len(block.lines) - 1 - at if block.anchor.horizontal == "r" else at
                    yield place * steps[0], start + number * steps[1]


def arrange(strip: RatingStrip, count: int, widest: TextWidths, per_line: int, scale: float) -> BadgeGrid:
    """Return the grid of ``count`` badges, at most ``per_line`` in a line, at ``scale`` pixels per design unit."""
    metrics = measure_badges(strip, widest, scale)
    is_row = strip.strip_axis is Axis.HORIZONTAL
    gaps = round(GAP * scale), round((ROW_GAP if is_row else GAP) * scale)
    opposite = _opposite(strip.anchor, strip.strip_axis)
    is_split = strip.is_split and opposite != strip.anchor
    half = (count + 1) // 2 if is_split else count  # an odd one stays in the first block
    blocks = [_block(range(half), per_line, metrics, gaps, strip.strip_axis, strip.anchor)]
    if half < count:
        blocks.append(_block(range(half, count), per_line, metrics, gaps, strip.strip_axis, opposite))
        blocks = _levelled(blocks)
    return BadgeGrid(metrics, strip.strip_axis, gaps, tuple(blocks), scale)


def _levelled(blocks: list[Block]) -> list[Block]:
    """Return blocks that are side by side with a common height, so that both begin at the same one."""
    if len({block.anchor.horizontal for block in blocks}) == 1:
        return blocks
    height = max(block.extent[1] for block in blocks)
    return [Block(block.lines, (block.extent[0], height), block.anchor, is_level=True) for block in blocks]


def _opposite(anchor: Anchor, strip_axis: Axis) -> Anchor:
    """Mirror the anchor across the picture: across the strip's axis where possible, else along it."""
    sides: dict[Horizontal, Horizontal] = {"l": "r", "r": "l", "c": "c"}
    ends: dict[Vertical, Vertical] = {"t": "b", "b": "t", "m": "m", "u": "u"}
    is_sideways = anchor.horizontal != "c" and (strip_axis is Axis.VERTICAL or anchor.vertical == "m")
    if is_sideways:
        return Anchor(anchor.vertical, sides[anchor.horizontal])
    return Anchor(ends[anchor.vertical], anchor.horizontal)


def _block(
    badges: range, per_line: int, metrics: BadgeMetrics, gaps: tuple[int, int], axis: Axis, anchor: Anchor
) -> Block:
    """Split the badges into as few lines as needed, as equal in length as possible, longer lines first."""
    count = -(-len(badges) // per_line)
    short, longer = divmod(len(badges), count)
    lines, at = [], 0
    for number in range(count):
        length = short + (number < longer)
        lines.append(badges[at : at + length])
        at += length
    along, down = (len(lines[0]), count) if axis is Axis.HORIZONTAL else (count, len(lines[0]))
    extent = along * (metrics.width + gaps[0]) - gaps[0], down * (metrics.height + gaps[1]) - gaps[1]
    return Block(tuple(lines), extent, anchor)
