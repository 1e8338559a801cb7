"""The fallback: a title's artwork without badges, for a caller whose picture is not ready in time.

It has the right size, unless that is so much work that it would not be ready either: then it is smaller. Settings that
differ only in badges share one, so that hundreds of them at once are no more work.
"""

import asyncio
from typing import Final, TypeAlias

from cachetools import TTLCache

from renderer.jobs.dependencies import Dependencies
from renderer.jobs.pipeline import Pipeline
from renderer.metrics import RendererMetrics
from renderer.storage.base import Picture
from shared.concurrency.singleflight import SingleFlight
from shared.domain.cache_lifetime import FALLBACK_S
from shared.domain.errors import Busy, DeadlineExceeded
from shared.queue.messages import RenderJob
from shared.settings.model import Settings
from shared.settings.work import plain_size

MAX_AT_ONCE: Final = 32
"""Fallback pictures drawn at once in one process."""

CACHE_BYTES: Final = 32 << 20
"""Fallback pictures kept in memory."""

TIMEOUT_S: Final = 10.0
"""How long a fallback picture may take to draw."""

_OF_ARTWORK: Final = ("kind", "format", "fit", "blur", "art", "textless", "lang", "title", "art_file")
"""The settings that plain artwork depends on, besides its size."""

_Key: TypeAlias = tuple[str, Settings]


class FallbackArtwork:
    """Draws artwork without badges, each picture once for all its callers, cached for as long as callers may.

    ``dependencies`` should have a render pool of its own, which no queue of pictures delays.
    """

    def __init__(self, dependencies: Dependencies, metrics: RendererMetrics, *, timeout_s: float = TIMEOUT_S) -> None:
        self._pipeline = Pipeline(dependencies, metrics)
        self._timeout_s = timeout_s
        self._cache: TTLCache[_Key, Picture] = TTLCache(CACHE_BYTES, FALLBACK_S, getsizeof=_size)
        self._in_flight: SingleFlight[_Key, Picture] = SingleFlight()

    def begin(self, job: RenderJob, settings: Settings) -> None:
        """Start to draw it unless that was done already; errors are raised by :meth:`get`."""
        key = _key(job, settings)
        if key not in self._cache and len(self._in_flight) < MAX_AT_ONCE:
            self._in_flight.begin(key, lambda: self._draw(key, job))

    async def get(self, job: RenderJob, settings: Settings) -> Picture:
        """Return the fallback picture. Raises what the steps raise, ``Busy`` and ``DeadlineExceeded``."""
        key = _key(job, settings)
        cached = self._cache.get(key)
        if cached is not None:
            return cached
        if key not in self._in_flight and len(self._in_flight) >= MAX_AT_ONCE:
            raise Busy("too many fallback pictures are being drawn")
        return await self._in_flight.run(key, lambda: self._draw(key, job))

    async def close(self) -> None:
        """Cancel what is being drawn."""
        await self._in_flight.close()

    async def _draw(self, key: _Key, job: RenderJob) -> Picture:
        try:
            async with asyncio.timeout(self._timeout_s):
                picture = await self._pipeline.run_fallback(job, key[1])
        except TimeoutError as exc:
            raise DeadlineExceeded(f"no artwork within {self._timeout_s:g} s") from exc
        if len(picture.body) <= CACHE_BYTES:
            self._cache[key] = picture
        return picture


def plain_settings(settings: Settings) -> Settings:
    """Return the settings of the plain artwork: those without badges have the same picture."""
    kept = {name: getattr(settings, name) for name in _OF_ARTWORK}
    return Settings(**kept, size=plain_size(settings))


def _key(job: RenderJob, settings: Settings) -> _Key:
    return job.title.alias, plain_settings(settings)


def _size(picture: Picture) -> int:
    return len(picture.body)
