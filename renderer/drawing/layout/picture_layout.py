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
from shared.settings.model import Axis


class PlacedAward(msgspec.Struct, frozen=True):
    """An award badge, placed; with a disc behind it where the art is too busy for it."""

    award: Award
    box: Box
    unit: float
    has_disc: bool = False


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
            placed = place_strip(element, badge_contents(element.label, badges), size, design.unit, taken)
            if element.strip_axis is Axis.VERTICAL:  # the narrow badge moves over the wider column
                parts = [on_axis(part, placed, size) if isinstance(part, PlacedAward) else part for part in parts]
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


def on_axis(award: PlacedAward, columns: PlacedStrip, size: tuple[int, int]) -> PlacedAward:
    """Return the award badge in the middle above or below the column that it stands over, if it is over a single one.

    Its height stays: the columns were placed clear of it.
    """
    left, top, right, bottom = award.box
    width, column = right - left, columns.metrics.width
    starts = {badge.x for badge in columns.badges if badge.x < right and left < badge.x + column}
    if len(starts) != 1:
        return award
    x = min(max(0, starts.pop() + (column - width) // 2), size[0] - width)
    return msgspec.structs.replace(award, box=(x, top, x + width, bottom))
