"""The threads that draw. Drawing releases the GIL, so that as many pictures are drawn at once as there are threads."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Self

from renderer.drawing.picture import draw_picture
from renderer.metrics import RendererMetrics
from shared.domain.awards import Award
from shared.domain.errors import Busy
from shared.domain.ratings import Ratings
from shared.settings.model import Settings

QUEUED_PER_THREAD = 64
"""Pictures that may wait for each thread; each holds its artwork in memory."""


class RenderPool:
    """A bounded pool of drawing threads."""

    def __init__(self, *, threads: int, quality: int, metrics: RendererMetrics) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="painter")
        self._quality = quality
        self._metrics = metrics
        self._waiting = 0
        self._max_waiting = threads * (1 + QUEUED_PER_THREAD)
        metrics.painters_limit.set(threads)

    async def draw(self, settings: Settings, artwork: bytes, ratings: Ratings, award: Award | None = None) -> bytes:
        """Return the encoded picture. Raises ``Undecodable`` for bad artwork and ``Busy`` when too many wait."""
        if self._waiting >= self._max_waiting:
            raise Busy("too many pictures wait to be drawn")
        self._waiting += 1
        try:
            # In the caller's context, so that the thread's metrics carry the trace of the job.
            work = partial(copy_context().run, self._timed, settings, artwork, ratings, award)
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1

    def _timed(self, settings: Settings, artwork: bytes, ratings: Ratings, award: Award | None) -> bytes:
        started = time.perf_counter()
        with self._metrics.painters_busy.track_inprogress():
            body = draw_picture(settings, artwork, ratings, award, quality=self._quality)
        self._metrics.draw_seconds.labels(settings.kind, settings.size).observe(time.perf_counter() - started)
        return body

    def __enter__(self) -> Self:
        """Return the pool; its threads start when they are first needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Finish the pictures being drawn and end the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)
