"""The plain art of a title in the right size: better than nothing for a caller whose picture is not drawn in time."""

import asyncio
from typing import Final

from cachetools import TTLCache

from renderer.draft import Draft
from renderer.metrics import RendererMetrics
from renderer.pipeline import PLAIN, run
from renderer.tools import Tools
from shared.errors import Busy
from shared.freshness import FALLBACK_S
from shared.jobs.message import RenderJob
from shared.settings import Settings
from shared.storage.base import Picture

MOST_AT_ONCE: Final = 32
"""Plain pictures in the making in one process."""

_KEPT_BYTES: Final = 32 << 20
_LONGEST_S: Final = 10.0


class PlainArt:
    """Draws art without badges, each picture once however many want it, kept for as long as callers may."""

    def __init__(self, tools: Tools, metrics: RendererMetrics) -> None:
        self._tools = tools
        self._metrics = metrics
        self._made: TTLCache[str, Picture] = TTLCache(_KEPT_BYTES, FALLBACK_S, getsizeof=_size)
        self._making: dict[str, asyncio.Task[Picture]] = {}

    def begin(self, job: RenderJob, settings: Settings) -> None:
        """Start to draw it, if nobody has; what goes wrong is told to whoever calls :meth:`get`."""
        if job.picture not in self._made and len(self._making) < MOST_AT_ONCE:
            _ = self._task(job, settings)

    async def get(self, job: RenderJob, settings: Settings) -> Picture:
        """Return the plain picture. Raises what the steps raise, and ``Busy``."""
        made = self._made.get(job.picture)
        if made is not None:
            return made
        if job.picture not in self._making and len(self._making) >= MOST_AT_ONCE:
            raise Busy("too many plain pictures are in the making")
        return await asyncio.shield(self._task(job, settings))

    async def close(self) -> None:
        """Give up what is in the making."""
        tasks = list(self._making.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _task(self, job: RenderJob, settings: Settings) -> asyncio.Task[Picture]:
        task = self._making.get(job.picture)
        if task is None:
            task = self._making[job.picture] = asyncio.create_task(self._make(job, settings))
            task.add_done_callback(lambda made: self._ended(job.picture, made))
        return task

    async def _make(self, job: RenderJob, settings: Settings) -> Picture:
        draft = Draft(job=job, settings=settings)
        async with asyncio.timeout(_LONGEST_S):
            await run(PLAIN, draft, self._tools, self._metrics)
        assert draft.picture is not None  # noqa: S101 - the last step sets it
        return draft.picture

    def _ended(self, picture: str, task: asyncio.Task[Picture]) -> None:
        del self._making[picture]
        if not task.cancelled() and task.exception() is None and len(task.result().body) < _KEPT_BYTES:
            self._made[picture] = task.result()


def _size(picture: Picture) -> int:
    return len(picture.body)
