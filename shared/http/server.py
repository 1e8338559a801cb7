"""How both processes serve: the limits of a connection, and the order in which a server ends."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog
from aiohttp import web

from shared.config.environment import Address

log: structlog.stdlib.BoundLogger = structlog.get_logger()

LONGEST_LINE: Final = 16_384
"""Bytes of a request line or header: twice what proxies let through, so that an address that is too long still gets
its sentence. Beyond it the server itself refuses."""

KEEP_ALIVE_S: Final = 75.0
"""Longer than a proxy in front keeps an idle connection, so that it never sends into one that we are closing."""

LINGER_S: Final = 1.0
"""How long a body that nobody wants is read after its answer."""

CUT_S: Final = 0.25
"""How long answers that are not ready in time are given to notice it, and as long again to be cut off."""


@asynccontextmanager
async def serve(app: web.Application, address: Address, *, drain_s: float) -> AsyncIterator[int]:
    """Serve while inside; yields the port.

    On leaving take no new callers, answer those that are here within ``drain_s``, then cut off the rest: that takes
    another half second at most.
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        logger=_muted(),
        shutdown_timeout=CUT_S,
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
        await _drain(runner, drain_s)
        await runner.cleanup()


def stop_event(stop_s: float) -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set; from then on this process ends within ``stop_s`` in any case."""
    stopping = asyncio.Event()

    def stop() -> None:
        if not stopping.is_set():  # a second signal changes nothing
            end_within(stop_s)
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    return stopping


def end_within(seconds: float) -> None:
    """See to it that this process has ended in so many seconds, even if a store, a disk or a thread never lets go.

    Exit code 1 and a line in the log say that it was needed.
    """
    last = threading.Timer(seconds, _leave, (seconds,))
    last.daemon = True  # where all ends by itself nobody waits for this
    last.start()


def _leave(seconds: float) -> None:
    log.error("process_did_not_end", seconds=seconds)
    os._exit(1)


async def _drain(runner: web.AppRunner, drain_s: float) -> None:
    """Let nobody else in and wait for the open answers; the server's own way would wait for twice as long."""
    for site in list(runner.sites):
        await site.stop()
    await asyncio.sleep(0)  # what was let in just now is begun, so that its connection does not pass for idle
    server = runner.server
    if server is not None:
        server.pre_shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(drain_s):
                await server.shutdown(drain_s)


def _muted() -> logging.Logger:
    """Return a logger that says nothing: the server's own words on a bad request quote it, key and all.

    What goes wrong in a handler does not get as far as the server: the handlers answer and log it themselves.
    """
    logger = logging.getLogger("aiohttp.server")
    logger.disabled = True
    return logger
