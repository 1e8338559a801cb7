"""Where rating badges of a design stand: one in its place, or a flow of them that keeps clear of those."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from renderer.drawing.badge_content import BadgeContent
from renderer.drawing.design import Anchor, Finish, Margins, RatingStrip
from renderer.drawing.freehand.anchoring import anchored, pixels, sides
from renderer.drawing.freehand.shown_elements import LABELS
from renderer.drawing.layout.badge_grid import Box
from renderer.drawing.layout.badge_metrics import BadgeMetrics, TextWidths, measure_badges, text_widths
from renderer.drawing.layout.strip_layout import PlacedBadge, PlacedStrip
from shared.designs.elements import BadgeElement, CornerStyle, Flow, Ground, RatingElement, RatingsElement
from shared.settings.model import AUTO, Axis, Background, RatingScale, Shape

_SHAPES: Final = {CornerStyle.ROUNDED: Shape.ROUNDED, CornerStyle.PILL: Shape.PILL}
_BACKGROUNDS: Final = {
    Ground.COLOURED: Background.COLOURED,
    Ground.DARK: Background.DARK,
    Ground.TRANSLUCENT: Background.TRANSLUCENT,
    Ground.NONE: Background.NONE,
}
_PER_CENT: Final = 100
_SMALLER: Final = 0.88  # how much badges without room are scaled at a time
_MOST_ATTEMPTS: Final = 60  # down to a two-thousandth: no badge is too large for that
_ATTEMPTS_OF_FLOW: Final = 14  # down to a sixth: smaller ones could not be read, and are left out


def place_rating(
    element: RatingElement, contents: Sequence[BadgeContent], canvas: tuple[int, int], unit: float
) -> PlacedStrip:
    """Return a badge in its place, at ``unit`` pixels per design unit; one too large for the canvas is smaller."""
    widest, strip = text_widths(contents), _strip(element)
    scale = element.scale / _PER_CENT * unit
    metrics = measure_badges(strip, widest, scale)
    for _ in range(_MOST_ATTEMPTS):
        if metrics.width <= canvas[0] and metrics.height <= canvas[1]:
            break
        scale *= min(_SMALLER**0.25, canvas[0] / metrics.width, canvas[1] / metrics.height)
        metrics = measure_badges(strip, widest, scale)
    box = anchored(element.anchor, (element.x, element.y), (metrics.width, metrics.height), canvas)
    badge = PlacedBadge(contents[0], box[0], box[1])
    return PlacedStrip(metrics, (badge,), (box,), (range(1),))


def place_flow(
    element: RatingsElement,
    contents: Sequence[BadgeContent],
    canvas: tuple[int, int],
    unit: float,
    taken: Sequence[Box] = (),
) -> PlacedStrip | None:
    """Return badges that follow each other, clear of the boxes that are ``taken``.

    Where they do not fit in their place, their lines become shorter; then they move to the nearest place that is free;
    then they become smaller. ``None`` where there is no room for badges that could be read.
    """
    cells = _cells(element, len(contents), text_widths(contents), canvas, unit, tuple(taken))
    if cells is None:
        return None
    metrics, box, corners, lines = cells
    badges = (PlacedBadge(content, *corner) for content, corner in zip(contents, corners, strict=True))
    return PlacedStrip(metrics, tuple(badges), (box,), lines)


_Places = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
_Corners = tuple[tuple[int, int], ...]
_Cells = tuple[BadgeMetrics, Box, _Corners, tuple[range, ...]]


@lru_cache(maxsize=4096)
def _cells(
    element: RatingsElement,
    count: int,
    widest: TextWidths,
    canvas: tuple[int, int],
    unit: float,
    taken: tuple[Box, ...],
) -> _Cells | None:
    factor = 1.0
    for _ in range(_ATTEMPTS_OF_FLOW if taken else _MOST_ATTEMPTS):
        metrics = measure_badges(_strip(element), widest, element.scale / _PER_CENT * unit * factor)
        gap = round(pixels(element.gap, canvas) * factor)
        extents = [(lines, _extent(element.flow, lines, metrics, gap)) for lines in _splits(element.wrap, count)]
        extents = [each for each in extents if each[1][0] <= canvas[0] and each[1][1] <= canvas[1]]
        at_home = [(lines, anchored(element.anchor, (element.x, element.y), size, canvas)) for lines, size in extents]
        for lines, box in at_home:
            if not any(_overlap(box, each, gap) for each in taken):
                return metrics, box, tuple(_corners(element, lines, metrics, gap, box)), lines
        for lines, box in at_home:
            moved = _nearest_free(box, canvas, taken, gap)
            if moved is not None:
                return metrics, moved, tuple(_corners(element, lines, metrics, gap, moved)), lines
        factor *= _SMALLER
    return None


def _strip(element: BadgeElement) -> RatingStrip:
    """Return the style of the badges; where they stand is decided here."""
    return RatingStrip(
        anchor=Anchor("t", "l"),
        margins=Margins(top=0, bottom=0, side=0),
        badge_axis=Axis.HORIZONTAL,
        strip_axis=Axis.HORIZONTAL,
        label=LABELS[element.label],
        shape=_SHAPES[element.shape],
        background=_BACKGROUNDS[element.background],
        finish=Finish(element.opacity / _PER_CENT),
        site_colours=AUTO,
        rating_scale=RatingScale.NATIVE,
        average_word="",
        is_split=False,
        per_line=1,
        wraps_below=0.0,
        scale=1.0,
        inset_x=0,
        inset_y=0,
    )


def _splits(wrap: int, count: int) -> Iterator[tuple[range, ...]]:
    """Yield the ways to put badges into lines, from few long lines to many short ones.

    The lines of each are as equal in length as possible, longer ones first.
    """
    seen = 0
    for per_line in range(min(wrap, count), 0, -1):
        number = -(-count // per_line)
        if number == seen:
            continue
        seen, at = number, 0
        short, longer = divmod(count, number)
        lines = []
        for line in range(number):
            length = short + (line < longer)
            lines.append(range(at, at + length))
            at += length
        yield tuple(lines)


def _extent(flow: Flow, lines: tuple[range, ...], metrics: BadgeMetrics, gap: int) -> tuple[int, int]:
    along, across = len(lines[0]), len(lines)
    columns, rows = (along, across) if flow is Flow.ROW else (across, along)
    return columns * (metrics.width + gap) - gap, rows * (metrics.height + gap) - gap


def _corners(
    element: RatingsElement, lines: tuple[range, ...], metrics: BadgeMetrics, gap: int, box: Box
) -> Iterator[tuple[int, int]]:
    """Yield the corner of each badge, in order; short lines keep to the anchor's side, and columns begin there."""
    vertical, horizontal = sides(element.anchor)
    wide, high = metrics.width + gap, metrics.height + gap
    for number, line in enumerate(lines):
        spare = len(lines[0]) - len(line)
        for place in range(len(line)):
            if element.flow is Flow.ROW:
                start = {"l": 0, "c": spare * wide // 2, "r": spare * wide}[horizontal]
                yield box[0] + start + place * wide, box[1] + number * high
            else:
                start = {"t": 0, "m": spare * high // 2, "b": spare * high}[vertical]
                column = len(lines) - 1 - number if horizontal == "r" else number
                yield box[0] + column * wide, box[1] + start + place * high


def _overlap(box: Box, other: Box, gap: int) -> bool:
    return box[0] < other[2] + gap and other[0] - gap < box[2] and box[1] < other[3] + gap and other[1] - gap < box[3]


def _nearest_free(box: Box, canvas: tuple[int, int], taken: tuple[Box, ...], gap: int) -> Box | None:
    """Return the box at the nearest place that is clear of all others, beside, above or below some of them."""
    wide, high = box[2] - box[0], box[3] - box[1]
    others = np.asarray(taken, np.int64)
    lefts = _within(np.r_[box[0], others[:, 0] - gap - wide, others[:, 2] + gap], canvas[0] - wide)
    tops = _within(np.r_[box[1], others[:, 1] - gap - high, others[:, 3] + gap], canvas[1] - high)
    x, y = (each.ravel() for each in np.meshgrid(lefts, tops))
    across = (x[:, None] < others[:, 2] + gap) & (others[:, 0] - gap < x[:, None] + wide)
    down = (y[:, None] < others[:, 3] + gap) & (others[:, 1] - gap < y[:, None] + high)
    is_free = ~(across & down).any(axis=1)
    if not is_free.any():
        return None
    far = np.where(is_free, abs(x - box[0]) + abs(y - box[1]), np.iinfo(np.int64).max)
    best = int(far.argmin())
    left, top = int(x[best]), int(y[best])
    return left, top, left + wide, top + high


def _within(starts: _Places, most: int) -> _Places:
    return starts[(starts >= 0) & (starts <= most)]
