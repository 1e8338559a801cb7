"""Serves a local server on the loopback address until its process is told to stop."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from deploy.dev.local.ports import HOST

_PATIENCE_S: Final = 60.0


def stop_signal() -> asyncio.Event:
    """Return an event that is set when the process is told to stop or interrupted; the signals do nothing else."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


@asynccontextmanager
async def serving(app: web.Application, port: int, *, patience_s: float) -> AsyncIterator[int]:
    """Serve while inside and yield the port, a free one for 0; open responses get ``patience_s`` to finish."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=patience_s)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def serve(
    app: web.Application, port: int, *, stopped: asyncio.Event | None = None, patience_s: float = _PATIENCE_S
) -> None:
    """Serve until ``stopped`` is set, by default the ``stop_signal``."""
    stopped = stopped or stop_signal()
    async with serving(app, port, patience_s=patience_s):
        await stopped.wait()
