"""Where the award badge stands: at the top right, or in the calmer top corner, or on a disc, as the artwork demands.

The statuette is thin and golden. Over the letters of a title neither can be read, so the artwork decides: equal
artwork gives equal places, whatever the picture's size.
"""

from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np
from PIL import Image

from renderer.drawing.design import Anchor, AwardBadge, Design, Element
from renderer.drawing.layout.badge_grid import Box
from renderer.drawing.layout.picture_layout import Layout, Placed, PlacedAward

_AROUND: Final = 6  # pixels at medium size, on every side of the badge, that count as behind it
_GRID: Final = (14, 31)  # cells of four pixels at medium size: grain is averaged away, and strokes of letters are not
_BUSY: Final = 12.0
"""Average step of brightness between neighbouring cells from which art is busy: title lettering of posters has 16 to
37, faces, skies and the edges of drawings have 3 to 11.
"""
_CALMER: Final = 0.6  # of the contrast at the right is what the other corner may have for the badge to move there


def settle_award(design: Design, canvas: Image.Image, lay_out: Callable[[Design], Layout]) -> Layout:
    """Return the layout with its award badge in the better top corner of this art, or on a disc."""
    layout = lay_out(design)
    contrast = _contrast(canvas, layout, design.unit)
    if contrast < _BUSY:
        return layout
    if not any(_is_at_left(each) for each in design.elements):
        moved = lay_out(_at_left(design))
        if _contrast(canvas, moved, design.unit) <= _CALMER * contrast:
            return moved
    return Layout(layout.size, tuple(_on_disc(part) for part in layout.parts))


def _on_disc(part: Placed) -> Placed:
    return msgspec.structs.replace(part, has_disc=True) if isinstance(part, PlacedAward) else part


def _at_left(design: Design) -> Design:
    corner = Anchor("t", "l")
    elements = tuple(
        msgspec.structs.replace(each, anchor=corner) if isinstance(each, AwardBadge) else each
        for each in design.elements
    )
    return msgspec.structs.replace(design, elements=elements)


def _is_at_left(element: Element) -> bool:
    """Return whether another element may stand where the award badge would move to."""
    return not isinstance(element, AwardBadge) and element.anchor.horizontal == "l" and element.anchor.vertical != "b"


def _contrast(canvas: Image.Image, layout: Layout, unit: float) -> float:
    """Return the average step of brightness between neighbouring parts of the art behind the award badge, 0 to 255.

    Returns 0 without an award badge.
    """
    box = next((part.box for part in layout.parts if isinstance(part, PlacedAward)), None)
    return 0.0 if box is None else _contrast_behind(canvas, box, unit)


def on_disc_if_busy(canvas: Image.Image, award: PlacedAward) -> PlacedAward:
    """Return an award badge that stays where it is, on a disc where this art is too busy for it."""
    is_busy = _contrast_behind(canvas, award.box, award.unit) >= _BUSY
    return msgspec.structs.replace(award, has_disc=True) if is_busy else award


def _contrast_behind(canvas: Image.Image, box: Box, unit: float) -> float:
    around = round(_AROUND * unit)
    left, top = max(0, box[0] - around), max(0, box[1] - around)
    right, bottom = min(canvas.width, box[2] + around), min(canvas.height, box[3] + around)
    small = canvas.resize(_GRID, Image.Resampling.BOX, (left, top, right, bottom))
    levels = np.asarray(small.convert("RGB").convert("L"), np.int16)
    across, down = (np.abs(np.diff(levels, axis=axis)).mean() for axis in (1, 0))
    return float(across + down) / 2
