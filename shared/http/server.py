"""The HTTP server of both processes: connection limits, and how it shuts down."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import structlog
from aiohttp import web

from shared.config.environment import Address
from shared.config.process import CannotStart
from shared.http.connections import ConnectionLimits, LimitedServer, probe_limits
from shared.http.fast_path import FAST_PATH, FastServer

log: structlog.stdlib.BoundLogger = structlog.get_logger()

LONGEST_LINE: Final = 16_384
"""Bytes of a request line or header: twice what proxies let through, so that a URL that is too long still gets our own
error. Beyond it the server itself refuses."""

KEEP_ALIVE_S: Final = 75.0
"""Longer than a proxy in front keeps an idle connection, so that it never sends into one that is being closed."""

LINGER_S: Final = 1.0
"""How long an unread request body is drained after the response."""

CUT_S: Final = 0.25
"""How long responses that miss the drain have to notice it, and as long again until they are cut off."""


_PROBES_DRAIN_S: Final = 2.0


@asynccontextmanager
async def serve(
    app: web.Application,
    address: Address,
    *,
    drain_s: float,
    limits: ConnectionLimits,
    is_shared: bool = True,
    variable: str = "LISTEN_ADDR",
) -> AsyncIterator[int]:
    """Serve inside the context; yields the port, which several processes may share.

    On exit, accept no new connections, finish open responses within ``drain_s``, then cut off the rest, which takes
    another half second at most. Raises ``CannotStart`` when the address cannot be used, as when its port is taken.
    """
    runner = _Runner(
        app,
        limits,
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
        # The kernel balances the connections of a shared port between its processes.
        await _listen(web.TCPSite(runner, address.host, address.port, reuse_port=is_shared), address, variable)
        yield runner.addresses[0][1]
    finally:
        await _drain(runner, drain_s)
        await runner.cleanup()


@asynccontextmanager
async def serve_probes(app: web.Application, address: Address) -> AsyncIterator[int]:
    """Serve metrics and probes inside the context, on a port of this process alone; yields the port.

    They have connections of their own: callers cannot take these, nor the other way round.
    """
    limits = probe_limits()
    async with serve(
        app, address, drain_s=_PROBES_DRAIN_S, limits=limits, is_shared=False, variable="METRICS_ADDR"
    ) as port:
        yield port


async def _listen(site: web.BaseSite, address: Address, variable: str) -> None:
    try:
        await site.start()
    except OSError as error:
        # asyncio's own text is long and names the address in another form; a name that is none has no strerror.
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror or error)
        raise CannotStart(f"{variable}: cannot listen on {address.host}:{address.port}: {reason}") from error


class _Runner(web.AppRunner):
    """Serves an application on connections that are limited."""

    __slots__ = ("_limits",)

    def __init__(self, app: web.Application, limits: ConnectionLimits, **options: Any) -> None:
        super().__init__(app, **options)
        self._limits = limits

    async def _make_server(self) -> web.Server:
        server, fast = await super()._make_server(), self.app.get(FAST_PATH)
        return LimitedServer(server, self._limits) if fast is None else FastServer(server, self._limits, fast)


def stop_event(stop_s: float) -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set; the process then ends within ``stop_s`` in any case."""
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
    """End this process within this many seconds, even if a store, a disk or a thread hangs.

    If that was needed, the exit code is 1 and the log says so.
    """
    last = threading.Timer(seconds, _leave, (seconds,))
    last.daemon = True  # a process that ends by itself does not wait for it
    last.start()


def _leave(seconds: float) -> None:
    log.error("process_did_not_end", seconds=seconds)
    os._exit(1)


async def _drain(runner: web.AppRunner, drain_s: float) -> None:
    """Accept no more connections and wait for open responses; aiohttp's own way would wait twice as long."""
    for site in list(runner.sites):
        await site.stop()
    await asyncio.sleep(0)  # a request accepted just now starts, so that its connection does not count as idle
    server = runner.server
    if server is not None:
        server.pre_shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(drain_s):
                await server.shutdown(drain_s)


def _muted() -> logging.Logger:
    """Return a silent logger: aiohttp's own messages about a bad request quote it, key included.

    Errors in handlers do not reach the server: the handlers answer and log them themselves.
    """
    logger = logging.getLogger("aiohttp.server")
    logger.disabled = True
    return logger
