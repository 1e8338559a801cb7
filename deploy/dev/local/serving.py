"""Serves a stand-in on the loopback address until its process is told to stop."""

import asyncio
import signal
from typing import Final

from aiohttp import web

from deploy.dev.local.ports import HOST

_PATIENCE_S: Final = 60.0


def stop_signal() -> asyncio.Event:
    """Return what is set when the process is told to stop or interrupted; from now on that does nothing else."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


async def serve(
    app: web.Application, port: int, *, stopped: asyncio.Event | None = None, patience_s: float = _PATIENCE_S
) -> None:
    """Serve until ``stopped`` is set, which else is the ``stop_signal``; open answers have ``patience_s`` to end."""
    stopped = stopped or stop_signal()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=patience_s)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    await stopped.wait()
    await runner.cleanup()
