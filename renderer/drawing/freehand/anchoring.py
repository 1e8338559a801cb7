"""Where a box stands: at one of nine points of the canvas, and always inside it."""

from typing import Final

from renderer.drawing.layout.badge_grid import Box
from shared.designs.elements import AnchorPoint

THOUSAND: Final = 1000
"""Lengths of a design are thousandths of the canvas width."""


def pixels(length: int, canvas: tuple[int, int], *, least: int = 0) -> int:
    """Return a length of a design in whole pixels, at least ``least``."""
    return max(least, round(length * canvas[0] / THOUSAND))


def anchored(anchor: AnchorPoint, offset: tuple[int, int], extent: tuple[int, int], canvas: tuple[int, int]) -> Box:
    """Return the box of this width and height, in pixels, that is ``offset`` thousandths inwards from its anchor.

    In the middle, the offset is to the right and downwards. A box that would leave the canvas is moved in; it must not
    be larger than the canvas.
    """
    x, y = (pixels(length, canvas) for length in offset)
    left = _start(anchor.value[1], x, extent[0], canvas[0])
    top = _start(anchor.value[0], y, extent[1], canvas[1])
    return left, top, left + extent[0], top + extent[1]


def _start(side: str, offset: int, length: int, whole: int) -> int:
    spare = whole - length
    if side in "tl":
        start = offset
    elif side in "br":
        start = spare - offset
    else:
        start = spare // 2 + offset
    return min(max(0, start), spare)


def sides(anchor: AnchorPoint) -> tuple[str, str]:
    """Return the vertical side, ``t``, ``m`` or ``b``, and the horizontal one, ``l``, ``c`` or ``r``."""
    return anchor.value[0], anchor.value[1]
