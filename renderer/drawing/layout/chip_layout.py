"""Where a row of chips stands: at its edge, or past what is reserved there."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

from renderer.drawing.badge_content import BadgeContent
from renderer.drawing.chip_content import Chip, chip_content
from renderer.drawing.design import ChipRow
from renderer.drawing.layout.badge_grid import Box
from renderer.drawing.layout.badge_metrics import RADIUS, BadgeMetrics
from renderer.drawing.layout.reserved import Reserved, bounds_of
from renderer.drawing.text import ink_width
from shared.settings.model import Axis, Shape

CHIP_GAP: Final = 8  # between the chips of a row, in pixels at medium size
_PAD: Final = 0.3  # on each side of the text, relative to the chip's height
_PILL_PAD: Final = 0.4  # a round end needs room on its side
_SHARE: Final = 0.47  # of the picture's height: rows of chips stay out of the middle, so that badges find room
_SMALLER: Final = 0.85  # how much a row without room is scaled at a time
_SMALLEST: Final = 0.5  # below this nobody could read it

_Sized: TypeAlias = list[tuple[BadgeMetrics, BadgeContent]]


class PlacedChip(msgspec.Struct, frozen=True):
    """A chip, which is drawn as a badge without a label, and the pixel of its top left corner."""

    metrics: BadgeMetrics
    content: BadgeContent
    x: int
    y: int

    @property
    def box(self) -> Box:
        """Return the chip's box."""
        return self.x, self.y, self.x + self.metrics.width, self.y + self.metrics.height


class PlacedChips(msgspec.Struct, frozen=True):
    """A row of chips, placed."""

    chips: tuple[PlacedChip, ...]


def chip_height(row: ChipRow, unit: float) -> int:
    """Return the height of a row's chips in pixels, before anything makes them smaller."""
    return max(1, round(row.height * row.scale * unit))


@lru_cache(maxsize=4096)
def place_chips(
    row: ChipRow, chips: tuple[Chip, ...], size: tuple[int, int], unit: float, taken: tuple[Reserved, ...]
) -> PlacedChips | None:
    """Place at least one chip, clear of what is taken; ``None`` where there is no room for chips that can be read."""
    bounds = bounds_of(row, size, unit)
    for scale in _scales(row.scale * unit):
        sized, gap, width = measure_chips(row, chips, scale)
        if width > bounds[2] - bounds[0]:
            continue
        left = {"l": bounds[0], "c": (size[0] - width) // 2, "r": bounds[2] - width}[row.anchor.horizontal]
        top = _top(row, (left, left + width), sized[0][0].height, bounds, taken)
        if _is_in_share(row, top, sized[0][0].height, size[1]):
            return chips_from(sized, gap, (left, top))
    return None


def measure_chips(row: ChipRow, chips: tuple[Chip, ...], scale: float) -> tuple[_Sized, int, int]:
    """Return chips with their metrics, the gap between them, and the width of all, at ``scale`` pixels per unit."""
    sized = [(_measure(row, chip, scale), chip_content(chip)) for chip in chips]
    gap = round(CHIP_GAP * scale)
    return sized, gap, sum(metrics.width + gap for metrics, _ in sized) - gap


def chips_from(sized: _Sized, gap: int, corner: tuple[int, int]) -> PlacedChips:
    """Return a row of chips with its top left corner at a pixel."""
    return PlacedChips(tuple(_in_a_row(sized, *corner, gap)))


def _scales(full: float) -> Iterator[float]:
    scale = 1.0
    while scale >= _SMALLEST:
        yield scale * full
        scale *= _SMALLER


def _measure(row: ChipRow, chip: Chip, scale: float) -> BadgeMetrics:
    is_pill = row.shape is Shape.PILL
    height, em = max(1, round(row.height * scale)), row.em * scale
    pad = (_PILL_PAD if is_pill else _PAD) * row.height * scale
    return BadgeMetrics(
        width=max(height, round(ink_width(chip.text, chip.lang) * em + 2 * pad)),
        height=height,
        label=0,
        axis=Axis.HORIZONTAL,
        icon=0,
        mark=(0, 0),
        tile=0,
        shift=0,
        value_em=em,
        label_em=em,
        radius=height // 2 if is_pill else round(RADIUS * scale),
        unit=scale,
        background=row.background,
        finish=row.finish,
    )


def _top(row: ChipRow, span: tuple[int, int], height: int, bounds: Box, taken: tuple[Reserved, ...]) -> int:
    """Return the pixel line nearest to the row's edge at which it meets nothing; it may be off the picture."""
    is_top = row.anchor.vertical == "t"
    at = bounds[1] if is_top else bounds[3] - height
    while met := next((each for each in taken if each.meets((span[0], at, span[1], at + height))), None):
        at = met.box[3] if is_top else met.box[1] - height
    return at


def _is_in_share(row: ChipRow, top: int, height: int, whole: int) -> bool:
    return top + height <= _SHARE * whole if row.anchor.vertical == "t" else top >= (1 - _SHARE) * whole


def _in_a_row(sized: _Sized, left: int, top: int, gap: int) -> Iterator[PlacedChip]:
    for metrics, content in sized:
        yield PlacedChip(metrics, content, left, top)
        left += metrics.width + gap
