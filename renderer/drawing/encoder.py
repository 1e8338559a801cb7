"""Encodes finished pictures, without metadata and without holding the GIL."""

import io
import os
import struct
import threading
import zlib
from typing import Final

import numpy as np
from PIL import Image, JpegImagePlugin, WebPImagePlugin

from shared.domain.pictures import Format, Kind, Size
from shared.settings.model import Heading, Settings

_REGISTERED: Final = (JpegImagePlugin, WebPImagePlugin)  # by importing them here, not during the first request
_SIZE_BY_REDUCTION: Final = {3: 0.93, 5: 0.89, 7: 0.86, 10: 0.8, 13: 0.76}
"""Reduction in quality → largest size relative to a JPEG of quality 85; measured on plain and busy posters."""
_POSTER_BYTES: Final = 100_000  # some clients refuse larger posters; large posters are exempt
_CARD_BYTES: Final = 200_000  # a screen shows many cards at once; the smallest size is meant for that
_MAX_SCRATCH: Final = 4 * 1024 * 1024  # bytes that an idle thread keeps for its next picture


def most_bytes(settings: Settings) -> int:
    """Return how many bytes a JPEG with these settings should have at most; 0 for no limit."""
    if settings.kind is Kind.POSTER and settings.size is Size.MEDIUM:
        return _POSTER_BYTES
    return _CARD_BYTES if settings.title is not Heading.NONE and settings.size is Size.SMALL else 0


def encode_picture(
    image: Image.Image, fmt: Format, quality: int, max_bytes: int = 0, *, is_fast: bool = False
) -> bytes:
    """Return ``image`` encoded without any metadata; ``quality`` (1–100) is for JPEG and WebP.

    A fast WebP takes a third of the time and looks slightly worse.
    A JPEG larger than ``max_bytes`` (0 for no limit) is encoded again at lower quality, within limits.
    """
    if fmt is not Format.JPG and image.mode == "RGBX":
        image = image.convert("RGB")
    match fmt:
        case Format.JPG:
            encoded = _saved(image, "JPEG", quality=quality, subsampling=2)
            if 0 < max_bytes < len(encoded):
                encoded = _saved(
                    image, "JPEG", quality=_reduced_quality(quality, max_bytes / len(encoded)), subsampling=2
                )
            return encoded
        case Format.PNG:
            return _png(image)
        case Format.WEBP:
            return _saved(image, "WEBP", quality=quality, method=0 if is_fast else 3)


def _reduced_quality(quality: int, share: float) -> int:
    """Return the quality at which a JPEG most likely shrinks to ``share`` of its size."""
    steps = next((steps for steps, size in _SIZE_BY_REDUCTION.items() if size <= share), max(_SIZE_BY_REDUCTION))
    return max(1, quality - steps)


_PNG_COLOURS: Final = {"RGB": 2, "RGBA": 6}  # PNG's colour types
_UP: Final = 2  # PNG's filter that keeps only the difference from the row above


def _png(image: Image.Image) -> bytes:
    """Return the picture as PNG, in a quarter to half of the time that Pillow takes to try every filter on every row.

    Flat and mostly transparent pictures compress best unfiltered. Pictures full of art have no repetitions: the
    difference from the row above, without a search for matches, is within 10% of the smallest result.
    """
    channels = len(image.getbands())
    rows = np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, image.width * channels)
    packed = np.zeros((image.height, 1 + rows.shape[1]), np.uint8)
    if image.mode == "RGBA":
        packed[:, 1:] = rows
        packer = zlib.compressobj(4, zlib.DEFLATED, zlib.MAX_WBITS, 9)
    else:
        packed[1:, 0] = _UP
        packed[0, 1:] = rows[0]
        np.subtract(rows[1:], rows[:-1], out=packed[1:, 1:])
        packer = zlib.compressobj(4, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
    body = packer.compress(packed.data) + packer.flush()
    head = struct.pack(">IIBBBBB", image.width, image.height, 8, _PNG_COLOURS[image.mode], 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(name)))


def _saved(image: Image.Image, name: str, **options: int) -> bytes:
    """Save into a memory file with a descriptor, for which Pillow encodes without holding the GIL."""
    file = _scratch.file
    if file is None:
        buffer = io.BytesIO()
        image.save(buffer, name, **options)
        return buffer.getvalue()
    file.seek(0)
    image.save(file, name, **options)
    encoded = os.pread(file.fileno(), file.tell(), 0)
    if len(encoded) > _MAX_SCRATCH:
        file.truncate(_MAX_SCRATCH)
    return encoded


class _Memory(io.FileIO):
    """A file in memory that is closed without a warning when its thread ends."""

    def __del__(self) -> None:
        self.close()


class _Scratch(threading.local):
    """A thread's own file in memory, reused for every picture: fresh memory pages would cost 10% of the time."""

    def __init__(self) -> None:
        is_linux = hasattr(os, "memfd_create")
        self.file = _Memory(os.memfd_create("picture"), "w+") if is_linux else None


_scratch: Final = _Scratch()
