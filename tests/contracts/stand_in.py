"""A server whose every answer is a test's."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer

from deploy.dev.local.ports import HOST


@asynccontextmanager
async def answering(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]], *, port: int | None = None
) -> AsyncIterator[str]:
    """Serve every address with ``answer``; yield the URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app, host=HOST, port=port) as server:
        yield str(server.make_url("")).rstrip("/")
