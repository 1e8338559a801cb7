"""How much memory it takes to draw a picture: an upper bound from the header of the artwork, before it is decoded.

The figures are measured: the peak of a fresh process that draws on artwork of 50 megapixels, and in every format at
4K. ``tests/renderer/drawing/test_memory_need.py`` measures them again.
"""

import math
import struct
from typing import Final

from renderer.drawing import sandbox, svg
from renderer.drawing.freehand.design_memory import design_bytes
from renderer.drawing.freehand.freehand_design import logo_room
from renderer.drawing.jpeg import MAX_SLOW_PIXELS, is_slow, slow_jpeg_bytes
from renderer.drawing.jpeg_header import read_jpeg_frame
from renderer.drawing.png_chunks import SIGNATURE
from renderer.drawing.webp_chunks import has_alpha, is_animated, webp_size
from shared.domain.pictures import CANVAS, Kind
from shared.settings.model import Fit, Settings

CANVAS_BYTES: Final = 26
"""For each pixel of the finished picture: scaled art, canvas, conversions, and the work of the slowest encoder."""

FIXED_BYTES: Final = 6 << 20
"""Whatever the sizes are: badges, tables, and the file in memory that is written."""

_COPIES: Final = 3  # of the file: as it came, without its metadata, and as a decoder's input
_PIXEL: Final = 5.0  # one picture in memory, its scaled parts, and rows in progress
_TWO_PIXELS: Final = 8.5  # two pictures: turned upright, with alpha multiplied in, or a decoder's own
_SIXTEEN_BITS: Final = 6.5
_ANIMATED: Final = 17.0
_COEFFICIENT_BYTES: Final = 2
_PROGRESSIVE: Final = 2
_NATIVE_STRETCH: Final = 2
_LOGO_STRETCH: Final = 2.2  # a logo's badges stand below its box
_PNG_HEADER: Final = 33
_IHDR: Final = struct.Struct(">IIBB")
_ALPHA_COLOURS: Final = frozenset({4, 6})


def drawing_bytes(raw: bytes, settings: Settings, logo: bytes = b"") -> int:
    """Return the most bytes that drawing this artwork takes; the artwork that cannot be decoded takes few.

    ``logo`` is the file of the logo on a card.
    """
    canvas = _canvas_pixels(settings)
    of_art = _COPIES * len(raw) + _art_bytes(raw, _vector_pixels(settings))
    of_logo = _COPIES * len(logo) + _art_bytes(logo, _grown(logo_room(settings))) if logo else 0
    return FIXED_BYTES + canvas * CANVAS_BYTES + of_art + of_logo + design_bytes(settings)


def encoding_bytes(kind: Kind, settings_size: tuple[int, int]) -> int:
    """Return the most bytes that a picture without artwork takes, such as a placeholder."""
    stretch = _LOGO_STRETCH if kind is Kind.LOGO else 1
    return FIXED_BYTES + math.ceil(math.prod(settings_size) * stretch * CANVAS_BYTES)


def _canvas_pixels(settings: Settings) -> int:
    pixels = math.prod(CANVAS[settings.kind][settings.size])
    if settings.kind is Kind.LOGO:
        return math.ceil(pixels * _LOGO_STRETCH)
    return pixels * _NATIVE_STRETCH if settings.fit is Fit.NATIVE else pixels


def _art_bytes(raw: bytes, vector_pixels: int) -> int:
    try:
        if raw.startswith(b"\xff\xd8\xff"):
            return _jpeg_bytes(raw)
        if raw.startswith(SIGNATURE):
            return _png_bytes(raw)
        if raw.startswith(b"RIFF") and raw[8:12] == b"WEBP":
            return _webp_bytes(raw)
    except (ValueError, IndexError, struct.error):
        return 0  # its header cannot be read: it is refused before it is decoded
    return _svg_bytes(vector_pixels) if svg.is_vector(raw) else 0


def _jpeg_bytes(raw: bytes) -> int:
    frame = read_jpeg_frame(raw)
    pixels = frame.width * frame.height
    if is_slow(frame):
        slow = min(pixels, MAX_SLOW_PIXELS)
        return sandbox.BASE_BYTES + slow_jpeg_bytes(pixels, len(raw)) + math.ceil(slow * (8 + _TWO_PIXELS))
    each = _TWO_PIXELS if frame.orientation > 1 else _PIXEL
    if frame.coding == _PROGRESSIVE or frame.is_in_scans:
        each += _COEFFICIENT_BYTES * _samples_per_pixel(frame.factors)
    return math.ceil(pixels * each)


def _samples_per_pixel(factors: bytes) -> float:
    """Return how many values a pixel has, where colour may be stored at a fraction of the size: 1.5 for 4:2:0."""
    sides = [(each >> 4, each & 15) for each in factors]
    whole = max(wide for wide, _ in sides) * max(high for _, high in sides)
    return sum(wide * high for wide, high in sides) / max(1, whole)


def _png_bytes(raw: bytes) -> int:
    if len(raw) < _PNG_HEADER:
        raise ValueError("PNG without a header")
    width, height, depth, colour = _IHDR.unpack_from(raw, 16)
    each, pixels = _PIXEL, int(width) * int(height)
    if colour in _ALPHA_COLOURS or b"tRNS" in raw or b"eXIf" in raw:
        each = _TWO_PIXELS
    elif depth > 8:  # noqa: PLR2004 - bits of a sample
        each = _SIXTEEN_BITS
    return math.ceil(pixels * each)


def _webp_bytes(raw: bytes) -> int:
    width, height = webp_size(raw)
    if is_animated(raw):
        return math.ceil(width * height * _ANIMATED)
    is_plain = raw[12:16] == b"VP8 " or (b"VP8L" not in raw and not has_alpha(raw) and b"EXIF" not in raw)
    return math.ceil(width * height * (_PIXEL if is_plain else _TWO_PIXELS))


def _vector_pixels(settings: Settings) -> int:
    """Return the size of an SVG's raster: at most the enlarged box of a logo, and elsewhere the largest one."""
    return _grown(settings.canvas) if settings.kind is Kind.LOGO else svg.MAX_PIXELS


def _grown(box: tuple[int, int]) -> int:
    return min(svg.MAX_PIXELS, math.ceil(math.prod(box) * svg.MAX_GROWTH**2))


def _svg_bytes(pixels: int) -> int:
    return sandbox.BASE_BYTES + svg.svg_bytes(pixels) + pixels * 16
