"""Reads the header of a JPEG before it is decoded: size, coding, orientation and colour profile.

The bytes are untrusted, so no length is trusted: every read stays inside the file and every list is limited. The
decoder sees the picture only after the header was validated.
"""

import struct
from collections.abc import Iterator
from typing import Final

import msgspec

from renderer.drawing.jpeg_scans import EOI, read_scans, sound_segment

SOI: Final = b"\xff\xd8"
_SOS: Final = 0xDA
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # every start of frame; the rest are tables
_BODILESS: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a body
_APP1: Final = 0xE1
_APP2: Final = 0xE2
_DROPPED: Final = frozenset({0xFE, *range(0xE1, 0xEE), 0xEF})  # comments and metadata, which no decoder needs
_FILL: Final = 0xFF
_MAX_SEGMENTS: Final = 1000
_MAX_JUNK: Final = 4096  # bytes that a sloppy writer may have left between two segments
_ORIENTATION: Final = 0x0112
_MAX_TAGS: Final = 512
_SHORT: Final = 3  # TIFF's type of a 16-bit number

_ICC: Final = b"ICC_PROFILE\0"
_EXIF: Final = b"Exif\0\0"


class JpegHeader(msgspec.Struct, frozen=True):
    """The header of a JPEG, and ``clean``: the file without the defects of its header, which decoders reject."""

    width: int
    height: int
    coding: int  # the start-of-frame marker's low nibble: 0 baseline, 1 extended, 2 progressive, 3 lossless…
    precision: int
    channels: int
    scans: int
    orientation: int
    icc: bytes
    clean: bytes
    end: int
    """Where the last scan of ``clean`` ends."""


class JpegFrame(msgspec.Struct, frozen=True):
    """What the header says of a JPEG before its scans are read."""

    width: int
    height: int
    coding: int
    precision: int
    channels: int
    factors: bytes
    """The sampling factors of each channel: horizontal in the upper half, vertical in the lower."""
    is_in_scans: bool
    """Whether the first scan lacks channels, so that the whole picture must be kept until the last one."""
    orientation: int


def read_jpeg_frame(raw: bytes) -> JpegFrame:
    """Read only the header of a JPEG. Raises ``ValueError`` when it is invalid."""
    frame: tuple[int, int, int, int, int] | None = None
    orientation, factors, is_in_scans = 1, b"", False
    for marker, start, end, _ in _segments(raw):
        if marker in _FRAMES and frame is None:
            frame = _read_frame(marker, raw[start:end])
            factors = raw[start + 7 : end : 3][: frame[-1]]
        elif marker == _APP1 and raw.startswith(_EXIF, start):
            orientation = read_orientation(raw[start + len(_EXIF) : end])
        elif marker == _SOS and frame is not None:
            is_in_scans = raw[start] < frame[-1]
    if frame is None:
        raise ValueError("JPEG without a frame")
    coding, precision, height, width, channels = frame
    return JpegFrame(width, height, coding, precision, channels, factors, is_in_scans, orientation)


def read_jpeg_header(raw: bytes) -> JpegHeader:
    """Read the header of a JPEG and where its scans are. Raises ``ValueError`` when it is invalid or scans are missing.

    ``clean`` always has an end marker; whether the last scan is complete shows when it is decoded.
    """
    frame: tuple[int, int, int, int, int] | None = None
    orientation = 1
    profile: dict[int, bytes] = {}
    kept: list[bytes] = [SOI]
    scan = 0
    for marker, start, end, _ in _segments(raw):
        body = raw[start:end]
        if marker in _FRAMES and frame is None:
            frame = _read_frame(marker, body)
        elif marker == _APP1 and body.startswith(_EXIF):
            orientation = read_orientation(body[len(_EXIF) :])
        elif marker == _APP2 and body.startswith(_ICC) and len(body) > len(_ICC) + 2:
            profile[body[len(_ICC)]] = body[len(_ICC) + 2 :]
        if marker == _SOS:
            scan = start - 4
        elif marker not in _DROPPED:
            kept.append(raw[start - 4 : start] + sound_segment(marker, body))
    if frame is None or scan == 0:
        raise ValueError("JPEG without a frame or a scan")
    coding, precision, height, width, channels = frame
    scans = read_scans(raw, scan, coding=coding, channels=channels)
    clean = b"".join((*kept, scans.body, EOI))
    icc = b"".join(profile[number] for number in sorted(profile))
    end = len(clean) - len(EOI)
    return JpegHeader(width, height, coding, precision, channels, scans.count, orientation, icc, clean, end)


def _segments(raw: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield marker, start and end of the body, and bytes of junk before it, up to and including the first scan."""
    if not raw.startswith(SOI):
        raise ValueError("no JPEG")
    at = len(SOI)
    for _ in range(_MAX_SEGMENTS):
        found = raw.find(b"\xff", at, at + _MAX_JUNK)
        if found < 0:
            break
        start = found + 1
        while start < len(raw) and raw[start] == _FILL:  # fill bytes before a marker are legal
            start += 1
        if start + 3 > len(raw):
            break
        marker = raw[start]
        if marker == 0 or marker in _BODILESS:
            at = start + 1
            continue
        length = int.from_bytes(raw[start + 1 : start + 3], "big")
        end = start + 1 + length
        if length < 2 or end > len(raw):  # noqa: PLR2004 - the length counts its own two bytes
            break
        yield marker, start + 3, end, start - 1 - at
        if marker == _SOS:
            return
        at = end
    raise ValueError("JPEG header without an end")


def _read_frame(marker: int, body: bytes) -> tuple[int, int, int, int, int]:
    try:
        precision, height, width, channels = struct.unpack_from(">BHHB", body)
    except struct.error as exc:
        raise ValueError("truncated JPEG frame") from exc
    return marker & 0x0F, precision, height, width, channels


def read_orientation(tiff: bytes) -> int:
    """Return the orientation (1–8) that an EXIF block states; 1 when there is none or it cannot be read."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (offset,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, offset)
        for entry in range(min(count, _MAX_TAGS)):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, offset + 2 + entry * 12)
            if tag == _ORIENTATION and kind == _SHORT:
                return value if 1 <= value <= 8 else 1  # noqa: PLR2004 - EXIF defines eight
    except struct.error:
        return 1
    return 1
