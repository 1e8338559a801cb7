"""The troubles that an outside source can be in: each answers in place of the source, or spoils its answer."""

import asyncio
import random
import struct
import zlib
from contextlib import suppress
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.stack.sources import HEALED, Fault, Source

_MB: Final = 1 << 20
_TOO_MUCH: Final = 30 * _MB
_CHUNK: Final = bytes(_MB // 4)
_SIDE: Final = 8000  # 64 megapixels in a few kilobytes
_PAGE: Final = b"<!doctype html><html><body><h1>Welcome to the hotel's network</h1></body></html>"


def status(code: int, **headers: str) -> Fault:
    """Answer with a status and nothing of use; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def fault(_request: web.Request, _handler: Handler) -> web.StreamResponse:
        return web.Response(status=code, headers=named, text=f"status {code}")

    return fault


def body(raw: bytes, content_type: str) -> Fault:
    """Answer 200 with these bytes."""

    async def fault(_request: web.Request, _handler: Handler) -> web.StreamResponse:
        return web.Response(body=raw, content_type=content_type)

    return fault


def says(code: int, words: dict[str, object], **headers: str) -> Fault:
    """Answer with a status and JSON; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def fault(_request: web.Request, _handler: Handler) -> web.StreamResponse:
        return web.json_response(words, status=code, headers=named)

    return fault


def slow(seconds: float) -> Fault:
    """Answer rightly, but late."""

    async def fault(request: web.Request, handler: Handler) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await handler(request)

    return fault


async def held(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer rightly, but not before the fault ends."""
    await request[HEALED].wait()
    return await handler(request)


async def hang(request: web.Request, _handler: Handler) -> web.StreamResponse:
    """Say nothing until the fault ends, and then hang up."""
    await request[HEALED].wait()
    return await reset(request, _handler)


async def reset(request: web.Request, _handler: Handler) -> web.StreamResponse:
    """Hang up."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def cut_off(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Announce the whole answer, send half of it and hang up."""
    whole = await handler(request)
    assert isinstance(whole, web.Response)
    assert isinstance(whole.body, bytes)
    response = web.StreamResponse(headers={"Content-Type": whole.content_type})
    response.content_length = len(whole.body)
    await response.prepare(request)
    await response.write(whole.body[: len(whole.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def half_a_picture(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Send half of the answer as if it were all."""
    whole = await handler(request)
    assert isinstance(whole, web.Response)
    assert isinstance(whole.body, bytes)
    return web.Response(body=whole.body[: len(whole.body) // 2], content_type=whole.content_type)


async def declared_too_large(request: web.Request, _handler: Handler) -> web.StreamResponse:
    """Announce more than anybody should take."""
    response = web.StreamResponse(headers={"Content-Type": "image/jpeg"})
    response.content_length = _TOO_MUCH
    return await _pour(request, response)


async def streamed_too_large(request: web.Request, _handler: Handler) -> web.StreamResponse:
    """Send more than anybody should take, without announcing it."""
    response = web.StreamResponse(headers={"Content-Type": "image/jpeg"})
    response.enable_chunked_encoding()
    return await _pour(request, response)


async def _pour(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    await response.prepare(request)
    await response.write(b"\xff\xd8\xff")
    with suppress(ConnectionError):  # whoever asked has seen enough
        for _ in range(_TOO_MUCH // len(_CHUNK) - 1):
            await response.write(_CHUNK)
    if request.transport is not None:
        request.transport.abort()
    return response


def pixel_bomb() -> bytes:
    """Return a PNG of 64 megapixels that is a few kilobytes long."""
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((1 + _SIDE // 8) * _SIDE), 9)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    written = [
        struct.pack(">I", len(raw)) + name + raw + struct.pack(">I", zlib.crc32(name + raw)) for name, raw in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def gzip_bomb() -> Fault:
    """Answer with 64 MB of JSON that are 64 KB on their way."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    raw = b"".join(
        [packer.compress(b'{"id": "'), packer.compress(b"a" * 64 * _MB), packer.compress(b'"}'), packer.flush()]
    )

    async def fault(_request: web.Request, _handler: Handler) -> web.StreamResponse:
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        return web.Response(body=raw, headers=headers)

    return fault


_NOISE: Final = random.Random(7).randbytes(4096)  # noqa: S311 - noise, the same each time
_ANSWERS: Final[dict[str, Fault]] = {
    "500": status(500),
    "429": status(429),
    "429, retry after 1 s": status(429, Retry_After="1"),
    "empty": body(b"", "application/json"),
    "garbage": body(_NOISE, "application/json"),
    "another site's page": body(_PAGE, "text/html"),
    "hangs": hang,
    "resets": reset,
    "cut off": cut_off,
}
OF_JSON: Final[dict[str, Fault]] = _ANSWERS | {
    "another object": body(b'{"hello": "world"}', "application/json"),
    "a list": body(b"[1, 2, 3]", "application/json"),
    "gzip bomb": gzip_bomb(),
    "slow": slow(4.0),
}
"""What a source of facts can do to us."""

OF_PICTURES: Final[dict[str, Fault]] = _ANSWERS | {
    "half a picture": half_a_picture,
    "garbled picture": body(b"\xff\xd8\xff\xe0" + _NOISE, "image/jpeg"),
    "declared 30 MB": declared_too_large,
    "streamed 30 MB": streamed_too_large,
    "64 megapixels": body(pixel_bomb(), "image/png"),
    "slow": slow(4.0),
}
"""What a source of pictures can do to us."""

REFUSALS: Final[dict[Source, dict[str, Fault]]] = {
    Source.TMDB: {
        "wrong key": says(401, {"success": False, "status_code": 7, "status_message": "Invalid API key"}),
        "quota spent": says(429, {"status_code": 25, "status_message": "over the limit"}, Retry_After="600"),
    },
    Source.MDBLIST: {
        "wrong key": says(403, {"error": "Invalid API key!"}),
        "quota spent": says(200, {"error": "Daily API limit exceeded!"}),
        "quota spent, retry after 10 min": says(429, {"error": "API rate limit exceeded!"}, Retry_After="600"),
    },
    Source.OMDB: {
        "wrong key": says(401, {"Response": "False", "Error": "Invalid API key!"}),
        "quota spent": says(401, {"Response": "False", "Error": "Request limit reached!"}),
    },
    Source.FANART: {
        "wrong key": says(401, {"status": "error", "error message": "Invalid API key"}),
        "quota spent": says(429, {"status": "error"}, Retry_After="600"),
    },
}
"""How each source says that it does not accept a key, or not now."""
