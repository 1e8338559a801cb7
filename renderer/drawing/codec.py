"""Decodes artwork, and validates its bytes before doing so.

JPEG is decoded by simplejpeg; WebP, and PNG in the form that most logos have, by imagecodecs; other PNGs and animated
WebP by Pillow with every other format shut; SVG by resvg and unusual JPEGs by imagecodecs, each in a process of its
own. What a decoder gets is only what pixels depend on, so that a defect elsewhere costs no picture. Whatever these
raise on hostile bytes is translated to ``Undecodable``.
"""

import contextlib
import io
import math
import re
from typing import Final

from imagecodecs import PngError, png_decode, webp_decode
from PIL import Image, PngImagePlugin, UnidentifiedImageError, WebPImagePlugin

from renderer.drawing import svg
from renderer.drawing.decoded_art import DecodedArt
from renderer.drawing.jpeg import RequiredSize, decode_jpeg
from renderer.drawing.jpeg_header import read_jpeg_header
from renderer.drawing.png_chunks import SIGNATURE, PngChunks, clean_png, read_png
from renderer.drawing.webp_chunks import WebpChunks, has_alpha, read_webp, webp_size
from shared.domain.pictures import MAX_ART_PIXELS, MAX_ART_SIDE

_REGISTERED: Final = (
    PngImagePlugin,
    WebPImagePlugin,
)  # by importing them here, not during the first request

MAX_BYTES: Final = 25 * 1024 * 1024
MAX_PIXELS: Final = MAX_ART_PIXELS
MAX_SIDE: Final = MAX_ART_SIDE
_RGBA: Final = 4  # bytes per pixel
_USUAL_PNG: Final = (6, 8, False)  # red, green, blue and alpha of eight bits each, row by row
_MAX_SCANNED_PIXELS: Final = 1_000_000_000  # pixels × scans: a progressive file may contain any number of scans
_MARGINS: Final = 1.05  # an SVG that fills less than its box by this is drawn again, larger
_ADDRESS: Final = re.compile(r" ?<[^<>]* at 0x[0-9a-fA-F]+>")  # of an object that a library names in its message


class Undecodable(ValueError):
    """Artwork that is broken, truncated, of an unsupported format, or too large."""


def decode(raw: bytes, required_size: RequiredSize) -> DecodedArt:
    """Return the picture in ``raw``, upright. Raises ``Undecodable``; size and format are checked before decoding.

    ``required_size`` lets a JPEG be decoded at a fraction of its size where the picture is much smaller than the art,
    and an SVG be drawn at exactly that size. Of an animation, the first frame is decoded.
    """
    if len(raw) > MAX_BYTES:
        raise Undecodable(f"{len(raw)} bytes")
    try:
        if raw.startswith(b"\xff\xd8\xff"):
            return _decode_jpeg(raw, required_size)
        if raw.startswith(SIGNATURE):
            return _decode_png(raw)
        if raw.startswith(b"RIFF") and raw[8:12] == b"WEBP":
            return _decode_webp(raw)
        if svg.is_vector(raw):
            return _decode_vector(raw, required_size)
    except Undecodable:
        raise
    except svg.Refused as exc:
        raise Undecodable(str(exc)) from exc
    except Exception as exc:  # decoders raise anything on hostile bytes
        raise Undecodable(_ADDRESS.sub("", f"{type(exc).__name__}: {exc}")) from exc
    raise Undecodable("neither JPEG, PNG, WebP nor SVG")


def _check_size(width: int, height: int) -> None:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise Undecodable(f"{width}×{height} pixels")


def _decode_jpeg(raw: bytes, required_size: RequiredSize) -> DecodedArt:
    header = read_jpeg_header(raw)
    _check_size(header.width, header.height)
    if header.width * header.height * header.scans > _MAX_SCANNED_PIXELS:
        raise Undecodable("JPEG with too many scans")
    return decode_jpeg(header, required_size)


def _decode_png(raw: bytes) -> DecodedArt:
    png = read_png(raw)
    _check_size(png.width, png.height)
    art = _usual_logo(png) or DecodedArt(_pixels(clean_png(png), "PNG", (png.width, png.height)), png.icc)
    return art.upright(png.orientation)


def _usual_logo(png: PngChunks) -> DecodedArt | None:
    """Decode a PNG of the form that most logos have, in two thirds of Pillow's time.

    Returns ``None`` for any other form, and for a damaged one, of which Pillow may decode what is intact.
    """
    if (png.colour, png.depth, png.is_interlaced) != _USUAL_PNG:
        return None
    try:
        return DecodedArt.mapped(png_decode(clean_png(png)), "RGBA", png.icc)
    except PngError:
        return None


def _decode_webp(raw: bytes) -> DecodedArt:
    webp = read_webp(raw)
    size = webp.width, webp.height
    _check_size(*size)
    is_still = not webp.is_animated
    art = _still_webp(webp, size) if is_still else DecodedArt(_pixels(webp.clean, "WEBP", size), webp.icc)
    return art.upright(webp.orientation)


def _still_webp(webp: WebpChunks, size: tuple[int, int]) -> DecodedArt:
    """Decode into memory that Pillow uses without a copy; Pillow itself needs four times as much."""
    if webp_size(webp.clean) != size:
        raise Undecodable("WEBP contradicts itself about its size")
    pixels = webp_decode(webp.clean, hasalpha=True)
    if pixels.shape != (size[1], size[0], _RGBA):
        raise Undecodable("WEBP was decoded at another size")
    return DecodedArt.mapped(pixels, "RGBA" if has_alpha(webp.clean) else "RGBX", webp.icc)


def _pixels(raw: bytes, name: str, size: tuple[int, int]) -> Image.Image:
    """Decode the first frame of a PNG or WebP whose own header states ``size``."""
    try:
        opened = Image.open(io.BytesIO(raw), formats=(name,))
    except UnidentifiedImageError as exc:
        raise Undecodable(f"{name} with a broken header") from exc
    with opened:
        if opened.size != size:
            raise Undecodable(f"{name} contradicts itself about its size")
        opened.load()
        return _normalised(opened)


def _decode_vector(raw: bytes, required_size: RequiredSize) -> DecodedArt:
    """Draw an SVG at the required size; larger where it has margins, because those may be cropped."""
    drawing = svg.Drawing(raw)
    size = required_size(*drawing.shape)
    drawn = drawing.rasterise(size)
    left, top, right, bottom = drawn.getchannel("A").getbbox() or (0, 0, *size)
    grown = min(
        size[0] / (right - left), size[1] / (bottom - top), svg.MAX_GROWTH, math.sqrt(svg.MAX_PIXELS / math.prod(size))
    )
    if grown > _MARGINS:
        with contextlib.suppress(svg.Refused):  # if that takes too long, the first one is used
            drawn = drawing.rasterise((int(size[0] * grown), int(size[1] * grown)))
    return DecodedArt(drawn)


def _normalised(image: Image.Image) -> Image.Image:
    """Convert any of Pillow's modes to L, RGB or RGBA, without metadata."""
    if image.mode.startswith("I;16"):
        normalised = Image.frombytes("L", image.size, image.tobytes()[1::2])  # the high bytes; convert() would clip
    else:
        has_transparency = image.mode == "RGBA" or "transparency" in image.info or image.mode in {"LA", "PA"}
        mode = "RGBA" if has_transparency else "L" if image.mode in {"1", "L", "I"} else "RGB"
        normalised = image if image.mode == mode else image.convert(mode)  # convert() would copy it nevertheless
    normalised.info = {}
    return normalised
