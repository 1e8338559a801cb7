"""Starts the demo sources: ``python -m deploy.dev.demo --port N`` (0 picks a free port)."""

import argparse
import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from aiohttp import web

from deploy.dev.demo.app import build_app
from deploy.dev.demo.picture_cache import prepare
from deploy.dev.demo.pictures import FULL_WIDTH, DemoPicture
from deploy.dev.demo.state import CATALOGUE, PICTURES
from deploy.dev.local.serving import serve

# How long a stop waits for open responses.
_SHUTDOWN_S: Final = 3.0
# How long the services that start at the same time have the processor to themselves.
_PREFETCH_DELAY_S: Final = 2.0
_POSTER_WIDTH: Final = 780  # of the artwork for a medium poster


async def _prefetching(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(_prefetch(app))
    yield
    task.cancel()


async def _prefetch(app: web.Application) -> None:
    """Draw the posters of all titles, because the first page shows a dozen of them at once, and then large artwork."""
    await asyncio.sleep(_PREFETCH_DELAY_S)
    titles = app[CATALOGUE].titles
    posters = [DemoPicture(title.slug, "poster", "en" if "en" in title.lettered else "xx") for title in titles]
    backdrops = [DemoPicture(title.slug, "backdrop", "xx") for title in titles]
    await app[PICTURES].prefetch((poster, _POSTER_WIDTH, "jpg") for poster in posters)
    # Drawn on demand it takes longer than a caller waits.
    await app[PICTURES].prefetch((each, FULL_WIDTH[each.form], "jpg") for each in (*posters, *backdrops))


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m deploy.dev.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    port = parser.parse_args().port
    # Drawing holds the interpreter's lock, so it happens in a separate process and responses stay fast.
    with ProcessPoolExecutor(1, get_context("spawn"), prepare, (os.getpid(),)) as executor:
        # Any task starts the process, so that the first picture need not wait for it.
        executor.submit(int)
        folder = os.environ.get("DEMO_PICTURES")  # the tests' demos share what they draw
        app = build_app(executor, pictures=Path(folder) if folder else None)
        # The tests start many demos, each for a few pictures: drawing all posters would keep a core busy for seconds.
        if os.environ.get("DEMO_PREFETCH") != "false":
            app.cleanup_ctx.append(_prefetching)
        serve(app, port, patience_s=_SHUTDOWN_S)
        executor.shutdown(wait=True, cancel_futures=True)


if __name__ == "__main__":
    main()
