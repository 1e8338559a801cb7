"""Where the badges of a strip stand.

Badges that do not fit first give up their inset, because a readable badge matters more than its place; then the line
is broken, where the design allows it, or all badges shrink.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from renderer.drawing.badge_content import BadgeContent
from renderer.drawing.design import Horizontal, RatingStrip, Vertical
from renderer.drawing.layout.badge_grid import BadgeGrid, Block, Box, arrange
from renderer.drawing.layout.badge_metrics import BadgeMetrics, TextWidths, text_widths
from renderer.drawing.layout.reserved import Reserved, bounds_of
from shared.settings.model import Axis

_MAX_ATTEMPTS: Final = 200
_SHRINK: Final = 0.995  # rounding to pixels may need a little more than arithmetic says


class PlacedBadge(msgspec.Struct, frozen=True):
    """A badge and the pixel of its top left corner."""

    content: BadgeContent
    x: int
    y: int


class PlacedStrip(msgspec.Struct, frozen=True):
    """All badges of a strip, placed; ``lines`` are the numbers of those that share a row or a column."""

    metrics: BadgeMetrics
    badges: tuple[PlacedBadge, ...]
    blocks: tuple[Box, ...]
    """The boxes around the badges of each block: one, or two where the strip is split."""
    lines: tuple[range, ...]
    """The numbers of the badges in each row or column."""


class Spare(msgspec.Struct, frozen=True):
    """The height that a row of badges leaves to the chips on its inner side, in pixels, by the row's edge."""

    top: int = 0
    bottom: int = 0


_NOTHING_SPARED: Final = Spare()


class _Room(msgspec.Struct, frozen=True):
    """Where a strip may be placed."""

    size: tuple[int, int]  # of the canvas
    bounds: Box  # within the margins
    inset: tuple[int, int]  # horizontal and vertical, in pixels
    kept_clear: tuple[Reserved, ...]
    spare: Spare

    def area(self, block: Block, *, is_opposite: bool) -> Box:
        """Return where a block may be placed; ``is_opposite`` tells that there is another one at the other edge."""
        left, top, right, bottom = self.bounds
        others = [each.box for each in self.kept_clear]
        middle = self.size[1] // 2
        if block.anchor.vertical == "t" and self.spare.top:
            reserved = min((box[1] for box in others if box[1] > middle), default=bottom)
            return left, top, right, (middle if is_opposite else min(bottom, reserved)) - self.spare.top
        if block.anchor.vertical == "b" and self.spare.bottom:
            reserved = max((box[3] for box in others if box[3] < middle), default=top)
            return left, (middle if is_opposite else max(top, reserved)) + self.spare.bottom, right, bottom
        return self.bounds


def _room_of(
    strip: RatingStrip, size: tuple[int, int], unit: float, taken: tuple[Reserved, ...], spare: Spare
) -> _Room:
    inset = round(size[0] * strip.inset_x / 100), round(size[1] * strip.inset_y / 100)
    return _Room(size, bounds_of(strip, size, unit), inset, taken, spare)


def place_strip(
    strip: RatingStrip,
    contents: Sequence[BadgeContent],
    size: tuple[int, int],
    unit: float,
    taken: Sequence[Reserved] = (),
    spare: Spare = _NOTHING_SPARED,
) -> PlacedStrip:
    """Place at least one badge, clear of what is taken, at ``unit`` pixels per design unit."""
    cells = _cells(strip, len(contents), text_widths(contents), size, unit, tuple(taken), spare)
    placed = zip(contents, cells.corners, strict=True)
    badges = tuple(PlacedBadge(content, x, y) for content, (x, y) in placed)
    return PlacedStrip(cells.metrics, badges, cells.blocks, cells.lines)


class _Cells(msgspec.Struct, frozen=True):
    metrics: BadgeMetrics
    corners: tuple[tuple[int, int], ...]
    blocks: tuple[Box, ...]
    lines: tuple[range, ...]


@lru_cache(maxsize=4096)
def _cells(
    strip: RatingStrip,
    count: int,
    widest: TextWidths,
    size: tuple[int, int],
    unit: float,
    taken: tuple[Reserved, ...],
    spare: Spare,
) -> _Cells:
    """Return the metrics of ``count`` badges, the corner of each, and the lines that they stand in."""
    full = strip.scale * unit
    room = _room_of(strip, size, unit, taken, spare)
    fits: list[tuple[BadgeGrid, list[tuple[int, int]]]] = []
    per_line = min(strip.per_line, count)
    while per_line:
        grid, corners = _fit(strip, count, widest, per_line, room, full)
        fits.append((grid, corners))
        if grid.scale >= strip.wraps_below * full:
            break
        per_line = max(len(block.lines[0]) for block in grid.blocks) - 1
    grid, corners = max(fits, key=lambda fit: fit[0].scale)
    placed = list(zip(grid.blocks, corners, strict=True))
    cells = tuple((x + dx, y + dy) for block, (x, y) in placed for dx, dy in grid.cells(block))
    blocks = tuple((x, y, x + block.extent[0], y + block.extent[1]) for block, (x, y) in placed)
    return _Cells(grid.metrics, cells, blocks, tuple(line for block in grid.blocks for line in block.lines))


