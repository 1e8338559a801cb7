"""Where everything stands: integer boxes worked out from a design, what is known of a title and the canvas.

Pure arithmetic, and nothing of any one kind of picture. Whatever the settings, all boxes lie on the picture and apart.
An element that comes later makes room for those before it. Badges that do not fit first give up their inset, because a
readable badge matters more than its place; then the line is broken, where the design allows it, or the set shrinks.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from renderer.drawing.badge_content import BadgeContent, Badges, faces
from renderer.drawing.badge_grid import GAP, Block, Box, Group, arrange
from renderer.drawing.badge_metrics import Frame, Widths, widths
from renderer.drawing.design import AwardBadge, Design, Horizontal, RatingStrip, Vertical
from shared.domain.awards import Award
from shared.settings.model import Axis

_ENDLESS: Final = 1 << 20  # height of the room under the art
_MOST_TRIES: Final = 200
_SMALLER: Final = 0.995  # rounding to pixels may need a little more than arithmetic says


class Placed(msgspec.Struct, frozen=True):
    """A badge and the pixel of its top left corner."""

    face: BadgeContent
    x: int
    y: int


class Placement(msgspec.Struct, frozen=True):
    """All badges of a strip, placed."""

    frame: Frame
    badges: tuple[Placed, ...]


class PlacedAward(msgspec.Struct, frozen=True):
    """A statuette, placed."""

    award: Award
    box: Box
    unit: float


class Layout(msgspec.Struct, frozen=True):
    """The finished arrangement: the whole picture's size, and what stands on it from back to front."""

    size: tuple[int, int]
    parts: tuple[Placement | PlacedAward, ...]


def lay_out(design: Design, badges: Badges, award: Award | None, size: tuple[int, int]) -> Layout:
    """Place the design's elements on a canvas of ``size``; the picture is higher where some stand under the art."""
    parts: list[Placement | PlacedAward] = []
    taken: list[Box] = []
    height = size[1]
    for element in design.elements:
        if isinstance(element, AwardBadge):
            if award is not None:
                box = place_statuette(element, size, design.unit)
                parts.append(PlacedAward(award, box, design.unit))
                taken.append(box)
        elif badges:
            placement = place_strip(element, faces(element.label, badges), size, design.unit, taken)
            parts.append(placement)
            if element.anchor.vertical == "u":
                foot = max(badge.y for badge in placement.badges) + placement.frame.height
                height = max(height, foot + round(element.margins.bottom * design.unit))
    return Layout((size[0], height), tuple(parts))


