"""The colour of a score: from red through amber to green."""

from itertools import pairwise
from typing import Final

from renderer.drawing.colours import Colour

_STOPS: Final[tuple[tuple[int, Colour], ...]] = (
    (0, (198, 45, 52)),
    (400, (214, 72, 44)),
    (600, (236, 168, 28)),
    (750, (122, 178, 52)),
    (900, (34, 158, 84)),
    (1000, (18, 148, 90)),
)
"""A share in thousandths and its colour; red and amber are those of bad and middling reviews."""


def score_colour(share: int) -> Colour:
    """Return the colour of a score in thousandths of the greatest one."""
    for (low, start), (high, end) in pairwise(_STOPS):
        if share <= high:
            way = max(0, share - low) / (high - low)
            red, green, blue = (round(a + (b - a) * way) for a, b in zip(start, end, strict=True))
            return red, green, blue
    return _STOPS[-1][1]
