"""Finds the scans of a JPEG and repairs the fields around them that decoders reject though no pixel depends on them."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

EOI: Final = b"\xff\xd9"

_SOS: Final = 0xDA
_APP0: Final = 0xE0
_APP14: Final = 0xEE
_MARKER: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # in a scan, 0 and restarts are part of it, and FF is filling
_MAX_SCANS: Final = 1000
_MAX_TABLES: Final = 5000
_SEQUENTIAL: Final = frozenset({0, 1, 9})  # Huffman-coded, extended, arithmetic-coded
_PROGRESSIVE: Final = frozenset({2, 10})
_LAST: Final = 63  # the last coefficient of a block
_JFIF: Final = b"JFIF\0"
_ADOBE: Final = b"Adobe"
_TRANSFORM: Final = 11  # where Adobe's segment names the colours
_KNOWN_TRANSFORMS: Final = frozenset({0, 1, 2})


class JpegScans(msgspec.Struct, frozen=True):
    """The scans of a JPEG: how many they are, and their bytes from the first to before the end marker."""

    count: int
    body: bytearray


class _Scan(msgspec.Struct, frozen=True):
    """The fields of a scan's header, and where the last three of them are."""

    components: bytes
    first: int
    last: int
    bits: int
    at: int


def sound_segment(marker: int, body: bytes) -> bytes:
    """Return the body of a header's segment with values that decoders know: those they assume for an unknown one."""
    if marker == _APP0 and body.startswith(_JFIF) and len(body) > len(_JFIF):
        return body[:5] + b"\x01" + body[6:]  # the revision
    is_adobe = marker == _APP14 and body.startswith(_ADOBE) and len(body) > _TRANSFORM
    if is_adobe and body[_TRANSFORM] not in _KNOWN_TRANSFORMS:
        return body[:_TRANSFORM] + b"\x01" + body[_TRANSFORM + 1 :]
    return body


def read_scans(raw: bytes, at: int, *, coding: int, channels: int) -> JpegScans:
    """Read the scans that begin at ``at``. Raises ``ValueError`` if there are too many, or some are missing."""
    scans: list[_Scan] = []
    end, is_ended = len(raw), False
    for marker, start, scan in _markers(raw, at):
        if scan is not None:
            scans.append(scan)
        else:
            end, is_ended = start, marker == EOI[1]
    if not is_ended and not _are_complete(scans, coding, channels):
        raise ValueError("Premature end of JPEG file: scans are missing")
    body = bytearray(memoryview(raw)[at:end])
    if body.endswith(b"\xff"):
        body = body.rstrip(b"\xff")
    if coding in _SEQUENTIAL:
        for scan in scans:  # a sequential scan always holds whole blocks, whatever its header says
            body[scan.at - at : scan.at - at + 3] = bytes((0, _LAST, 0))
    return JpegScans(len(scans), body)


def _markers(raw: bytes, at: int) -> Iterator[tuple[int, int, _Scan | None]]:
    """Yield each scan from ``at`` on, and then the marker that ends the last one, if any."""
    scans = 0
    for _ in range(_MAX_TABLES):
        found = _MARKER.search(raw, at)
        if found is None:
            return
        at, marker = found.end(), raw[found.end() - 1]
        length = int.from_bytes(raw[at : at + 2], "big")
        body = raw[at + 2 : at + length]
        if marker in {EOI[1], 0xD8} or length < 2 or len(body) < length - 2:  # noqa: PLR2004 - two bytes of its own
            yield marker, found.start(), None
            return
        if marker == _SOS:
            scans += 1
            yield marker, found.start(), _read_scan(body, at + 2)
        if scans > _MAX_SCANS:
            break
        at += length
    raise ValueError("JPEG with too many scans")


def _read_scan(body: bytes, at: int) -> _Scan:
    count = body[0] if body else 0
    fields = 1 + 2 * count
    if not 1 <= count <= 4 or len(body) < fields + 3:  # noqa: PLR2004 - a scan has at most four components
        raise ValueError("JPEG with a broken scan header")
    first, last, bits = body[fields : fields + 3]
    return _Scan(body[1:fields:2], first, last, bits & 0x0F, at + fields)


def _are_complete(scans: list[_Scan], coding: int, channels: int) -> bool:
    """Return whether the scans, as their headers state them, hold every bit of every coefficient."""
    found: dict[int, list[int | None]] = {}
    for scan in scans:
        for component in scan.components:
            bits = found.setdefault(component, [None] * (_LAST + 1))
            if coding in _PROGRESSIVE:
                bits[scan.first : scan.last + 1] = [scan.bits] * (scan.last + 1 - scan.first)
            else:
                bits[:] = [0] * (_LAST + 1)
    return len(found) == channels and all(bits == 0 for each in found.values() for bits in each)
