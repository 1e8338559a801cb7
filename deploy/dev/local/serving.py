"""Runs a local server on the loopback address until its process is told to stop."""

from functools import partial
from typing import Final

import uvloop
from aiohttp import web

from deploy.dev.local.ports import HOST

_PATIENCE_S: Final = 60.0


def serve(app: web.Application, port: int, *, patience_s: float = _PATIENCE_S) -> None:
    """Serve until SIGTERM or SIGINT and print the address; open responses then get ``patience_s`` to finish.

    With port 0 it takes a free one.
    """
    say, loop = partial(print, flush=True), uvloop.new_event_loop()
    web.run_app(app, host=HOST, port=port, shutdown_timeout=patience_s, access_log=None, print=say, loop=loop)
