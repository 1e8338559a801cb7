"""The threads that draw. Drawing releases the GIL, so that as many pictures are drawn at once as there are threads.

Large pictures leave one of several threads free, so that a poster never waits for one of them to be finished. And they
are drawn by threads of low priority: where the processor is busy, neither posters nor the event loop wait for its time.
Callers wait for all plain artwork: it keeps its priority. Memory is
shared by all drawings of a process, whatever their threads: each takes its part of a budget before it is started.
"""

import asyncio
import os
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, nullcontext, suppress
from contextvars import copy_context
from functools import partial
from typing import Final, Self

from renderer.drawing.chip_content import NO_CHIPS, Chips
from renderer.drawing.freehand.design_facts import DesignFacts
from renderer.drawing.kept_memory import ask_for_huge_pages
from renderer.drawing.memory_need import drawing_bytes
from renderer.drawing.picture import Undecodable, draw_picture
from renderer.drawing.title_overlay import TitleOverlay
from renderer.jobs.work_clock import waiting_for_thread
from renderer.metrics import RendererMetrics
from services.client.byte_budget import ByteBudget, OverBudget
from shared.domain.awards import Award
from shared.domain.errors import Busy
from shared.domain.ratings import Ratings
from shared.settings.model import Settings
from shared.settings.work import work_of

QUEUED_PER_THREAD: Final = 64
"""Pictures that may wait for each thread; each holds its artwork in memory."""

DEFAULT_BYTES: Final = 768 << 20
"""Memory for all drawings of a process: enough for any one picture on artwork of 50 megapixels."""

LARGE: Final = 20
"""Work beyond which a picture counts as large: more than 160 ms of one core."""

LARGE_PLAIN: Final = 5
"""The same for plain artwork: more than a large poster in JPEG, 40 ms."""

NICENESS_OF_LARGE: Final = 10
"""The kernel gives a thread with this niceness a tenth of the time that it gives to another one of this process."""


def plain_threads(threads: int) -> int:
    """Return how many threads draw plain artwork only, besides so many that draw pictures."""
    return max(2, threads // 4)  # one of them for posters only


def large_threads(threads: int) -> int:
    """Return how many threads draw large pictures, besides so many that draw the others."""
    return max(1, threads - 1)


class RenderPool:
    """A bounded pool of drawing threads; one for plain artwork is not part of the metrics of painters."""

    def __init__(
        self,
        *,
        threads: int,
        quality: int,
        metrics: RendererMetrics,
        memory: ByteBudget | None = None,
        is_plain: bool = False,
    ) -> None:
        self.memory = memory or ByteBudget(DEFAULT_BYTES)
        self._pool = ThreadPoolExecutor(threads, "plain" if is_plain else "painter", initializer=ask_for_huge_pages)
        # Threads of their own, because a process may lower the priority of a thread but not raise it again.
        self._pool_for_large = ThreadPoolExecutor(
            large_threads(threads), "large", initializer=ask_for_huge_pages if is_plain else _begin_large
        )
        self._quality = quality
        self._metrics = metrics
        self._is_plain = is_plain
        self._waiting = 0
        self._max_waiting = threads * (1 + QUEUED_PER_THREAD)
        self._free = asyncio.Semaphore(threads)
        self._free_for_large = asyncio.Semaphore(max(1, threads - 1))
        if not is_plain:
            metrics.painters_limit.set(threads)
            metrics.drawing_memory.set_function(lambda: self.memory.used)
            metrics.drawing_memory_limit.set(self.memory.limit)

    async def draw(
        self,
        settings: Settings,
        artwork: bytes,
        ratings: Ratings,
        award: Award | None = None,
        chips: Chips = NO_CHIPS,
        overlay: TitleOverlay | None = None,
        facts: DesignFacts | None = None,
    ) -> bytes:
        """Return the encoded picture.

        Raises ``Undecodable`` for bad artwork, ``UndecodableLogo``, and ``Busy`` when too many wait.

        Artwork that needs more memory than there is counts as bad. The time limit of a job does not run while it waits
        for a thread; while it waits for memory, it does.
        """
        if self._waiting >= self._max_waiting:
            raise Busy("too many pictures wait to be drawn")
        self._waiting += 1
        try:
            # In the caller's context, so that the thread's metrics carry the trace of the job.
            drawing = partial(copy_context().run, self._timed, settings, artwork, ratings, award, chips, overlay, facts)
            is_large = work_of(settings) > (LARGE_PLAIN if self._is_plain else LARGE)
            with ExitStack() as thread:
                with waiting_for_thread():
                    await self._take_thread(thread, is_large=is_large)
                await self._take_memory(thread, drawing_bytes(artwork, settings, overlay.logo if overlay else b""))
                drawn = (self._pool_for_large if is_large else self._pool).submit(drawing)
                # Not when the job ends: a thread cannot be interrupted.
                drawn.add_done_callback(partial(_give_back, thread.pop_all(), asyncio.get_running_loop()))
            return await asyncio.wrap_future(drawn)
        finally:
            self._waiting -= 1

    async def _take_thread(self, thread: ExitStack, *, is_large: bool) -> None:
        """Wait for a thread; large pictures wait for one another first."""
        for gate in (self._free_for_large, self._free) if is_large else (self._free,):
            await gate.acquire()
            thread.callback(gate.release)

    async def _take_memory(self, thread: ExitStack, size: int) -> None:
        """Wait for a part of the memory; plain artwork comes first, because its caller gives up soon."""
        if size > self.memory.limit:
            raise Undecodable(f"needs {size >> 20} MB to be drawn, more than {self.memory.limit >> 20}")
        try:
            await self.memory.take(size, is_urgent=self._is_plain)
        except OverBudget as exc:
            raise Busy("too many pictures wait for memory") from exc
        thread.callback(self.memory.give_back, size)

    def _timed(
        self,
        settings: Settings,
        artwork: bytes,
        ratings: Ratings,
        award: Award | None,
        chips: Chips,
        overlay: TitleOverlay | None,
        facts: DesignFacts | None,
    ) -> bytes:
        started = time.perf_counter()
        with nullcontext() if self._is_plain else self._metrics.painters_busy.track_inprogress():
            body = draw_picture(
                settings, artwork, ratings, award, chips, overlay, facts, quality=self._quality, is_fast=self._is_plain
            )
        self._metrics.draw_seconds.labels(settings.kind, settings.size).observe(time.perf_counter() - started)
        return body

    def __enter__(self) -> Self:
        """Return the pool; its threads start when they are first needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Finish the pictures being drawn and end the threads."""
        for pool in (self._pool, self._pool_for_large):
            pool.shutdown(wait=True, cancel_futures=True)


def _begin_large() -> None:
    """Prepare a thread for large pictures, with a lower priority than the others."""
    ask_for_huge_pages()
    if sys.platform == "linux":  # elsewhere priorities belong to processes
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS_OF_LARGE)


def _give_back(thread: ExitStack, loop: asyncio.AbstractEventLoop, _: Future[bytes]) -> None:
    with suppress(RuntimeError):  # the loop is closed: the process ends
        loop.call_soon_threadsafe(thread.close)