def place_statuette(statuette: AwardBadge, size: tuple[int, int], unit: float) -> Box:
    """Return the statuette's box; its own shape is kept as well as pixels can."""
    width, height = max(1, round(statuette.width * unit)), max(1, round(statuette.height * unit))
    left, top, right, bottom = _bounds(statuette, size, unit)
    x = {"l": left, "c": (size[0] - width) // 2, "r": right - width}[statuette.anchor.horizontal]
    y = {"t": top, "m": (size[1] - height) // 2, "b": bottom - height, "u": top}[statuette.anchor.vertical]
    return x, y, x + width, y + height


def _bounds(element: RatingStrip | AwardBadge, size: tuple[int, int], unit: float) -> Box:
    """Return the room within the element's margins."""
    margins = element.margins
    side, top, bottom = (round(length * unit) for length in (margins.side, margins.top, margins.bottom))
    if element.anchor.vertical == "u":
        return side, size[1] + top, size[0] - side, size[1] + top + _ENDLESS
    return side, top, size[0] - side, size[1] - bottom


class _Room(msgspec.Struct, frozen=True):
    """Where a strip may stand."""

    size: tuple[int, int]  # of the canvas
    bounds: Box  # within the margins
    inset: tuple[int, int]  # along and down, in pixels
    kept_clear: tuple[Box, ...]  # what was there first, and a gap around it


def _room_of(strip: RatingStrip, size: tuple[int, int], unit: float, taken: Sequence[Box]) -> _Room:
    gap = round(GAP * unit)
    return _Room(
        size,
        _bounds(strip, size, unit),
        (round(size[0] * strip.inset_x / 100), round(size[1] * strip.inset_y / 100)),
        tuple((left - gap, top - gap, right + gap, bottom + gap) for left, top, right, bottom in taken),
    )


def place_strip(
    strip: RatingStrip, faces: Sequence[BadgeContent], size: tuple[int, int], unit: float, taken: Sequence[Box] = ()
) -> Placement:
    """Place at least one badge, clear of the boxes that are taken; ``unit`` is pixels to a figure of 1."""
    frame, cells = _cells(strip, len(faces), widths(faces), size, unit, tuple(taken))
    return Placement(frame, tuple(Placed(face, x, y) for face, (x, y) in zip(faces, cells, strict=True)))


@lru_cache(maxsize=4096)
def _cells(
    strip: RatingStrip, count: int, widest: Widths, size: tuple[int, int], unit: float, taken: tuple[Box, ...]
) -> tuple[Frame, tuple[tuple[int, int], ...]]:
    """Return the measures that so many badges share, and where each of them begins."""
    full = strip.scale * unit
    room = _room_of(strip, size, unit, taken)
    best: tuple[Group, list[tuple[int, int]]] | None = None
    per_line = min(strip.per_line, count)
    while per_line:
        group, corners = _fit(strip, count, widest, per_line, room, full)
        if best is None or group.scale > best[0].scale:
            best = group, corners
        if group.scale >= strip.wraps_below * full:
            break
        per_line = max(len(block.lines[0]) for block in group.blocks) - 1
    assert best is not None  # noqa: S101 - a line of one is always tried
    group, corners = best
    placed = zip(group.blocks, corners, strict=True)
    return group.frame, tuple((x + dx, y + dy) for block, (x, y) in placed for dx, dy in group.cells(block))


def _fit(
    strip: RatingStrip, count: int, widest: Widths, per_line: int, room: _Room, scale: float
) -> tuple[Group, list[tuple[int, int]]]:
    """Return the badges in lines of so many, as large as they can be, and the corners of their blocks."""
    group = arrange(strip, count, widest, per_line, scale)
    areas = [room.bounds for _ in group.blocks]
    for _ in range(_MOST_TRIES):
        growth = _growth(group, areas)
        if growth < 1:
            group = arrange(strip, count, widest, per_line, group.scale * min(growth, _SMALLER))
            continue
        corners = _corners(group, areas, room)
        cut = _cut(group, corners, areas, room)
        if cut is None:
            return group, corners
        areas = cut
    raise AssertionError("badges of a pixel each do not fit")


def _growth(group: Group, areas: Sequence[Box]) -> float:
    """Return by what factor the group could grow within its areas; below 1 it must shrink."""
    ratios = [
        (area[2 + way] - area[way]) / block.extent[way]
        for block, area in zip(group.blocks, areas, strict=True)
        for way in (0, 1)
    ]
    ratios += [_shared(areas, way) / group.both(way) for way in (0, 1) if group.faces_across(way)]
    return min(ratios)


def _shared(areas: Sequence[Box], way: int) -> int:
    """Return the length, along (0) or down (1), that all areas have in common."""
    return min(area[2 + way] for area in areas) - max(area[way] for area in areas)


def _corners(group: Group, areas: Sequence[Box], room: _Room) -> list[tuple[int, int]]:
    """Return where the blocks stand, each within its area and as near to its inset place as that allows."""
    x_inset, y_inset = (
        min(inset, (_shared(areas, way) - group.both(way)) // 2) if group.faces_across(way) else inset
        for way, inset in enumerate(room.inset)
    )
    left, top, right, bottom = room.bounds
    inner = left + x_inset, top + y_inset, right - x_inset, bottom - y_inset

    def start(block: Block, area: Box, way: int) -> int:
        anchor = block.anchor.vertical if way else block.anchor.horizontal
        length = block.extent[way]
        wanted = inner[way], inner[2 + way] - length
        return _start(anchor, (area[way], area[2 + way] - length), wanted, room.size[way] - length)

    return [(start(block, area, 0), start(block, area, 1)) for block, area in zip(group.blocks, areas, strict=True)]


def _start(anchor: Vertical | Horizontal, span: tuple[int, int], wanted: tuple[int, int], spare: int) -> int:
    """Return where a block begins within ``span``: the first and the last place where it fits.

    ``wanted`` are the places that its inset asks for at either end, ``spare`` is what it leaves of the whole canvas.
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


def _cut(group: Group, corners: Sequence[tuple[int, int]], areas: Sequence[Box], room: _Room) -> list[Box] | None:
    """Return smaller areas for blocks that stand in the way of what was there first; ``None`` when none does."""
    for number, taken in _hits(group, corners, room.kept_clear):
        edge = "t" if taken[1] + taken[3] < room.size[1] else "b"
        is_beside = group.axis is Axis.HORIZONTAL and group.blocks[number].anchor.vertical == edge
        # Columns that face each other stay level: what one gives up, the other does too.
        is_common = not is_beside and group.faces_across(0)
        return [
            _without(area, taken, 0 if is_beside else 1) if is_common or at == number else area
            for at, area in enumerate(areas)
        ]
    return None


def _hits(group: Group, corners: Sequence[tuple[int, int]], kept_clear: Sequence[Box]) -> Iterator[tuple[int, Box]]:
    for number, (block, (x, y)) in enumerate(zip(group.blocks, corners, strict=True)):
        for taken in kept_clear:
            right, bottom = x + block.extent[0], y + block.extent[1]
            if x < taken[2] and taken[0] < right and y < taken[3] and taken[1] < bottom:
                yield number, taken


def _without(area: Box, taken: Box, way: int) -> Box:
    """Return the larger of the parts of the area before and after what is taken, along (0) or down (1)."""
    before, after = list(area), list(area)
    before[2 + way] = min(area[2 + way], taken[way])
    after[way] = max(area[way], taken[2 + way])
    larger = before if before[2 + way] - before[way] > after[2 + way] - after[way] else after
    return larger[0], larger[1], larger[2], larger[3]
