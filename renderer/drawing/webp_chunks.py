"""Reads the chunks of a WebP and keeps those that hold pixels, so that a defect in any other chunk does no harm."""

import struct
from collections.abc import Iterator
from typing import Final

import msgspec

from renderer.drawing.jpeg_header import read_orientation

_MAX_CHUNKS: Final = 10_000
_HAS_ALPHA: Final = 0x10
_IS_ANIMATED: Final = 0x02
_FLAGS: Final = 20  # where they are in an extended header


class WebpChunks(msgspec.Struct, frozen=True, kw_only=True):
    """The size of a WebP, what its metadata says, and the file with nothing but its pixels."""

    width: int
    height: int
    icc: bytes
    orientation: int
    clean: bytes
    """An animation is left as it is."""
    is_animated: bool


def read_webp(raw: bytes) -> WebpChunks:
    """Read the chunks of a WebP. Raises ``ValueError`` for one without a header."""
    width, height = webp_size(raw)
    icc, orientation, pixels = b"", 1, dict[bytes, bytes]()
    for name, body in _chunks(raw):
        match name:
            case b"ICCP":
                icc = body
            case b"EXIF":
                orientation = read_orientation(body.removeprefix(b"Exif\0\0"))
            case b"ALPH" | b"VP8 " | b"VP8L":
                pixels.setdefault(name, _chunk(name, body))
            case _:
                pass
    animated = is_animated(raw)
    clean = raw if animated else _clean(raw, pixels)
    return WebpChunks(width=width, height=height, icc=icc, orientation=orientation, clean=clean, is_animated=animated)


def is_animated(raw: bytes) -> bool:
    """Return whether the header announces an animation."""
    return raw[12:16] == b"VP8X" and len(raw) > _FLAGS and bool(raw[_FLAGS] & _IS_ANIMATED)


def has_alpha(clean: bytes) -> bool:
    """Return whether a still picture without other chunks may be transparent."""
    if clean[12:16] == b"VP8L":
        return bool(clean[24] >> 4 & 1)
    return clean[12:16] == b"VP8X" and bool(clean[_FLAGS] & _HAS_ALPHA)


def webp_size(raw: bytes) -> tuple[int, int]:
    """Return width and height as the header states them. Raises ``ValueError`` when there is none."""
    match raw[12:16]:
        case b"VP8X" if len(raw) >= 30:  # noqa: PLR2004 - where the size ends
            return 1 + int.from_bytes(raw[24:27], "little"), 1 + int.from_bytes(raw[27:30], "little")
        case b"VP8L" if len(raw) >= 25:  # noqa: PLR2004 - where the size ends
            bits = int.from_bytes(raw[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 " if len(raw) >= 30:  # noqa: PLR2004 - where the size ends
            width, height = struct.unpack_from("<HH", raw, 26)
            return width & 0x3FFF, height & 0x3FFF
        case _:
            raise ValueError("WebP without a header")


def _chunks(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and body of each chunk that is there as a whole."""
    at = 12
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(raw):
            return
        name, length = struct.unpack_from("<4sI", raw, at)
        at += 8
        if at + length > len(raw):
            return
        yield name, raw[at : at + length]
        at += length + length % 2
    raise ValueError("WebP of too many chunks")


def _clean(raw: bytes, pixels: dict[bytes, bytes]) -> bytes:
    """Return a file of the first picture only; of a file that lost its pixels, what there is."""
    lossy, alpha = pixels.get(b"VP8 "), pixels.get(b"ALPH", b"")
    if b"VP8L" in pixels and lossy is None:
        parts = pixels[b"VP8L"]
    elif lossy is not None and alpha:
        parts = _chunk(b"VP8X", bytes((_HAS_ALPHA, 0, 0, 0)) + raw[24:30]) + alpha + lossy
    elif lossy is not None:
        parts = lossy
    else:
        return raw
    return b"RIFF" + struct.pack("<I", len(parts) + 4) + b"WEBP" + parts


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
