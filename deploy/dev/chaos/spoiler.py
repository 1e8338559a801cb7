"""A proxy in front of a server that answers some requests itself while a fault lasts."""

import gzip
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from aiohttp import web
from yarl import URL

from deploy.dev.local.ports import HOST, free_ports

Spoil = Callable[[web.Request], web.Response | None]
"""Returns the answer in place of the server's, or ``None``."""

_HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "expect", "host"})
_SLOW_DOWN: Final = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>"
_TITLE: Final = re.compile(r"/(?:movie/|find/tt)(\d+)")
_UNREADABLE: Final = (gzip.compress(b'{"id": 1}')[:-4], b"<html>busy</html>", b'{"id": 70', b"\x1f\x8bdamaged")
_ONE_IN: Final = 5
_MAX_BODY: Final = 64 << 20


class Spoiler:
    """The proxy, which passes everything on unless ``spoil`` answers."""

    def __init__(self, target: int, session: aiohttp.ClientSession) -> None:
        self.spoil: Spoil = nothing
        self._origin = f"http://{HOST}:{target}"
        self._session = session

    @classmethod
    @asynccontextmanager
    async def open(cls, target: int) -> AsyncIterator[tuple["Spoiler", int]]:
        """Listen while inside; yields the proxy and its port."""
        port = free_ports(1, apart_from=())[0]
        app = web.Application(client_max_size=_MAX_BODY)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
            spoiler = cls(target, session)
            app.router.add_route("*", "/{path:.*}", spoiler.handle)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
            await runner.setup()
            try:
                await web.TCPSite(runner, HOST, port).start()
                yield spoiler, port
            finally:
                await runner.cleanup()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a request."""
        body = await request.read()
        spoilt = self.spoil(request)
        if spoilt is not None:
            return spoilt
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        url = URL(f"{self._origin}{request.raw_path}", encoded=True)
        call = self._session.request(request.method, url, data=body, headers=headers, allow_redirects=False)
        async with call as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
            return web.Response(status=answer.status, headers=kept, body=await answer.read())


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
