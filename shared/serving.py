"""How both processes serve: the limits of a connection, and the order in which a server ends."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from shared.environment import Address

LONGEST_LINE: Final = 16_384
"""Bytes of a request line or header: twice what proxies let through, so that an address that is too long still gets
its sentence. Beyond it the server itself refuses."""

KEEP_ALIVE_S: Final = 75.0
"""Longer than a proxy in front keeps an idle connection, so that it never sends into one that we are closing."""

LINGER_S: Final = 1.0
"""How long a body that nobody wants is read after its answer."""


@asynccontextmanager
async def listening(app: web.Application, address: Address, *, drain_s: float) -> AsyncIterator[int]:
    """Serve while inside; yields the port.

    On leaving take no new callers, answer those that are here within ``drain_s``, then end.
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        logger=_muted(),
        shutdown_timeout=drain_s,
        keepalive_timeout=KEEP_ALIVE_S,
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_LINE,
        lingering_time=LINGER_S,
    )
    await runner.setup()
    try:
        # Several processes may share the port; the kernel spreads the callers over them.
        await web.TCPSite(runner, address.host, address.port, reuse_port=True).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _muted() -> logging.Logger:
    """Return a logger that says nothing: the server's own words on a bad request quote it, key and all.

    What goes wrong in a handler does not get as far as the server: the handlers answer and log it themselves.
    """
    logger = logging.getLogger("aiohttp.server")
    logger.disabled = True
    return logger
