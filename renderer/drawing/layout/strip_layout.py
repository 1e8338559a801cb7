"""Where the badges of a strip stand.

Badges that do not fit first give up their inset, because a readable badge matters more than its place; then the line
is broken, where the design allows it, or all badges shrink.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from renderer.drawing.badge_content import BadgeContent
from renderer.drawing.design import AwardBadge, Horizontal, RatingStrip, Vertical
from renderer.drawing.layout.badge_grid import GAP, BadgeGrid, Block, Box, arrange
from renderer.drawing.layout.badge_metrics import BadgeMetrics, TextWidths, text_widths
from shared.settings.model import Axis

_UNLIMITED: Final = 1 << 20  # height of the room under the art
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
    lines: tuple[range, ...]


def bounds_of(element: RatingStrip | AwardBadge, size: tuple[int, int], unit: float) -> Box:
    """Return the room within the element's margins."""
    margins = element.margins
    side, top, bottom = (round(length * unit) for length in (margins.side, margins.top, margins.bottom))
    if element.anchor.vertical == "u":
        return side, size[1] + top, size[0] - side, size[1] + top + _UNLIMITED
    return side, top, size[0] - side, size[1] - bottom


class _Room(msgspec.Struct, frozen=True):
    """Where a strip may be placed."""

    size: tuple[int, int]  # of the canvas
    bounds: Box  # within the margins
    inset: tuple[int, int]  # horizontal and vertical, in pixels
    kept_clear: tuple[Box, ...]  # earlier elements, each with a gap around it


def _room_of(strip: RatingStrip, size: tuple[int, int], unit: float, taken: Sequence[Box]) -> _Room:
    gap = round(GAP * unit)
    return _Room(
        size,
        bounds_of(strip, size, unit),
        (round(size[0] * strip.inset_x / 100), round(size[1] * strip.inset_y / 100)),
        tuple((left - gap, top - gap, right + gap, bottom + gap) for left, top, right, bottom in taken),
    )


def place_strip(
    strip: RatingStrip, contents: Sequence[BadgeContent], size: tuple[int, int], unit: float, taken: Sequence[Box] = ()
) -> PlacedStrip:
    """Place at least one badge, clear of the boxes that are taken, at ``unit`` pixels per design unit."""
    metrics, cells, lines = _cells(strip, len(contents), text_widths(contents), size, unit, tuple(taken))
    placed = zip(contents, cells, strict=True)
    return PlacedStrip(metrics, tuple(PlacedBadge(content, x, y) for content, (x, y) in placed), lines)


@lru_cache(maxsize=4096)
def _cells(
    strip: RatingStrip, count: int, widest: TextWidths, size: tuple[int, int], unit: float, taken: tuple[Box, ...]
) -> tuple[BadgeMetrics, tuple[tuple[int, int], ...], tuple[range, ...]]:
    """Return the metrics of ``count`` badges, the corner of each, and the lines that they stand in."""
    full = strip.scale * unit
    room = _room_of(strip, size, unit, taken)
    fits: list[tuple[BadgeGrid, list[tuple[int, int]]]] = []
    per_line = min(strip.per_line, count)
    while per_line:
        grid, corners = _fit(strip, count, widest, per_line, room, full)
        fits.append((grid, corners))
        if grid.scale >= strip.wraps_below * full:
            break
        per_line = max(len(block.lines[0]) for block in grid.blocks) - 1
    grid, corners = max(fits, key=lambda fit: fit[0].scale)
    placed = zip(grid.blocks, corners, strict=True)
    cells = tuple((x + dx, y + dy) for block, (x, y) in placed for dx, dy in grid.cells(block))
    return grid.metrics, cells, tuple(line for block in grid.blocks for line in block.lines)


def _fit(
    strip: RatingStrip, count: int, widest: TextWidths, per_line: int, room: _Room, scale: float
) -> tuple[BadgeGrid, list[tuple[int, int]]]:
    """Return the largest grid that fits, with at most ``per_line`` badges in a line, and the corners of its blocks."""
    grid = arrange(strip, count, widest, per_line, scale)
    areas = [room.bounds for _ in grid.blocks]
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
    ratios += [_shared(areas, way) / grid.total(way) for way in (0, 1) if grid.is_opposite(way)]
    return min(ratios)


def _shared(areas: Sequence[Box], way: int) -> int:
    """Return the length, horizontal (0) or vertical (1), that all areas have in common."""
    return min(area[2 + way] for area in areas) - max(area[way] for area in areas)


def _corners(grid: BadgeGrid, areas: Sequence[Box], room: _Room) -> list[tuple[int, int]]:
    """Return the corners of the blocks, each within its area and as near to its inset position as possible."""
    x_inset, y_inset = (
        min(inset, (_shared(areas, way) - grid.total(way)) // 2) if grid.is_opposite(way) else inset
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
    for number, taken in _hits(grid, corners, room.kept_clear):
        edge = "t" if taken[1] + taken[3] < room.size[1] else "b"
        is_beside = grid.axis is Axis.HORIZONTAL and grid.blocks[number].anchor.vertical == edge
        # Opposite columns stay level: what one gives up, the other does too.
        is_common = not is_beside and grid.is_opposite(0)
        return [
            _without(area, taken, 0 if is_beside else 1) if is_common or at == number else area
            for at, area in enumerate(areas)
        ]
    return None


def _hits(grid: BadgeGrid, corners: Sequence[tuple[int, int]], kept_clear: Sequence[Box]) -> Iterator[tuple[int, Box]]:
    for number, (block, (x, y)) in enumerate(zip(grid.blocks, corners, strict=True)):
        for taken in kept_clear:
            right, bottom = x + block.extent[0], y + block.extent[1]
            if x < taken[2] and taken[0] < right and y < taken[3] and taken[1] < bottom:
                yield number, taken


def _without(area: Box, taken: Box, way: int) -> Box:
    """Return the larger part of the area before or after what is taken, horizontally (0) or vertically (1)."""
    before, after = list(area), list(area)
    before[2 + way] = min(area[2 + way], taken[way])
    after[way] = max(area[way], taken[2 + way])
    larger = before if before[2 + way] - before[way] > after[2 + way] - after[way] else after
    return larger[0], larger[1], larger[2], larger[3]
