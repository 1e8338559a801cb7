"""Draws each picture once, in a worker, and caches it while there is room.

Only the worker imports the drawing libraries, so that the server starts faster.
"""

import asyncio
import signal
import tempfile
from collections.abc import Iterable
from concurrent.futures import Executor
from importlib import import_module
from pathlib import Path

from cachetools import LRUCache

from deploy.dev.demo.pictures import DemoPicture
from deploy.dev.local.processes import ends_with

_DRAWING = "deploy.dev.demo.drawing"


def prepare(parent: int) -> None:
    """Import the drawing libraries, and leave Ctrl-C, which a terminal sends to both processes, to the parent.

    The process ends with ``parent`` however that ends: it would wait forever for work that no process can send.
    """
    ends_with(parent, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import_module(_DRAWING)


def draw(picture: DemoPicture, width: int, extension: str, folder: Path | None = None) -> bytes:
    """Return the picture drawn by ``drawing.render``, or the one in ``folder``, where each that is drawn is kept."""
    kept = None if folder is None else folder / f"{picture.name}-{width}.{extension}"
    if kept is not None and kept.exists():
        return kept.read_bytes()
    raw: bytes = import_module(_DRAWING).render(picture, width, extension)
    if kept is not None:
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(raw)
        Path(file.name).replace(kept)  # whole, for other processes that share the folder
    return raw


Order = tuple[DemoPicture, int, str]
"""A picture, its width and its file extension."""


class PictureCache:
    """Draws pictures on demand; concurrent requests for one picture wait for the same drawing.

    At most ``max_bytes`` of finished pictures stay in memory, and all of them in ``folder``, if one is given.
    """

    def __init__(self, executor: Executor, max_bytes: int = 96_000_000, *, folder: Path | None = None) -> None:
        self._executor, self._folder = executor, folder
        self._finished: LRUCache[Order, bytes] = LRUCache(max_bytes, getsizeof=len)
        self._running: dict[Order, asyncio.Future[bytes]] = {}

    async def get(self, picture: DemoPicture, width: int, extension: str) -> bytes:
        """Return the picture ``width`` pixels wide as ``jpg``, ``png`` or ``svg``."""
        order = (picture, width, extension)
        finished = self._finished.get(order)
        if finished is not None:
            return finished
        running = self._running.get(order)
        if running is None:
            loop = asyncio.get_running_loop()
            running = loop.run_in_executor(self._executor, draw, *order, self._folder)
            self._running[order] = running
            running.add_done_callback(lambda done: self._finish(order, done))
        # Shielded: a caller who leaves must not cancel the drawing for the others.
        return await asyncio.shield(running)

    async def prefetch(self, orders: Iterable[Order]) -> None:
        """Draw these one by one, each only while no request is waiting."""
        for order in orders:
            while self._running:
                await asyncio.wait(self._running.values())
                await asyncio.sleep(0)  # until its callback has run
            await self.get(*order)

    def _finish(self, order: Order, done: asyncio.Future[bytes]) -> None:
        del self._running[order]
        if not done.cancelled() and done.exception() is None and len(done.result()) <= self._finished.maxsize:
            self._finished[order] = done.result()
