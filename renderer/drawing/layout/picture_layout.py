"""Where everything stands: the design's elements placed on a canvas.

Pure arithmetic, independent of the kind of picture. Whatever the settings, all boxes lie on the picture and do not
overlap. Elements are placed one after another, and each reserves its box: those after it keep clear of it.

*Order of room*: title of a card, award badge, sash, age rating, quality, facts (genre, runtime, year), ratings. What
stands at the same edge moves past what was placed before it, towards the middle of the picture.

*Who shrinks*: ratings first, down to any size, because they are many; then a row of chips that meets others or is too
wide, down to half its size; then that row is left out, the last in the order of room first. The award never shrinks.

*Ratings at an edge*: a row of badges keeps the top or bottom edge, and chips other than the sash stand on its inner
side. It leaves them the height that they need. A column of badges begins after the chips of its corner.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from renderer.drawing.badge_content import BadgeContent, Badges, badge_contents
from renderer.drawing.chip_content import NO_CHIPS, ChipRole, Chips
from renderer.drawing.design import AwardBadge, ChipRow, Design, RatingStrip, Vertical
from renderer.drawing.layout.badge_grid import GAP, Box
from renderer.drawing.layout.chip_layout import PlacedChips, chip_height, place_chips
from renderer.drawing.layout.reserved import Reserved, around, bounds_of, reserve
from renderer.drawing.layout.strip_layout import PlacedStrip, Spare, place_strip
from shared.domain.awards import Award
from shared.settings.model import Axis

_EDGES: Final = frozenset({"t", "b"})


class PlacedAward(msgspec.Struct, frozen=True):
    """An award badge, placed; with a disc behind it where the art is too busy for it."""

    award: Award
    box: Box
    unit: float
    has_disc: bool = False


Placed = PlacedAward | PlacedChips | PlacedStrip


class Layout(msgspec.Struct, frozen=True):
    """The finished layout: the whole picture's size, and what is on it from back to front."""

    size: tuple[int, int]
    parts: tuple[Placed, ...]


def lay_out(
    design: Design,
    badges: Badges,
    award: Award | None,
    size: tuple[int, int],
    chips: Chips = NO_CHIPS,
    taken: Sequence[Box] = (),
) -> Layout:
    """Place the design's elements on a canvas of ``size``; the picture is higher where some are below the art.

    ``taken`` are boxes on the canvas that are drawn already, as a card's title is.
    """
    page = _Page(size, design.unit, taken)
    rows = [row for row in design.elements if isinstance(row, ChipRow) and chips.get(row.role)]
    strip = next((each for each in design.elements if isinstance(each, RatingStrip)), None) if badges else None
    inner = [row for row in rows if strip is not None and _is_within(row, strip)]
    for element in design.elements:
        if isinstance(element, AwardBadge) and award is not None:
            page.place_award(element, award)
        elif isinstance(element, ChipRow) and element in rows and element not in inner:
            page.place_row(element, chips)
        elif isinstance(element, RatingStrip) and badges:
            contents = badge_contents(
                element.label, badges, element.rating_scale, element.site_colours, element.average_word
            )
            page.place_badges(element, contents, inner)
    for row in inner:
        page.place_row(row, chips)
    return Layout((size[0], page.height), tuple(page.parts))


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


class _Page:
    """A picture that is being filled: what is placed, and what is reserved."""

    def __init__(self, size: tuple[int, int], unit: float, taken: Sequence[Box] = ()) -> None:
        self._size = size
        self._unit = unit
        self._reserved: list[Reserved] = [reserve(box, unit) for box in taken]
        self.parts: list[Placed] = []
        self.height = size[1]

    def place_award(self, award_badge: AwardBadge, award: Award) -> None:
        box = place_award(award_badge, self._size, self._unit)
        self._keep(PlacedAward(award, box, self._unit), box, is_slim=True)

    def place_row(self, row: ChipRow, chips: Chips) -> None:
        """Place a row of chips; one without room is left out."""
        placed = place_chips(row, chips[row.role], self._size, self._unit, tuple(self._reserved))
        if placed is not None:
            self._keep(placed, around(chip.box for chip in placed.chips))

    def place_badges(self, strip: RatingStrip, contents: Sequence[BadgeContent], inner: Sequence[ChipRow]) -> None:
        """Place the badges; ``inner`` are the rows of chips that will stand between them and the middle."""
        spare = Spare(self._height_of(inner, "t"), self._height_of(inner, "b"))
        placed = place_strip(strip, contents, self._size, self._unit, self._reserved, spare)
        if strip.strip_axis is Axis.VERTICAL:  # the narrow award moves over the wider column
            self.parts = [self._on_axis(part, placed) for part in self.parts]
        self._keep(placed, *self._lines(strip, placed))
        if strip.anchor.vertical == "u":
            below = max(box[3] for box in placed.blocks)
            self.height = max(self.height, below + round(strip.margins.bottom * self._unit))

    def _on_axis(self, part: Placed, columns: PlacedStrip) -> Placed:
        """Return an award badge in the middle of its column, where no chip is in the way."""
        if not isinstance(part, PlacedAward):
            return part
        moved = on_axis(part, columns, self._size)
        chips = (chip.box for row in self.parts if isinstance(row, PlacedChips) for chip in row.chips)
        return part if any(reserve(box, self._unit).meets(moved.box) for box in chips) else moved

    def _height_of(self, rows: Sequence[ChipRow], edge: Vertical) -> int:
        gap = round(GAP * self._unit)
        return sum(chip_height(row, self._unit) + 2 * gap for row in rows if row.anchor.vertical == edge)

    def _lines(self, strip: RatingStrip, placed: PlacedStrip) -> Iterator[Box]:
        """Yield what the badges reserve: on an upright picture all of the lines that a row stands on.

        Chips are then above the row whether it has one badge or three.
        """
        is_whole = strip.strip_axis is Axis.HORIZONTAL and self._size[0] < self._size[1]
        for left, top, right, bottom in placed.blocks:
            yield (0, top, self._size[0], bottom) if is_whole else (left, top, right, bottom)

    def _keep(self, part: Placed, *boxes: Box, is_slim: bool = False) -> None:
        self.parts.append(part)
        self._reserved += [reserve(box, self._unit, is_slim=is_slim) for box in boxes]


def _is_within(row: ChipRow, strip: RatingStrip) -> bool:
    """Return whether a row of chips stands on the inner side of the badges: at an edge that they keep."""
    if row.role is ChipRole.SASH or strip.strip_axis is Axis.VERTICAL or strip.anchor.vertical not in _EDGES:
        return False
    return strip.is_split or row.anchor.vertical == strip.anchor.vertical
