"""Decodes artwork, and validates its bytes before doing so.

JPEG is decoded by simplejpeg alone, PNG and WebP by Pillow with every other format shut, SVG by resvg in a process of
its own; whatever these raise on hostile bytes is translated to ``Undecodable``.
"""

import contextlib
import io
import math
import struct
from collections.abc import Callable
from typing import Final

import simplejpeg
from PIL import Image, ImageCms, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from renderer.drawing import svg
from renderer.drawing.jpeg_header import EOI, JpegHeader, read_jpeg_header, read_orientation
from shared.domain.pictures import MAX_ART_PIXELS, MAX_ART_SIDE

_REGISTERED: Final = (
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)  # by importing them here, not during the first request

# Blocks of 16 MiB that Pillow keeps for its next picture: allocating costs a quarter of a large poster's time.
Image.core.set_blocks_max(2)  # type: ignore[attr-defined]  # Pillow offers this nowhere else but in the environment

MAX_BYTES: Final = 25 * 1024 * 1024
MAX_PIXELS: Final = MAX_ART_PIXELS
MAX_SIDE: Final = MAX_ART_SIDE
_MAX_SCANNED_PIXELS: Final = 1_000_000_000  # pixels × scans: a progressive file may contain any number of scans
_PNG_END: Final = b"IEND\xaeB`\x82"
_MAX_TRAILING: Final = 4096  # bytes that may follow the end of a PNG
_SHARP: Final = 1.25  # decode at least this much larger than needed: the JPEG's own scaling is softer than Lanczos
_HALVINGS: Final = (
    8,
    4,
    2,
)  # fractions that libjpeg decodes with vector instructions; 7/8 takes twice as long as full size
_MARGINS: Final = 1.05  # an SVG that fills less than its box by this is drawn again, larger
_CODINGS: Final = frozenset({0, 1, 2})  # baseline, extended, progressive
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS: Final = 5  # orientations from here on swap width and height

RequiredSize = Callable[[int, int], tuple[int, int]]
"""Given the upright art's width and height, the size from which the picture will be scaled."""


class Undecodable(ValueError):
    """Artwork that is broken, truncated, of an unsupported format, or too large."""


class DecodedArt:
    """Decoded artwork: upright pixels, and the colour profile to apply once they are scaled down."""

    __slots__ = ("_icc", "image")

    def __init__(self, image: Image.Image, icc: bytes = b"") -> None:
        self.image = image
        self._icc = icc

    def to_srgb(self, image: Image.Image) -> Image.Image:
        """Return ``image``, a scaled part of this art, in sRGB; with alpha only where the art had some."""
        mode = "RGBA" if image.mode in {"RGBA", "LA"} else "RGB"
        if self._icc:
            # A broken colour profile is ignored.
            with contextlib.suppress(ImageCms.PyCMSError, OSError, TypeError, ValueError):
                return _converted(image, self._icc, mode)
        return image if image.mode in {mode, "RGBX"} else image.convert(mode)


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
        if raw.startswith(b"\x89PNG\r\n\x1a\n"):
            return _decode_other(raw, "PNG", _png_size(raw))
        if raw.startswith(b"RIFF") and raw[8:12] == b"WEBP":
            return _decode_other(raw, "WEBP", _webp_size(raw))
        if svg.is_vector(raw):
            return _decode_vector(raw, required_size)
    except Undecodable:
        raise
    except svg.Refused as exc:
        raise Undecodable(str(exc)) from exc
    except Exception as exc:  # decoders raise anything on hostile bytes
        raise Undecodable(f"{type(exc).__name__}: {exc}") from exc
    raise Undecodable("neither JPEG, PNG, WebP nor SVG")


def _check_size(width: int, height: int) -> None:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise Undecodable(f"{width}×{height} pixels")


def _decode_jpeg(raw: bytes, required_size: RequiredSize) -> DecodedArt:
    header = read_jpeg_header(raw)
    _check_size(header.width, header.height)
    if header.coding not in _CODINGS or header.precision != 8:  # noqa: PLR2004 - bits per sample
        raise Undecodable(f"JPEG of process {header.coding} with {header.precision} bits")
    scans = 1 if header.is_plain else raw.count(b"\xff\xda")
    if header.width * header.height * scans > _MAX_SCANNED_PIXELS:
        raise Undecodable("JPEG with too many scans")
    image = _jpeg_pixels(header, required_size)
    turn = _TURNS.get(header.orientation)
    return DecodedArt(image if turn is None else image.transpose(turn), header.icc)


