"""The plain art of a title in the right size: better than nothing for a caller whose picture is not drawn in time."""

import asyncio
from typing import Final

from cachetools import TTLCache

from renderer.jobs.context import JobContext
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.pipeline import PLAIN, run
from renderer.metrics import RendererMetrics
from renderer.storage.base import Picture
from shared.concurrency.singleflight import SingleFlight
from shared.domain.cache_lifetime import FALLBACK_S
from shared.domain.errors import Busy
from shared.queue.messages import RenderJob
from shared.settings.model import Settings

MOST_AT_ONCE: Final = 32
"""Plain pictures in the making in one process."""

_KEPT_BYTES: Final = 32 << 20
_LONGEST_S: Final = 10.0


class FallbackArtwork:
    """Draws art without badges, each picture once however many want it, kept for as long as callers may."""

    def __init__(self, tools: Dependencies, metrics: RendererMetrics) -> None:
        self._tools = tools
        self._metrics = metrics
        self._made: TTLCache[str, Picture] = TTLCache(_KEPT_BYTES, FALLBACK_S, getsizeof=_size)
        self._making: SingleFlight[str, Picture] = SingleFlight()

    def begin(self, job: RenderJob, settings: Settings) -> None:
        """Start to draw it, if nobody has; what goes wrong is told to whoever calls :meth:`get`."""
        if job.picture not in self._made and len(self._making) < MOST_AT_ONCE:
            self._making.begin(job.picture, lambda: self._make(job, settings))

    async def get(self, job: RenderJob, settings: Settings) -> Picture:
        """Return the plain picture. Raises what the steps raise, and ``Busy``."""
        made = self._made.get(job.picture)
        if made is not None:
            return made
        if job.picture not in self._making and len(self._making) >= MOST_AT_ONCE:
            raise Busy("too many plain pictures are in the making")
        return await self._making.run(job.picture, lambda: self._make(job, settings))

    async def close(self) -> None:
        """Give up what is in the making."""
        await self._making.close()

    async def _make(self, job: RenderJob, settings: Settings) -> Picture:
        draft = JobContext(job=job, settings=settings, is_hurried=True)
        async with asyncio.timeout(_LONGEST_S):
            await run(PLAIN, draft, self._tools, self._metrics)
        assert draft.picture is not None  # noqa: S101 - the last step sets it
        if len(draft.picture.body) <= _KEPT_BYTES:
            self._made[job.picture] = draft.picture
        return draft.picture


def _size(picture: Picture) -> int:
    return len(picture.body)
