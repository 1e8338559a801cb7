"""Reserved boxes: what is placed on a picture already, and so what the elements after it keep clear of."""

from collections.abc import Iterable
from typing import Final

import msgspec

from renderer.drawing.design import AwardBadge, ChipRow, RatingStrip
from renderer.drawing.layout.badge_grid import GAP, Box

_UNLIMITED: Final = 1 << 20  # height of the room under the art


class Reserved(msgspec.Struct, frozen=True):
    """A box with the gap around it that no other element may enter.

    A row of badges ends beside a slim one, and otherwise moves past it, towards the middle of the picture.
    """

    box: Box
    is_slim: bool = False

    def meets(self, box: Box) -> bool:
        """Return whether the two have a pixel in common."""
        left, top, right, bottom = self.box
        return box[0] < right and left < box[2] and box[1] < bottom and top < box[3]


def reserve(box: Box, unit: float, *, is_slim: bool = False) -> Reserved:
    """Return the box as reserved, at ``unit`` pixels per design unit."""
    gap = round(GAP * unit)
    return Reserved((box[0] - gap, box[1] - gap, box[2] + gap, box[3] + gap), is_slim)


def bounds_of(element: RatingStrip | AwardBadge | ChipRow, size: tuple[int, int], unit: float) -> Box:
    """Return the room within the element's margins."""
    margins = element.margins
    side, top, bottom = (round(length * unit) for length in (margins.side, margins.top, margins.bottom))
    if element.anchor.vertical == "u":
        return side, size[1] + top, size[0] - side, size[1] + top + _UNLIMITED
    return side, top, size[0] - side, size[1] - bottom


def around(boxes: Iterable[Box]) -> Box:
    """Return the smallest box around others, of which there is at least one."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
