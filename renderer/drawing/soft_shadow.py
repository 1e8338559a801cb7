"""Soft shadows of lettering, which keep it apart from art of its own colour."""

from typing import Final

import msgspec
from PIL import Image, ImageFilter

_SPREAD: Final = 3  # radii that a shadow reaches


class SoftShadow(msgspec.Struct, frozen=True):
    """A shadow as a mask at a fraction of its ``size``; it reaches ``pad`` pixels beyond the lettering at each side."""

    coarse: Image.Image
    size: tuple[int, int]
    pad: int


def soft_shadow(lettering: Image.Image, radius: float, fraction: int) -> SoftShadow:
    """Return the shadow of a mask, blurred by ``radius`` pixels.

    It is drawn at one ``fraction``-th of its size, which makes no visible difference.
    """
    pad = fraction * (1 + round(radius * _SPREAD) // fraction)
    size = _filled(lettering.width + 2 * pad, fraction), _filled(lettering.height + 2 * pad, fraction)
    whole = Image.new("L", size)
    whole.paste(lettering, (pad, pad))
    return SoftShadow(whole.reduce(fraction).filter(ImageFilter.GaussianBlur(radius / fraction)), size, pad)


def _filled(length: int, fraction: int) -> int:
    """Return the next multiple, so that the shadow is not shifted where it is enlarged."""
    return -(-length // fraction) * fraction
