"""A proxy in front of a server that answers some requests itself while a fault lasts."""

import gzip
import random
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from deploy.dev.local.ports import HOST

Spoil = Callable[[web.Request], web.Response | None]
"""Returns the answer in place of the server's, or ``None``."""

_HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "expect", "host"})
_SLOW_DOWN: Final = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>"
_TITLE: Final = re.compile(r"/(?:movie/|find/tt)(\d+)")
_UNREADABLE: Final = (gzip.compress(b'{"id": 1}')[:-4], b"<html>busy</html>", b'{"id": 70', b"\x1f\x8bdamaged")
_ONE_IN: Final = 5
_MAX_BODY: Final = 64 << 20


@dataclass
class Spoiler:
    """The proxy, which passes everything on unless ``spoil`` answers."""

    target: int
    session: aiohttp.ClientSession
    spoil: Spoil
    port: int = 0

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a request."""
        body = await request.read()
        spoilt = self.spoil(request)
        if spoilt is not None:  # an empty mapping is false, and so is a response
            return spoilt
        url = URL(f"http://{HOST}:{self.target}{request.raw_path}", encoded=True)
        headers = _passed_on(request.headers)
        async with self.session.request(
            request.method, url, data=body, headers=headers, allow_redirects=False
        ) as answer:
            return web.Response(status=answer.status, headers=_passed_on(answer.headers), body=await answer.read())


@asynccontextmanager
async def open_spoiler(target: int) -> AsyncIterator[Spoiler]:
    """Listen while inside, in front of the server at this port."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
        spoiler = Spoiler(target, session, nothing)
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_route("*", "/{path:.*}", spoiler.handle)
        async with TestServer(app) as server:
            spoiler.port = server.port or 0
            yield spoiler


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}


def nothing(_: web.Request) -> None:
    """Spoil nothing."""


def slow_down(_: web.Request) -> web.Response | None:
    """Answer half of all calls as an S3 that has too many."""
    return web.Response(status=503, reason="Slow Down", body=_SLOW_DOWN) if random.random() < 1 / 2 else None  # noqa: S311 - a load, not a secret


def unreadable(request: web.Request) -> web.Response | None:
    """Answer every question about one title in five with a body that is not JSON."""
    title = _TITLE.search(request.path)
    if title is None or int(title[1]) % _ONE_IN:
        return None
    return web.Response(body=random.choice(_UNREADABLE), content_type="application/json")  # noqa: S311 - as above
