"""Masks of plain shapes: gradients without visible bands, and boxes with smooth corners."""

import math
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from PIL import Image

from renderer.drawing.colours import Colour
from shared.designs.elements import Edge

Premultiplied: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.uint32]]"
"""Pixels whose colours are multiplied by their alpha, each as its four bytes in one number."""

MOST_KEPT: Final = 500_000
"""Pixels of a gradient or a box that is kept for the next title with the design: those of a whole medium poster."""

_GRADIENTS, _BOXES = 4, 4  # that are kept
KEPT_BYTES: Final = (_GRADIENTS + _BOXES) * MOST_KEPT * 4
"""All that are kept, of four bytes a pixel."""

_FULL: Final = 255
_TILE: Final = 8  # side of the pattern of dots that stands for fractions of a level
_PER_CENT: Final = 100


def _ordered_dots() -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    """Return Bayer's matrix: thresholds between 0 and 1, each once, neighbours as different as can be."""
    matrix = np.zeros((1, 1), np.float32)
    while len(matrix) < _TILE:
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    return ((matrix + 0.5) / matrix.size).astype(np.float32)


_DOTS: Final = _ordered_dots()


def gradient_pixels(edge: Edge, size: tuple[int, int], opacity: int, colour: Colour) -> Premultiplied:
    """Return a colour with ``opacity`` per cent at an edge, which fades to nothing at the opposite one.

    It fades slowly at both ends, so that it has no visible end, and its levels are dithered. Its rows may be a few
    pixels longer than the size.
    """
    draw = _kept_gradient if math.prod(size) <= MOST_KEPT else _gradient
    return draw(edge, size, opacity, colour)


def _gradient(edge: Edge, size: tuple[int, int], opacity: int, colour: Colour) -> Premultiplied:
    is_upright = edge in {Edge.TOP, Edge.BOTTOM}
    length, breadth = (size[1], size[0]) if is_upright else size
    strip = _gradient_strip(length, opacity)
    if edge in {Edge.TOP, Edge.LEFT}:
        strip = strip[::-1]
    cells, repeats = levels_of(colour)[strip], -(-breadth // _TILE)
    if is_upright:
        return np.broadcast_to(cells[:, None], (length, repeats, _TILE)).reshape(length, -1)
    return np.broadcast_to(cells.T, (repeats, _TILE, length)).reshape(-1, length)[:breadth]


_kept_gradient: Final = lru_cache(maxsize=_GRADIENTS)(_gradient)


@lru_cache(maxsize=64)
def _gradient_strip(length: int, opacity: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """Return ``length`` rows of a few pixels, the last one the densest."""
    way = (np.arange(length, dtype=np.float32) + 0.5) / length
    levels = way * way * (3 - 2 * way) * (_FULL * opacity / _PER_CENT)
    dots = np.tile(_DOTS, (-(-length // _TILE), 1))[:length]
    return np.floor(levels[:, None] + dots).clip(0, _FULL).astype(np.uint8)


@lru_cache(maxsize=256)
def levels_of(colour: Colour, opacity: float = 1.0) -> Premultiplied:
    """Return a colour at each of the 256 levels of a mask, multiplied by its alpha, of which ``opacity`` is left."""
    alphas = np.round(np.arange(_FULL + 1) * opacity).astype(np.uint16)[:, None]
    bands = (alphas * np.array((*colour, _FULL), np.uint16) + _FULL // 2) // _FULL
    return bands.astype(np.uint8).view(np.uint32).ravel()


def box_pixels(size: tuple[int, int], radius: int, opacity: int, colour: Colour) -> Premultiplied:
    """Return a box of a colour with rounded corners and ``opacity`` per cent."""
    draw = _kept_box if math.prod(size) <= MOST_KEPT else _box
    return draw(size, radius, opacity, colour)


def _box(size: tuple[int, int], radius: int, opacity: int, colour: Colour) -> Premultiplied:
    return np.take(levels_of(colour), np.asarray(box_mask(size, radius, opacity)))


_kept_box: Final = lru_cache(maxsize=_BOXES)(_box)


def box_mask(size: tuple[int, int], radius: int, opacity: int) -> Image.Image:
    """Return a mask of ``size`` with rounded corners, filled to ``opacity`` per cent."""
    level = round(_FULL * opacity / _PER_CENT)
    mask = Image.new("L", size, level)
    radius = min(radius, size[0] // 2, size[1] // 2)
    if radius:
        corner = _corner(radius, level)
        turns = Image.Transpose
        right, bottom = size[0] - radius, size[1] - radius
        mask.paste(corner, (0, 0))
        mask.paste(corner.transpose(turns.FLIP_LEFT_RIGHT), (right, 0))
        mask.paste(corner.transpose(turns.FLIP_TOP_BOTTOM), (0, bottom))
        mask.paste(corner.transpose(turns.ROTATE_180), (right, bottom))
    return mask


@lru_cache(maxsize=16)
def _corner(radius: int, level: int) -> Image.Image:
    """Return a quarter of a disc, its middle at the bottom right; a pixel counts by how much of it lies within."""
    from_middle = radius - np.arange(radius, dtype=np.float32) - 0.5
    distance = np.hypot(from_middle[:, None], from_middle[None, :])
    return Image.fromarray(np.round((radius + 0.5 - distance).clip(0, 1) * level).astype(np.uint8))
