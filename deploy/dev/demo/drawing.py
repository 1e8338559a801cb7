"""From a picture's name to its bytes: its SVG, rasterised, toned, given the grain of paper and encoded."""

import io
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import resvg_py
import simplejpeg
from PIL import Image, ImageColor

from deploy.dev.demo.art import inks_of, svg_of
from deploy.dev.demo.pictures import DemoPicture

_Pixels = npt.NDArray[np.uint8]

_JPEG_QUALITY: Final = 90
_GRAIN_TILE: Final = 512
_GRAIN: Final = 1.8
_VIGNETTE: Final = 0.16


def render(picture: DemoPicture, width: int, extension: str) -> bytes:
    """Draw a picture ``width`` pixels wide as ``jpg``, ``png`` or ``svg``; the same values give the same bytes."""
    svg = svg_of(picture)
    if extension == "svg":
        return svg.encode()
    png = resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True)
    if picture.form == "logo" and extension == "png":
        return png
    with Image.open(io.BytesIO(png)) as opened:
        pixels: _Pixels = np.array(opened.convert("RGB"))
    inks = inks_of(picture)
    return _encode(_paper(_duotone(pixels, *inks) if inks else pixels), extension)


def _duotone(pixels: _Pixels, dark: str, light: str) -> _Pixels:
    """Print in two inks: brightness runs from the dark one to the light one."""
    low, high = (np.array(ImageColor.getrgb(ink)[:3], dtype=np.float32) for ink in (dark, light))
    steps = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    # A steeper middle keeps flat areas apart, as a lithographer's two stones would.
    steps = steps * steps * (3 - 2 * steps)
    table = (low + (high - low) * steps).round().astype(np.uint8)
    grey = pixels @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    toned: _Pixels = table[grey.astype(np.uint8)]
    return toned


def _paper(pixels: _Pixels) -> _Pixels:
    """Add paper grain and darken the corners a little."""
    height, width = pixels.shape[:2]
    across = np.linspace(-1, 1, width, dtype=np.float32) ** 2
    down = np.linspace(-1, 1, height, dtype=np.float32) ** 2
    inked = np.empty_like(pixels)
    # In strips: a whole picture as floating point would need four times its memory.
    for top in range(0, height, _GRAIN_TILE):
        strip = pixels[top : top + _GRAIN_TILE].astype(np.float32)
        light = 1 - _VIGNETTE * (across[None, :] + down[top : top + _GRAIN_TILE, None]) / 2
        grain = np.tile(_grain()[: len(strip)], (1, width // _GRAIN_TILE + 1))[:, :width]
        strip *= light[:, :, None]
        strip += grain[:, :, None]
        inked[top : top + _GRAIN_TILE] = np.clip(strip, 0, 255)
    return inked


@lru_cache(1)
def _grain() -> npt.NDArray[np.float32]:
    return np.random.default_rng(1927).normal(0, _GRAIN, (_GRAIN_TILE, _GRAIN_TILE)).astype(np.float32)


def _encode(pixels: _Pixels, extension: str) -> bytes:
    if extension == "jpg":
        return bytes(simplejpeg.encode_jpeg(pixels, quality=_JPEG_QUALITY, colorspace="RGB", colorsubsampling="420"))
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()
