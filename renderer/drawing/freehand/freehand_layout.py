"""Where everything stands on a freehand design: the shown elements placed on a canvas, from back to front.

Pure arithmetic. Every box lies on the canvas: an element that would leave it is moved in, and one that is larger than
the canvas is made smaller. Elements may overlap, except that a flow of ratings keeps clear of single ratings before it.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from renderer.drawing.chip_content import ChipRole
from renderer.drawing.colours import Colour, colour_of
from renderer.drawing.design import ChipRow, chip_row, plain_award
from renderer.drawing.freehand.anchoring import anchored, pixels, sides
from renderer.drawing.freehand.badge_flow import place_flow, place_rating
from renderer.drawing.freehand.score_colour import score_colour
from renderer.drawing.freehand.shown_elements import (
    ShownAward,
    ShownBadges,
    ShownBar,
    ShownChips,
    ShownElement,
    ShownPlain,
    ShownText,
)
from renderer.drawing.layout.badge_grid import Box
from renderer.drawing.layout.chip_layout import PlacedChips, chips_from, measure_chips
from renderer.drawing.layout.picture_layout import PlacedAward
from renderer.drawing.layout.strip_layout import PlacedStrip
from renderer.drawing.lettering import FittedLines, fit_lines
from shared.designs.elements import (
    AUTO,
    Alignment,
    BoxElement,
    Edge,
    LogoElement,
    RatingElement,
    RatingsElement,
    ScrimElement,
    Weight,
)
from shared.domain.pictures import Format, Kind
from shared.settings.model import LabelPosition, Settings

_PER_CENT: Final = 100
_SHRINK: Final = 0.97
_MOST_ATTEMPTS: Final = 200  # rounding to whole pixels may need more than one


class PlacedScrim(msgspec.Struct, frozen=True):
    """A gradient from an edge of its box."""

    box: Box
    edge: Edge
    colour: Colour
    opacity: int


class PlacedBox(msgspec.Struct, frozen=True):
    """A rounded rectangle."""

    box: Box
    radius: int
    colour: Colour
    opacity: int


class PlacedBar(msgspec.Struct, frozen=True):
    """A score as a part of the box's width, in pixels."""

    box: Box
    filled: int
    radius: int
    colour: Colour


class PlacedLogo(msgspec.Struct, frozen=True):
    """The room for the title's logo, and the sides to which it keeps."""

    box: Box
    sides: tuple[str, str]


class PlacedText(msgspec.Struct, frozen=True):
    """Lines of text in a box of their height."""

    box: Box
    lines: FittedLines
    colour: Colour
    align: Alignment


PlacedElement = PlacedStrip | PlacedAward | PlacedChips | PlacedScrim | PlacedBox | PlacedBar | PlacedLogo | PlacedText


def lay_out_design(
    shown: Sequence[ShownElement], kind: Kind, canvas: tuple[int, int], unit: float
) -> tuple[PlacedElement, ...]:
    """Place the shown elements on a canvas, at ``unit`` pixels per pixel of a medium picture of this kind."""
    return tuple(_placed(shown, kind, canvas, unit))


def _placed(shown: Sequence[ShownElement], kind: Kind, canvas: tuple[int, int], unit: float) -> Iterator[PlacedElement]:
    taken: list[Box] = []
    for each in shown:
        if isinstance(each, ShownBadges):
            badges = _badges(each, canvas, unit, taken)
            if badges is not None:
                yield badges
            if badges is not None and isinstance(each.element, RatingElement):
                taken += badges.blocks
        elif (part := _part(each, kind, canvas, unit)) is not None:
            yield part


def _badges(shown: ShownBadges, canvas: tuple[int, int], unit: float, taken: Sequence[Box]) -> PlacedStrip | None:
    match shown.element:
        case RatingElement() as rating:
            return place_rating(rating, shown.contents, canvas, unit)
        case RatingsElement() as flow:
            return place_flow(flow, shown.contents, canvas, unit, taken)


def _part(
    shown: ShownAward | ShownChips | ShownText | ShownBar | ShownPlain,
    kind: Kind,
    canvas: tuple[int, int],
    unit: float,
) -> PlacedElement | None:
    match shown:
        case ShownAward():
            return _award(shown, canvas, unit)
        case ShownChips():
            return _chips(shown, kind, canvas, unit)
        case ShownText():
            return _text(shown, canvas)
        case ShownBar():
            return _bar(shown, canvas)
        case ShownPlain():
            return _plain(shown, canvas)


