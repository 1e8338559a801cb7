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

from renderer.drawing.decoded_art import DecodedArt, Pixels
from renderer.drawing.jpeg_header import JpegFrame, JpegHeader
from renderer.drawing.kept_memory import kept_memory
from renderer.drawing.sandbox import Program, SandboxError

RequiredSize = Callable[[int, int], tuple[int, int]]
"""Given the upright art's width and height, the size from which the picture will be scaled."""

SIDEWAYS: Final = 5  # orientations from here on swap width and height

_SHRUNK: Final = 1.25  # artwork that is larger than needed by this loses more by scaling than by coarse colours
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


def decode_jpeg(header: JpegHeader, required_size: RequiredSize) -> DecodedArt:
    """Return the artwork, upright. Raises ``ValueError`` for a file that is not accepted."""
    return _as_stored(header, required_size).upright(header.orientation)


def _as_stored(header: JpegHeader, required_size: RequiredSize) -> DecodedArt:
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


def _fast(header: JpegHeader, required_size: RequiredSize) -> DecodedArt:
    """Decode, at the smallest fraction that is large enough, into memory that Pillow uses without a copy."""
    mode, space = _MODES[header.channels]
    width, height, is_shrunk = _fraction(header, required_size)

    def pixels(*, strict: bool) -> Pixels:
        array: Pixels = simplejpeg.decode_jpeg(
            header.clean,
            space,
            min_width=width,
            min_height=height,
            fastupsample=is_shrunk,
            buffer=kept_memory(width * height * len(mode)),
            strict=strict,
        )
        return array

    try:
        array = pixels(strict=True)
    except ValueError as exc:
        if not _LEFT_OVER.search(str(exc)):  # a scan is complete when bytes are left over before the next part
            raise
        array = pixels(strict=False)
    if mode == "CMYK":
        inks = _inverted(array, (array.shape[1], array.shape[0]))
        return DecodedArt(inks, header.icc, is_reduced=width < header.width)
    return DecodedArt.mapped(array, mode, header.icc, is_reduced=width < header.width)


def _fraction(header: JpegHeader, required_size: RequiredSize) -> tuple[int, int, bool]:
    """Return the width and height to decode at, and whether colour may be upsampled coarsely."""
    is_sideways = header.orientation >= SIDEWAYS
    upright = (header.height, header.width) if is_sideways else (header.width, header.height)
    required = required_size(*upright)
    if is_sideways:
        required = required[1], required[0]
    for part in _HALVINGS:
        if header.width >= part * required[0] and header.height >= part * required[1]:
            return math.ceil(header.width / part), math.ceil(header.height / part), True
    # Most files store colour at half size; where the picture shrinks anyway, coarse upsampling is invisible.
    is_shrunk = header.width >= _SHRUNK * required[0] and header.height >= _SHRUNK * required[1]
    return header.width, header.height, is_shrunk


def _inverted(pixels: Pixels | bytes, size: tuple[int, int]) -> Image.Image:
    """Return a picture of four inks, which JPEG stores inverted."""
    return Image.frombuffer("CMYK", size, pixels, "raw", "CMYK;I", 0, 1)


def _slow(header: JpegHeader) -> DecodedArt:
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
    mode, pixels = _PLAIN_MODES[channels], result[_RESULT.size :]
    if mode == "CMYK":
        return DecodedArt(_inverted(pixels, (width, height)), header.icc)
    return DecodedArt(Image.frombuffer(mode, (width, height), pixels, "raw", mode, 0, 1), header.icc)
