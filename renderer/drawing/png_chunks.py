"""Reads the chunks of a PNG and keeps those that hold pixels, so that a defect in any other chunk does no harm."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

import msgspec

from renderer.drawing.jpeg_header import read_orientation

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS: Final = 200_000  # a writer that splits 25 MB into chunks of 128 bytes stays below this
_MAX_PROFILE: Final = 4 * 1024 * 1024  # of a colour profile when unpacked; larger ones are ignored
_MAX_TRANSPARENCY: Final = 256
_BLOCK: Final = 1 << 16
_END: Final = b"\0\0\0\0IEND\xaeB`\x82"
_SAMPLES: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PALETTE: Final = 3
_PASSES: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


class PngChunks(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a PNG that matter; a colour profile or an orientation that cannot be read is left out."""

    width: int
    height: int
    depth: int
    colour: int
    is_interlaced: bool
    kept: tuple[bytes, ...]
    """Header, palette and transparency, as whole chunks."""
    pixels: tuple[bytes, ...]
    """The packed pixels of each chunk."""
    is_ended: bool
    icc: bytes
    orientation: int


def read_png(raw: bytes) -> PngChunks:
    """Read the chunks of a PNG. Raises ``ValueError`` when its header or its palette is damaged."""
    width, height, depth, colour, interlace = _read_header(raw)
    kept, pixels, icc, orientation, is_ended = [raw[8:33]], [], b"", 1, False
    for name, body, is_intact in _chunks(raw):
        match name:
            case b"IDAT":
                pixels.append(body)
            case b"PLTE" if colour == _PALETTE and not is_intact:
                raise ValueError("PNG with a damaged palette")
            case b"PLTE" if colour == _PALETTE:
                kept.append(_chunk(name, body))
            case b"tRNS" if is_intact and len(body) <= _MAX_TRANSPARENCY:
                kept.append(_chunk(name, body))
            case b"iCCP" if is_intact:
                icc = _unpacked_profile(body)
            case b"eXIf" if is_intact:
                orientation = read_orientation(body.removeprefix(b"Exif\0\0"))
            case b"IEND":
                is_ended = True
            case _:
                pass
    return PngChunks(
        width=width,
        height=height,
        depth=depth,
        colour=colour,
        is_interlaced=bool(interlace),
        kept=tuple(kept),
        pixels=tuple(pixels),
        is_ended=is_ended,
        icc=icc,
        orientation=orientation,
    )


def clean_png(png: PngChunks) -> bytes:
    """Return a PNG of only what is kept. Raises ``ValueError`` for one that ends before its last pixel."""
    if not png.is_ended and not _has_all_pixels(png):
        raise ValueError("PNG without an end")
    return b"".join((SIGNATURE, *png.kept, *(_chunk(b"IDAT", body) for body in png.pixels), _END))


def _read_header(raw: bytes) -> tuple[int, int, int, int, int]:
    if raw[8:16] != b"\0\0\0\rIHDR" or len(raw) < 33:  # noqa: PLR2004 - where the header ends
        raise ValueError("PNG without a header")
    if zlib.crc32(raw[12:29]).to_bytes(4, "big") != raw[29:33]:
        raise ValueError("PNG with a damaged header")
    width, height, depth, colour, _, _, interlace = struct.unpack_from(">IIBBBBB", raw, 16)
    return width, height, depth, colour, interlace


def _chunks(raw: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
    """Yield name, body and soundness of each chunk after the header, up to the end; the last may be cut short."""
    at = 33
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(raw):
            return
        length, name = struct.unpack_from(">I4s", raw, at)
        body = raw[at + 8 : at + 8 + length]
        stated = raw[at + 8 + length : at + 12 + length]
        # Packed pixels have a checksum of their own, and theirs is the only large chunk.
        yield name, body, name != b"IDAT" and zlib.crc32(raw[at + 4 : at + 8 + length]).to_bytes(4, "big") == stated
        if name == b"IEND":
            return
        at += 12 + length
    raise ValueError("PNG of too many chunks")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + zlib.crc32(body, zlib.crc32(name)).to_bytes(4, "big")


def _unpacked_profile(body: bytes) -> bytes:
    """Return the colour profile, empty if it cannot be unpacked or is too large."""
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(body[body.index(b"\0") + 2 :], _MAX_PROFILE)
    except (ValueError, zlib.error):
        return b""
    return profile if unpacker.eof else b""


def _has_all_pixels(png: PngChunks) -> bool:
    """Return whether the packed pixels are complete, which a missing end leaves open."""
    missing = _unpacked_size(png)
    unpacker = zlib.decompressobj()
    try:
        for body in png.pixels:
            while body and missing > 0:
                missing -= len(unpacker.decompress(body, _BLOCK))
                body = unpacker.unconsumed_tail  # noqa: PLW2901 - the rest of it
    except zlib.error:
        return False
    return missing <= 0


def _unpacked_size(png: PngChunks) -> int:
    """Return the bytes of all rows, each with the byte that names its filter."""
    bits = png.depth * _SAMPLES.get(png.colour, 4)
    passes = _PASSES if png.is_interlaced else ((0, 0, 1, 1),)
    sides = [(-(-(png.width - x) // dx), -(-(png.height - y) // dy)) for x, y, dx, dy in passes]
    return sum(height * (1 + -(-width * bits // 8)) for width, height in sides if width > 0 and height > 0)
