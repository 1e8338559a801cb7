"""Decodes JPEGs: nearly all of them with simplejpeg, and those that it cannot take with imagecodecs in the sandbox.

simplejpeg decodes at a fraction of the size and stops at the first defect, but it knows only the usual samplings, and
8 bits in Huffman-coded blocks. The other decoder reports no defect, so whether a file is complete is tested there.
"""

import math
import re
import struct
from collections.abc import Callable
from typing import Final

import simplejpeg
from PIL import Image

from renderer.drawing.jpeg_header import JpegFrame, JpegHeader
from renderer.drawing.sandbox import Program, SandboxError

RequiredSize = Callable[[int, int], tuple[int, int]]
"""Given the upright art's width and height, the size from which the picture will be scaled."""

SIDEWAYS: Final = 5  # orientations from here on swap width and height

_SHARP: Final = 1.25  # decode at least this much larger than needed: the JPEG's own scaling is softer than Lanczos
_HALVINGS: Final = (
    8,
    4,
    2,
)  # fractions that libjpeg decodes with vector instructions; 7/8 takes twice as long as full size
_FAST: Final = frozenset({0, 1, 2})  # baseline, extended, progressive
_SLOW: Final = frozenset({3, 9, 10})  # lossless, arithmetic-coded, both
_ARITHMETIC: Final = frozenset({9, 10})
_LEFT_OUT: Final = (
    16  # an arithmetic coder leaves out zeros at the end; this many bytes are more than it can read ahead
)
_BITS: Final = 8
MAX_SLOW_PIXELS: Final = 16_000_000
"""More are not decoded in the second of CPU time that the sandbox has."""

_SLOW_PIXEL_BYTES: Final = 26  # two results of 8 bytes, one of them shifted, and a whole coefficient buffer
_SLOW_SPARE: Final = 48 << 20
_USUAL: Final = (b"\x11", b"\x21", b"\x22", b"\x12", b"\x41")  # 4:4:4, 4:2:2, 4:2:0, 4:4:0 and 4:1:1
_MODES: Final = {1: ("L", "GRAY"), 3: ("RGBX", "RGBX"), 4: ("CMYK", "CMYK")}
_PLAIN_MODES: Final = {1: "L", 3: "RGB", 4: "CMYK"}
_LEFT_OVER: Final = re.compile("extraneous bytes before marker 0x(?!d[0-7])")
_UNKNOWN_SAMPLING: Final = "subsampling"

_DECODER: Final = Program(
    imports="import struct, numpy, imagecodecs\ndecode = imagecodecs.jpeg8_decode",
    work="""
precision, end, zeros = map(int, sys.argv[3:])
# Bytes after a complete scan are ignored; a scan that was cut short goes on into them.
further = bytes(zeros) + bytes((each * 167 + 89) % 251 for each in range(2000))
pixels = decode(raw)
if not numpy.array_equal(pixels, decode(raw[:end] + further + raw[end:])):
    sys.exit("premature end of the scan")
if pixels.dtype != numpy.uint8:
    pixels = pixels >> (precision - 8)
elif precision < 8:
    pixels = pixels << (8 - precision)
height, width = pixels.shape[:2]
channels = pixels.shape[2] if pixels.ndim == 3 else 1
sys.stdout.buffer.write(struct.pack(">HHB", width, height, channels))
sys.stdout.buffer.write(numpy.ascontiguousarray(pixels, dtype=numpy.uint8))
""",
)
_RESULT: Final = struct.Struct(">HHB")


def is_slow(frame: JpegFrame) -> bool:
    """Return whether a JPEG may have to be decoded in the sandbox."""
    luma, chroma = frame.factors[:1], frame.factors[1:]
    is_usual = frame.channels == 1 or (luma in _USUAL and not chroma.strip(b"\x11"))
    return not (frame.coding in _FAST and frame.precision == _BITS and is_usual)


def slow_jpeg_bytes(pixels: int, size: int) -> int:
    """Return the memory in which the sandbox decodes such a JPEG: twice, with 16 bits and four channels at most."""
    return min(pixels, MAX_SLOW_PIXELS) * _SLOW_PIXEL_BYTES + 6 * size + _SLOW_SPARE


def decode_jpeg(header: JpegHeader, required_size: RequiredSize) -> Image.Image:
    """Return the pixels as they are stored, not yet upright. Raises ``ValueError`` for a file that is not accepted."""
    if header.channels not in _MODES:
        raise ValueError(f"JPEG of {header.channels} channels")
    if header.coding in _FAST and header.precision == _BITS:
        try:
            return _fast(header, required_size)
        except ValueError as exc:
            if _UNKNOWN_SAMPLING not in str(exc):
                raise
    elif header.coding not in _FAST | _SLOW:
        raise ValueError(f"JPEG of process {header.coding} with {header.precision} bits")
    return _slow(header)


def _fast(header: JpegHeader, required_size: RequiredSize) -> Image.Image:
    """Decode, at the smallest fraction that is still sharp, into memory that Pillow uses without a copy."""
    mode, space = _MODES[header.channels]
    is_sideways = header.orientation >= SIDEWAYS
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
        if not _LEFT_OVER.search(str(exc)):  # a scan is complete when bytes are left over before the next part
            raise
    return pixels(strict=False)


def _slow(header: JpegHeader) -> Image.Image:
    try:
        result = _DECODER.run(
            header.clean,
            header.precision,
            header.end,
            _LEFT_OUT if header.coding in _ARITHMETIC else 0,
            memory=slow_jpeg_bytes(header.width * header.height, len(header.clean)),
        )
    except SandboxError as exc:
        raise ValueError(f"JPEG {exc}") from exc
    width, height, channels = _RESULT.unpack_from(result)
    if (width, height, channels) != (header.width, header.height, header.channels):
        raise ValueError("JPEG was decoded at another size")
    mode = _PLAIN_MODES[channels]
    layout = mode + (";I" if mode == "CMYK" else "")
    return Image.frombuffer(mode, (width, height), result[_RESULT.size :], "raw", layout, 0, 1)