def _award(shown: ShownAward, canvas: tuple[int, int], unit: float) -> PlacedAward:
    element, plain = shown.element, plain_award()
    scale = element.scale / _PER_CENT * unit
    scale = min(scale, canvas[0] / plain.width, canvas[1] / plain.height)
    extent = _inside(max(1, round(plain.width * scale)), max(1, round(plain.height * scale)), canvas)
    return PlacedAward(shown.award, anchored(element.anchor, (element.x, element.y), extent, canvas), scale)


def _inside(width: int, height: int, canvas: tuple[int, int]) -> tuple[int, int]:
    return min(width, canvas[0]), min(height, canvas[1])


def _chips(shown: ShownChips, kind: Kind, canvas: tuple[int, int], unit: float) -> PlacedChips:
    element = shown.element
    row = _chip_style(shown.role, kind)
    scale = element.scale / _PER_CENT * unit
    sized, gap, width = measure_chips(row, shown.chips, scale)
    for _ in range(_MOST_ATTEMPTS):
        height = sized[0][0].height
        if width <= canvas[0] and height <= canvas[1]:
            break
        scale *= min(_SHRINK, canvas[0] / width, canvas[1] / height)
        sized, gap, width = measure_chips(row, shown.chips, scale)
    box = anchored(element.anchor, (element.x, element.y), (width, sized[0][0].height), canvas)
    return chips_from(sized, gap, box[:2])


@lru_cache(maxsize=16)
def _chip_style(role: ChipRole, kind: Kind) -> ChipRow:
    return chip_row(role, LabelPosition.TOP_LEFT, Settings(kind=kind, format=Format.PNG))


def _text(shown: ShownText, canvas: tuple[int, int]) -> PlacedText | None:
    """Return the text in its lines; ``None`` for one with a character that no font has."""
    element = shown.element
    width = pixels(element.width, canvas, least=1)
    em: float = max(1, pixels(element.size, canvas))
    lines = _fitted(shown.text, width, element.lines, em, shown.lang, element.weight)
    for _ in range(_MOST_ATTEMPTS):
        if lines is None:
            return None
        if lines.height <= canvas[1]:
            break
        em *= min(_SHRINK, canvas[1] / lines.height)
        lines = _fitted(shown.text, width, element.lines, em, shown.lang, element.weight)
    if lines is None:
        return None
    extent = _inside(width, max(1, lines.height), canvas)
    box = anchored(element.anchor, (element.x, element.y), extent, canvas)
    return PlacedText(box, lines, colour_of(element.colour[1:]), element.align)


def _fitted(text: str, width: int, most: int, em: float, lang: str, weight: Weight) -> FittedLines | None:
    return fit_lines(text, width, most=most, em=em, lang=lang, is_regular=weight is Weight.REGULAR)


def _bar(shown: ShownBar, canvas: tuple[int, int]) -> PlacedBar:
    element = shown.element
    extent = _extent(element.width, element.height, canvas)
    box = anchored(element.anchor, (element.x, element.y), extent, canvas)
    # A bar along the whole width has no ends to be rounded.
    radius = 0 if box[0] == 0 or box[2] == canvas[0] else min(extent) // 2
    colour = score_colour(shown.share) if element.colour == AUTO else colour_of(element.colour[1:])
    return PlacedBar(box, round(extent[0] * shown.share / 1000), radius, colour)


def _plain(shown: ShownPlain, canvas: tuple[int, int]) -> PlacedScrim | PlacedBox | PlacedLogo:
    match shown.element:
        case ScrimElement() as element:
            depth = pixels(element.height, canvas, least=1)
            return PlacedScrim(
                _along(element.edge, depth, canvas), element.edge, colour_of(element.colour[1:]), element.opacity
            )
        case BoxElement() as element:
            box = anchored(
                element.anchor, (element.x, element.y), _extent(element.width, element.height, canvas), canvas
            )
            return PlacedBox(box, pixels(element.radius, canvas), colour_of(element.colour[1:]), element.opacity)
        case LogoElement() as element:
            box = anchored(
                element.anchor, (element.x, element.y), _extent(element.width, element.height, canvas), canvas
            )
            return PlacedLogo(box, sides(element.anchor))


def _extent(width: int, height: int, canvas: tuple[int, int]) -> tuple[int, int]:
    return _inside(pixels(width, canvas, least=1), pixels(height, canvas, least=1), canvas)


def _along(edge: Edge, depth: int, canvas: tuple[int, int]) -> Box:
    """Return the part of the canvas that is at most ``depth`` pixels from an edge."""
    width, height = canvas
    match edge:
        case Edge.TOP:
            return 0, 0, width, min(depth, height)
        case Edge.BOTTOM:
            return 0, height - min(depth, height), width, height
        case Edge.LEFT:
            return 0, 0, min(depth, width), height
        case Edge.RIGHT:
            return width - min(depth, width), 0, width, height
