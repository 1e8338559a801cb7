"""The printing press: each picture is drawn once, in a worker, and kept while there is room."""

import asyncio
import signal
from collections.abc import Iterable
from concurrent.futures import Executor

from cachetools import LRUCache

from deploy.dev.demo.art import render
from deploy.dev.demo.plate import Plate

Order = tuple[Plate, int, str]
"""What is printed, how wide, and as what."""


class Press:
    """Prints plates on demand; concurrent orders of one picture wait for the same printing.

    ``room`` is how many bytes of finished pictures stay in memory.
    """

    def __init__(self, executor: Executor, room: int = 96_000_000) -> None:
        self._executor = executor
        self._kept: LRUCache[Order, bytes] = LRUCache(room, getsizeof=len)
        self._printing: dict[Order, asyncio.Future[bytes]] = {}

    async def print(self, plate: Plate, width: int, extension: str) -> bytes:
        """Return the picture ``width`` pixels wide as ``jpg``, ``png`` or ``svg``."""
        order = (plate, width, extension)
        kept = self._kept.get(order)
        if kept is not None:
            return kept
        running = self._printing.get(order)
        if running is None:
            loop = asyncio.get_running_loop()
            running = loop.run_in_executor(self._executor, render, plate, width, extension)
            self._printing[order] = running
            running.add_done_callback(lambda done: self._finish(order, done))
        # Shielded: a caller who leaves must not take the picture from the others.
        return await asyncio.shield(running)

    async def print_ahead(self, orders: Iterable[Order]) -> None:
        """Print these one after the other, each while nobody waits for another, so that callers find them ready."""
        for order in orders:
            while self._printing:
                await asyncio.wait(self._printing.values())
                await asyncio.sleep(0)  # until it is known to be finished
            await self.print(*order)

    def _finish(self, order: Order, done: asyncio.Future[bytes]) -> None:
        del self._printing[order]
        if not done.cancelled() and done.exception() is None and len(done.result()) <= self._kept.maxsize:
            self._kept[order] = done.result()


def ignore_interrupt() -> None:
    """Let only the parent of a drawing process react to Ctrl-C, which a terminal sends to both."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
