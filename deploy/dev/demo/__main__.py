"""Starts the demo catalogue: ``python -m deploy.dev.demo --port N`` (0 picks a free port)."""

import argparse
import asyncio
import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import uvloop
from aiohttp import web

from deploy.dev.demo.app import build_app
from deploy.dev.demo.plate import Plate
from deploy.dev.demo.press import ignore_interrupt
from deploy.dev.demo.state import CATALOGUE, PRESS

_HOST = "127.0.0.1"
# How long a stop waits for answers that are under way.
_PATIENCE_S = 3.0
# How long the services that start beside us are left the processor to themselves.
_START_S = 2.0
_POSTER_WIDTH = 780  # of the art for a medium poster


async def serve(port: int) -> None:
    """Serve until told to stop; says on standard output where."""
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    # Drawing holds the interpreter's lock, so it happens in a process of its own and answers stay quick.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=ignore_interrupt) as executor:
        # Any errand starts the process, so that the first picture need not wait for that.
        executor.submit(ignore_interrupt)
        app = build_app(executor)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_PATIENCE_S)
        await runner.setup()
        site = web.TCPSite(runner, _HOST, port)
        await site.start()
        print(f"demo http://{_HOST}:{runner.addresses[0][1]}", flush=True)
        printing = asyncio.create_task(_print_ahead(app))
        await stopped.wait()
        printing.cancel()
        await runner.cleanup()
        executor.shutdown(wait=True, cancel_futures=True)


async def _print_ahead(app: web.Application) -> None:
    """Print the posters of all titles, of which somebody who opens the first page sees a dozen at once."""
    await asyncio.sleep(_START_S)
    tags = ((title, "en" if "en" in title.lettered else "xx") for title in app[CATALOGUE].titles)
    await app[PRESS].print_ahead((Plate(title.slug, "poster", tag), _POSTER_WIDTH, "jpg") for title, tag in tags)


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m deploy.dev.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    uvloop.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
