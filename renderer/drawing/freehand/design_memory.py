"""How much memory the elements of a design take while they are painted: an upper bound, from the design alone."""

import math
from typing import Final

from renderer.drawing.freehand.anchoring import THOUSAND
from renderer.drawing.freehand.shown_elements import design_of_text
from shared.designs.elements import AnyElement, BoxElement, LogoElement, ScrimElement, TextElement
from shared.settings.model import Settings

_LAYER: Final = 16
"""Bytes for each pixel of the largest flat element, its logo or its text: masks, colours multiplied by them, copies."""

_SPRITES: Final = 24
"""Bytes for each pixel of the picture where badges are large: each of them is drawn in layers."""

_MOST_SPRITES: Final = 64 << 20  # what the cache of sprites keeps
_LARGE: Final = 150  # per cent of a medium badge
_LINE: Final = 2.4  # height of a line of text in em, counted twice: letters are drawn larger, then averaged


def design_bytes(settings: Settings) -> int:
    """Return the most bytes that painting the elements of these settings' design takes; 0 without one."""
    if not settings.design:
        return 0
    elements, pixels = design_of_text(settings.design).elements, math.prod(settings.canvas)
    whole = THOUSAND * THOUSAND * settings.canvas[1] / settings.canvas[0]
    share = max((min(1.0, _area(element, whole) / whole) for element in elements), default=0.0)
    has_large = any(getattr(element, "scale", 0) > _LARGE for element in elements)
    return math.ceil(pixels * _LAYER * share) + (min(_MOST_SPRITES, pixels * _SPRITES) if has_large else 0)


def _area(element: AnyElement, whole: float) -> float:
    """Return the area of a flat element in square thousandths of the canvas's width; ``whole`` is the canvas's."""
    match element:
        case BoxElement() | LogoElement():
            return element.width * element.height
        case TextElement():
            return element.width * element.lines * element.size * _LINE
        case ScrimElement():
            return whole if element.edge in {"left", "right"} else THOUSAND * element.height
        case _:
            return 0.0
