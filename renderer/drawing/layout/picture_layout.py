"""Where everything stands: the design's elements placed on a canvas.

Pure arithmetic, independent of the kind of picture. Whatever the settings, all boxes lie on the picture and do not
overlap. An element that comes later makes room for those before it.
"""

import msgspec

from renderer.drawing.badge_content import Badges, badge_contents
from renderer.drawing.design import AwardBadge, Design
from renderer.drawing.layout.badge_grid import Box
from renderer.drawing.layout.strip_layout import PlacedStrip, bounds_of, place_strip
from shared.domain.awards import Award


class PlacedAward(msgspec.Struct, frozen=True):
    """An award badge, placed."""

    award: Award
    box: Box
    unit: float


class Layout(msgspec.Struct, frozen=True):
    """The finished layout: the whole picture's size, and what is on it from back to front."""

    size: tuple[int, int]
    parts: tuple[PlacedStrip | PlacedAward, ...]


def lay_out(design: Design, badges: Badges, award: Award | None, size: tuple[int, int]) -> Layout:
    """Place the design's elements on a canvas of ``size``; the picture is higher where some are below the art."""
    parts: list[PlacedStrip | PlacedAward] = []
    taken: list[Box] = []
    height = size[1]
    for element in design.elements:
        if isinstance(element, AwardBadge):
            if award is not None:
                box = place_award(element, size, design.unit)
                parts.append(PlacedAward(award, box, design.unit))
                taken.append(box)
        elif badges:
            contents = badge_contents(element.label, badges, element.rating_scale, element.site_colours)
            placed = place_strip(element, contents, size, design.unit, taken)
            parts.append(placed)
            if element.anchor.vertical == "u":
                bottom = max(badge.y for badge in placed.badges) + placed.metrics.height
                height = max(height, bottom + round(element.margins.bottom * design.unit))
    return Layout((size[0], height), tuple(parts))


def place_award(award_badge: AwardBadge, size: tuple[int, int], unit: float) -> Box:
    """Return the award badge's box, in its own proportions as far as whole pixels allow."""
    width, height = max(1, round(award_badge.width * unit)), max(1, round(award_badge.height * unit))
    left, top, right, bottom = bounds_of(award_badge, size, unit)
    x = {"l": left, "c": (size[0] - width) // 2, "r": right - width}[award_badge.anchor.horizontal]
    y = {"t": top, "m": (size[1] - height) // 2, "b": bottom - height, "u": top}[award_badge.anchor.vertical]
    return x, y, x + width, y + height
