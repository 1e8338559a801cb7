"""Serves a local server on the loopback address until its process is told to stop."""

import asyncio
import signal
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


async def serve(
    app: web.Application, port: int, *, stopped: asyncio.Event | None = None, patience_s: float = _PATIENCE_S
) -> None:
    """Serve until ``stopped`` is set, by default the ``stop_signal``; open responses get ``patience_s`` to finish."""
    stopped = stopped or stop_signal()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=patience_s)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    await stopped.wait()
    await runner.cleanup()