def _fit(
    strip: RatingStrip, count: int, widest: TextWidths, per_line: int, room: _Room, scale: float
) -> tuple[BadgeGrid, list[tuple[int, int]]]:
    """Return the largest grid that fits, with at most ``per_line`` badges in a line, and the corners of its blocks."""
    grid = arrange(strip, count, widest, per_line, scale)
    areas = [room.area(block, is_opposite=grid.is_opposite(1)) for block in grid.blocks]
    for _ in range(_MAX_ATTEMPTS):
        growth = _growth(grid, areas)
        if growth < 1:
            grid = arrange(strip, count, widest, per_line, grid.scale * min(growth, _SHRINK))
            continue
        corners = _corners(grid, areas, room)
        cut = _cut(grid, corners, areas, room)
        if cut is None:
            return grid, corners
        areas = cut
    raise AssertionError("badges of one pixel each do not fit")


def _growth(grid: BadgeGrid, areas: Sequence[Box]) -> float:
    """Return the factor by which the grid could grow within its areas; below 1 it must shrink."""
    ratios = [
        (area[2 + way] - area[way]) / block.extent[way]
        for block, area in zip(grid.blocks, areas, strict=True)
        for way in (0, 1)
    ]
    ratios += [_shared(areas, way) / grid.total(way) for way in (0, 1) if _is_shared(grid, areas, way)]
    return min(ratios)


def _is_shared(grid: BadgeGrid, areas: Sequence[Box], way: int) -> bool:
    """Return whether opposite blocks have to share one length; each may have its own half of it."""
    return grid.is_opposite(way) and _shared(areas, way) > 0


def _shared(areas: Sequence[Box], way: int) -> int:
    """Return the length, horizontal (0) or vertical (1), that all areas have in common."""
    return min(area[2 + way] for area in areas) - max(area[way] for area in areas)


def _corners(grid: BadgeGrid, areas: Sequence[Box], room: _Room) -> list[tuple[int, int]]:
    """Return the corners of the blocks, each within its area and as near to its inset position as possible."""
    x_inset, y_inset = (
        min(inset, (_shared(areas, way) - grid.total(way)) // 2) if _is_shared(grid, areas, way) else inset
        for way, inset in enumerate(room.inset)
    )
    left, top, right, bottom = room.bounds
    inner = left + x_inset, top + y_inset, right - x_inset, bottom - y_inset

    def start(block: Block, area: Box, way: int) -> int:
        anchor = block.anchor.vertical if way else block.anchor.horizontal
        length = block.extent[way]
        wanted = inner[way], inner[2 + way] - length
        return _start(anchor, (area[way], area[2 + way] - length), wanted, room.size[way] - length)

    return [(start(block, area, 0), start(block, area, 1)) for block, area in zip(grid.blocks, areas, strict=True)]


def _start(anchor: Vertical | Horizontal, span: tuple[int, int], wanted: tuple[int, int], spare: int) -> int:
    """Return where a block begins within ``span``, the first and the last position where it fits.

    ``wanted`` are the positions for its inset at either end; ``spare`` is the room it leaves of the whole canvas.
    """
    first, last = span
    match anchor:
        case "t" | "l":
            return min(max(first, wanted[0]), last)
        case "b" | "r":
            return max(min(last, wanted[1]), first)
        case "m":
            return min(max(first, spare // 2), last)
        case "c":
            return spare // 2 if first <= spare // 2 <= last else (first + last) // 2
        case "u":
            return first


def _cut(grid: BadgeGrid, corners: Sequence[tuple[int, int]], areas: Sequence[Box], room: _Room) -> list[Box] | None:
    """Return smaller areas for blocks that overlap an earlier element; ``None`` when none does."""
    for number, reserved in _hits(grid, corners, room.kept_clear):
        taken = reserved.box
        edge = "t" if taken[1] + taken[3] < room.size[1] else "b"
        is_row = grid.axis is Axis.HORIZONTAL
        is_beside = is_row and reserved.is_slim and grid.blocks[number].anchor.vertical == edge
        # Opposite columns stay level: what one gives up, the other does too.
        is_common = not is_beside and grid.is_opposite(0)
        return [
            _without(area, taken, 0 if is_beside else 1) if is_common or at == number else area
            for at, area in enumerate(areas)
        ]
    return None


def _hits(
    grid: BadgeGrid, corners: Sequence[tuple[int, int]], kept_clear: Sequence[Reserved]
) -> Iterator[tuple[int, Reserved]]:
    for number, (block, (x, y)) in enumerate(zip(grid.blocks, corners, strict=True)):
        for taken in kept_clear:
            if taken.meets((x, y, x + block.extent[0], y + block.extent[1])):
                yield number, taken


def _without(area: Box, taken: Box, way: int) -> Box:
    """Return the larger part of the area before or after what is taken, horizontally (0) or vertically (1)."""
    before, after = list(area), list(area)
    before[2 + way] = min(area[2 + way], taken[way])
    after[way] = max(area[way], taken[2 + way])
    larger = before if before[2 + way] - before[way] > after[2 + way] - after[way] else after
    return larger[0], larger[1], larger[2], larger[3]
