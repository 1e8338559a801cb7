"""Sprites: what is drawn once with every finish, kept, and laid on any number of pictures."""

import threading
from typing import Final

import cachetools
from PIL import Image, ImageFilter

from renderer.drawing.badge_grid import Box
from renderer.drawing.canvas import MODE
from renderer.drawing.colours import BLACK, Colour

_MOST_KEPT: Final = 64 * 1024 * 1024  # bytes of sprites
_BYTES: Final = 13  # a pixel, in all the forms in which a sprite is kept
_INSIDE: Final = 250


class Sprite:
    """Pixels ready to be laid on a picture, ``pad`` pixels larger on every side than the box that they belong to.

    ``colour`` is multiplied by ``alpha`` already, which Pillow lays on opaque pictures three times as fast; ``layer``
    is the same for clear ones. ``glass`` is the part of the box whose ground lets the art shine through, and ``pane``
    marks the pixels in it that lie wholly within the badge.
    """

    __slots__ = ("alpha", "colour", "glass", "layer", "pad", "pane")

    def __init__(
        self, layer: Image.Image, pad: int, glass: Box = (0, 0, 0, 0), pane: Image.Image | None = None
    ) -> None:
        self.layer = layer
        self.alpha = layer.convert("RGBa")
        self.colour = Image.frombytes(MODE, layer.size, self.alpha.tobytes())
        self.pad = pad
        self.glass = glass
        self.pane = pane and pane.point([255 * (level >= _INSIDE) for level in range(256)], "1")


def _weight(sprite: Sprite) -> int:
    return sprite.alpha.width * sprite.alpha.height * _BYTES


kept: Final[cachetools.LRUCache[object, Sprite]] = cachetools.LRUCache(_MOST_KEPT, getsizeof=_weight)
"""Every sprite that is remembered; the keys of the kinds of sprite differ in type."""
lock: Final = threading.Lock()


def filled(colour: Colour, alpha: Image.Image) -> Image.Image:
    """Return a layer of one colour, as dense as the mask says."""
    layer = Image.new("RGBA", alpha.size, colour)
    layer.putalpha(alpha)
    return layer


def shaded(drawing: Image.Image, blurs: tuple[tuple[float, float], ...], drop: int = 0) -> Image.Image:
    """Return the drawing with soft shadows behind it, each of a radius in pixels and a strength."""
    layer = Image.new("RGBA", drawing.size)
    shape = Image.new("L", drawing.size)
    shape.paste(drawing.getchannel("A"), (0, drop))
    for radius, strength in blurs:
        soft = shape.filter(ImageFilter.GaussianBlur(radius))
        layer.alpha_composite(filled(BLACK, soft.point([min(_DARKEST, round(v * strength)) for v in range(256)])))
    layer.alpha_composite(drawing)
    return layer


_DARKEST: Final = 235
