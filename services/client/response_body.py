"""Reads a response body by its first bytes: ``Content-Encoding`` is often missing or wrong.

Servers, and the proxies in front of them, send gzip without saying so, plain text that claims to be gzip, and bodies
that are compressed twice. No picture and no JSON begins like gzip or zlib data.
"""

import asyncio
import zlib
from contextlib import suppress
from typing import Final

from services.client.exchange import ReceivedResponse
from shared.domain.errors import SourceInvalidResponse, SourceTooLarge

_GZIP: Final = b"\x1f\x8b"
_ZLIB: Final = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")  # RFC 1950: a window of 32 KB, four levels
_GZIP_BITS: Final = 31  # zlib's numbers for the formats
_ZLIB_BITS: Final = 15
_RAW_BITS: Final = -15
_MOST_LAYERS: Final = 2
_IN_THREAD_BYTES: Final = 32 << 10  # more takes longer than the event loop may be blocked
_BOM: Final = b"\xef\xbb\xbf"


async def receive_body(source: str, response: ReceivedResponse, max_bytes: int) -> bytes:
    """Return the body, decompressed and without a byte order mark.

    Raises ``SourceTooLarge`` if it has more than ``max_bytes`` before or after decompression, and
    ``SourceInvalidResponse`` if its compressed data is damaged.
    """
    if (response.content_length or 0) > max_bytes:
        raise SourceTooLarge(source, f"declares more than {max_bytes} bytes")
    parts: list[bytes] = []
    size = 0
    while not response.content.at_eof():
        part = await response.content.readany()  # as it came, without a copy
        parts.append(part)
        size += len(part)
        if size > max_bytes:
            raise SourceTooLarge(source, f"more than {max_bytes} bytes")
    body = b"".join(parts)
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if len(body) > _IN_THREAD_BYTES and _format(body, encoding) is not None:
        return await asyncio.to_thread(decompress_body, source, body, encoding, max_bytes)
    return decompress_body(source, body, encoding, max_bytes)


def decompress_body(source: str, body: bytes, encoding: str, max_bytes: int) -> bytes:
    """Return the plain bytes of a body; ``encoding`` only matters for deflate data without a header of its own.

    Raises like :func:`receive_body`.
    """
    for _ in range(_MOST_LAYERS):
        bits = _format(body, encoding)
        if bits is None:
            break
        plain = _inflate(source, body, bits, max_bytes)
        if plain is None:
            break
        body, encoding = plain, ""
    return body.removeprefix(_BOM)


def _format(body: bytes, encoding: str) -> int | None:
    if body.startswith(_GZIP):
        return _GZIP_BITS
    if body.startswith(_ZLIB):
        return _ZLIB_BITS
    return _RAW_BITS if encoding == "deflate" and body else None


def _inflate(source: str, body: bytes, bits: int, max_bytes: int) -> bytes | None:
    """Return the decompressed body; ``None`` if it claims to be raw deflate data and is not."""
    plain, rest, is_whole = bytearray(), body, False
    with suppress(zlib.error):
        while not is_whole or rest.startswith(_GZIP):  # a gzip body may have several members
            stream = zlib.decompressobj(bits)
            plain += stream.decompress(rest, max_bytes + 1 - len(plain))
            if len(plain) > max_bytes:
                raise SourceTooLarge(source, f"more than {max_bytes} bytes when decompressed")
            is_whole, rest = stream.eof, stream.unused_data
            if not is_whole:
                break
    if bits == _RAW_BITS:
        return bytes(plain) if is_whole and not rest else None
    if not is_whole:
        raise SourceInvalidResponse(source, f"{len(body)} bytes of damaged compressed data")
    return bytes(plain)
