"""Servers whose answers are a test's: all of them, or some in front of a real one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from deploy.dev.local.ports import HOST

_OF_ONE_HOP = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})


@asynccontextmanager
async def answering(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]], *, port: int | None = None
) -> AsyncIterator[str]:
    """Serve every address with ``answer``; yield the URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app, host=HOST, port=port) as server:
        yield str(server.make_url("")).rstrip("/")


@asynccontextmanager
async def in_front_of(
    url: str, answer: Callable[[web.Request], Awaitable[web.StreamResponse | None]]
) -> AsyncIterator[str]:
    """Serve every address with ``answer``, and with the server at ``url`` where that is ``None``; yield the URL."""

    async def forward(request: web.Request) -> web.StreamResponse:
        if (own := await answer(request)) is not None:
            return own
        headers = {name: value for name, value in request.headers.items() if name.lower() != "transfer-encoding"}
        async with aiohttp.request(
            request.method, url + request.raw_path, headers=headers, data=await request.read(), allow_redirects=False
        ) as real:
            kept = {name: value for name, value in real.headers.items() if name.lower() not in _OF_ONE_HOP}
            return web.Response(status=real.status, body=await real.read(), headers=kept)

    async with answering(forward) as own_url:
        yield own_url