def _jpeg_pixels(header: JpegHeader, required_size: RequiredSize) -> Image.Image:
    """Decode, at the smallest fraction that is still sharp, into memory that Pillow uses without a copy."""
    mode, space = {1: ("L", "GRAY"), 3: ("RGBX", "RGBX"), 4: ("CMYK", "CMYK")}[header.channels]
    is_sideways = header.orientation >= _SIDEWAYS
    upright = (header.height, header.width) if is_sideways else (header.width, header.height)
    minimum = [math.ceil(side * _SHARP) for side in required_size(*upright)]
    if is_sideways:
        minimum.reverse()

    # Most files store colour at half size; where the picture shrinks anyway, coarse upsampling is invisible.
    is_shrunk = header.width >= minimum[0] and header.height >= minimum[1]
    width, height = header.width, header.height
    for part in _HALVINGS:
        if header.width >= part * minimum[0] and header.height >= part * minimum[1]:
            width, height = math.ceil(width / part), math.ceil(height / part)
            break

    def pixels(*, strict: bool) -> Image.Image:
        array = simplejpeg.decode_jpeg(
            header.clean, space, min_width=width, min_height=height, fastupsample=is_shrunk, strict=strict
        )
        size = array.shape[1], array.shape[0]
        return Image.frombuffer(mode, size, array, "raw", mode + (";I" if mode == "CMYK" else ""), 0, 1)

    try:
        return pixels(strict=True)
    except ValueError as exc:
        # Extra bytes before a marker are harmless; but without an end marker the file may be truncated.
        if "extraneous bytes" not in str(exc) or header.clean.rfind(EOI) < header.clean.rfind(b"\xff\xda"):
            raise
    return pixels(strict=False)


def _decode_other(raw: bytes, name: str, size: tuple[int, int]) -> DecodedArt:
    """Decode the first frame of a PNG or WebP whose own header states ``size``."""
    _check_size(*size)
    with Image.open(io.BytesIO(raw), formats=(name,)) as opened:
        if opened.size != size:
            raise Undecodable(f"{name} contradicts itself about its size")
        opened.load()
        icc, exif = opened.info.get("icc_profile") or b"", opened.info.get("exif") or b""
        image = _normalised(opened)
    turn = _TURNS.get(read_orientation(exif.removeprefix(b"Exif\0\0")))
    return DecodedArt(image if turn is None else image.transpose(turn), icc)


def _decode_vector(raw: bytes, required_size: RequiredSize) -> DecodedArt:
    """Draw an SVG at the required size; larger where it has margins, because those may be cropped."""
    drawing = svg.Drawing(raw)
    size = required_size(*drawing.shape)
    drawn = drawing.rasterise(size)
    left, top, right, bottom = drawn.getchannel("A").getbbox() or (0, 0, *size)
    grown = min(size[0] / (right - left), size[1] / (bottom - top), math.sqrt(svg.MAX_PIXELS / math.prod(size)))
    if grown > _MARGINS:
        with contextlib.suppress(svg.Refused):  # if that takes too long, the first one is used
            drawn = drawing.rasterise((int(size[0] * grown), int(size[1] * grown)))
    return DecodedArt(drawn)


def _normalised(image: Image.Image) -> Image.Image:
    """Convert any of Pillow's modes to L, RGB or RGBA, without metadata."""
    if image.mode.startswith("I;16"):
        normalised = Image.frombytes("L", image.size, image.tobytes()[1::2])  # the high bytes; convert() would clip
    elif image.mode == "RGBA" or "transparency" in image.info or image.mode in {"LA", "PA"}:
        normalised = image.convert("RGBA")
    else:
        normalised = image.convert("L" if image.mode in {"1", "L", "I"} else "RGB")
    normalised.info = {}
    return normalised


def _png_size(raw: bytes) -> tuple[int, int]:
    if raw[12:16] != b"IHDR":
        raise Undecodable("PNG without a header")
    width, height = struct.unpack_from(">II", raw, 16)
    _check_size(width, height)
    if _PNG_END not in raw[-_MAX_TRAILING:]:  # Pillow reads on without it
        raise Undecodable("PNG without an end")
    return width, height


def _webp_size(raw: bytes) -> tuple[int, int]:
    match raw[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(raw[24:27], "little"), 1 + int.from_bytes(raw[27:30], "little")
        case b"VP8L":
            bits = int.from_bytes(raw[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", raw, 26)
            return width & 0x3FFF, height & 0x3FFF
        case _:
            raise Undecodable("WebP without a header")


_SRGB: Final = ImageCms.createProfile("sRGB")


def _converted(image: Image.Image, icc: bytes, mode: str) -> Image.Image:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    if "sRGB" in ImageCms.getProfileDescription(profile) and image.mode in {"RGB", "RGBA", "RGBX"}:
        return image  # already there
    space = profile.profile.xcolor_space.strip()
    if space == "RGB" and image.mode == "L":
        image = image.convert("RGB")
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    if alpha is not None or image.mode == "RGBX":
        image = image.convert("RGB")
    done = ImageCms.profileToProfile(image, profile, _SRGB, outputMode="RGB")
    if done is None:
        raise ValueError("not converted")
    done.info = {}
    if alpha is not None:
        done.putalpha(alpha)
    return done if done.mode == mode else done.convert(mode)
