"""Where the award badge stands: at the top right, or in the calmer top corner, or on a disc, as the artwork demands.

The statuette is thin and golden. Over the letters of a title neither can be read, so the artwork decides: equal
artwork gives equal places, whatever the picture's size.
"""

from typing import Final

import msgspec
import numpy as np
from PIL import Image

from renderer.drawing.design import Anchor, AwardBadge, Design, Element
from renderer.drawing.layout.badge_grid import Box
from renderer.drawing.layout.picture_layout import place_award

_AROUND: Final = 6  # pixels at medium size, on every side of the badge, that count as behind it
_GRID: Final = (14, 31)  # cells of four pixels at medium size: grain is averaged away, and strokes of letters are not
_BUSY: Final = 12.0
"""Average step of brightness between neighbouring cells from which art is busy: title lettering of posters has 16 to
37, faces, skies and the edges of drawings have 3 to 11.
"""
_CALMER: Final = 0.6  # of the contrast at the right is what the other corner may have for the badge to move there


def settle_award(design: Design, canvas: Image.Image) -> Design:
    """Return the design with its award badge in the better top corner of this art, or on a disc."""
    elements = tuple(
        _settled(each, design, canvas) if isinstance(each, AwardBadge) else each for each in design.elements
    )
    return msgspec.structs.replace(design, elements=elements)


def _settled(award: AwardBadge, design: Design, canvas: Image.Image) -> AwardBadge:
    contrast = _contrast(canvas, place_award(award, canvas.size, design.unit), design.unit)
    if contrast < _BUSY:
        return award
    left = msgspec.structs.replace(award, anchor=Anchor("t", "l"))
    is_calmer = _contrast(canvas, place_award(left, canvas.size, design.unit), design.unit) <= _CALMER * contrast
    if is_calmer and not any(_is_at_left(each) for each in design.elements):
        return left
    return msgspec.structs.replace(award, has_disc=True)


def _is_at_left(element: Element) -> bool:
    """Return whether another element may stand where the award badge would move to."""
    return not isinstance(element, AwardBadge) and element.anchor.horizontal == "l" and element.anchor.vertical != "b"


def _contrast(canvas: Image.Image, box: Box, unit: float) -> float:
    """Return the average step of brightness between neighbouring parts of the art, from 0 to 255."""
    around = round(_AROUND * unit)
    left, top, right, bottom = box
    region = max(0, left - around), max(0, top - around), min(canvas.width, right + around), bottom + around
    small = canvas.resize(_GRID, Image.Resampling.BOX, (*region[:3], min(canvas.height, region[3])))
    levels = np.asarray(small.convert("RGB").convert("L"), np.int16)
    across, down = (np.abs(np.diff(levels, axis=axis)).mean() for axis in (1, 0))
    return float(across + down) / 2
