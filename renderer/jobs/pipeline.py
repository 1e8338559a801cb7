"""The order of work on one picture: :meth:`Pipeline.run` is the list of steps, one file in ``renderer/steps`` each."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import ParamSpec, TypeVar

from renderer.jobs.context import Drawn, Failures, Fresh, JobContext, JobResult, Rated, Selected, Unchanged
from renderer.jobs.dependencies import Dependencies
from renderer.metrics import RendererMetrics
from renderer.steps.draw import draw
from renderer.steps.fetch_artwork import fetch_artwork
from renderer.steps.fetch_metadata import fetch_metadata
from renderer.steps.fetch_ratings import fetch_ratings
from renderer.steps.load_existing import load_existing
from renderer.steps.lock import lock
from renderer.steps.resolve import resolve
from renderer.steps.select_artwork import all_artwork, select_artwork
from renderer.steps.skip_unchanged import skip_unchanged
from renderer.steps.store import store
from renderer.storage.base import Picture
from services.source import Art
from shared.concurrency.cancel import cancel_and_wait
from shared.observability.tracing import start_span
from shared.queue.messages import RenderJob
from shared.settings.model import Settings

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Pipeline:
    """Runs the steps of a job in order, timing and tracing each."""

    def __init__(self, dependencies: Dependencies, metrics: RendererMetrics) -> None:
        self._dependencies, self._metrics = dependencies, metrics

    async def run(self, job: RenderJob, settings: Settings) -> JobResult:
        """Draw and store a job's picture, unless the stored one is fresh or unchanged.

        Raises what the steps raise: ``MarqueeError`` for what is foreseen. The lock is released in any case.
        """
        step, deps = self._step, self._dependencies
        async with AsyncExitStack() as held:
            media = await step(resolve, job.title, deps)
            await step(lock, job, media, deps, held)
            existing = await step(load_existing, job, settings, media, deps)
            if existing.is_fresh:
                return Fresh(media=media)
            title = await step(fetch_metadata, media, deps, record_as=job.title)
            context = JobContext(
                job=job,
                settings=settings,
                media=media,
                title=title,
                existing=existing.metadata,
                failures=Failures(existing.metadata),
            )
            selected = await step(select_artwork, context, all_artwork(settings, deps.art_sources))
            prefetched = _prefetch(context, selected, held)
            rated = await step(fetch_ratings, context, deps)
            if await step(skip_unchanged, context, rated, selected.candidate.art, deps):
                return Unchanged(media=media, title=title, degraded=context.failures.degraded)
            picture, art = await self._draw_first_usable(context, rated, selected, prefetched)
            await step(store, context, picture, deps)
            return Drawn(context=context, art=art, rated=rated, picture=picture)

    async def run_fallback(self, job: RenderJob, settings: Settings) -> Picture:
        """Draw the artwork without badges, for a caller who can wait no longer; nothing is recorded or stored.

        Raises what the steps raise.
        """
        step, deps = self._step, self._dependencies
        media = await step(resolve, job.title, deps)
        title = await step(fetch_metadata, media, deps, record_as=None)
        context = JobContext(job=job, settings=settings, media=media, title=title)
        selected = await step(select_artwork, context, all_artwork(settings, deps.art_sources, is_urgent=True))
        picture, _ = await self._draw_first_usable(context, Rated(), selected)
        return picture

    async def _draw_first_usable(
        self, context: JobContext, rated: Rated, selected: Selected, prefetched: asyncio.Task[bytes] | None = None
    ) -> tuple[Picture, Art]:
        """Draw on the first candidate that can be fetched and decoded; ``select_artwork`` raises when none is left."""
        step = self._step
        while True:
            body = await step(fetch_artwork, context, selected.candidate, prefetched)
            art = selected.candidate.art
            if body is not None:
                picture = await step(draw, context, rated, selected.candidate, body, self._dependencies)
                if picture is not None:
                    self._metrics.artwork_drawn.labels(selected.candidate.source.name, art.rendition).inc()
                    return picture, art
            prefetched = None
            selected = await step(select_artwork, context, selected.untried)

    async def _step(self, step: Callable[_P, Awaitable[_T]], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        with self._metrics.step_seconds.labels(step.__name__).time(), start_span(step.__name__):
            return await step(*args, **kwargs)


def _prefetch(context: JobContext, selected: Selected, held: AsyncExitStack) -> asyncio.Task[bytes] | None:
    """Start to fetch the best artwork while ratings are fetched, when it is certain to be drawn."""
    if context.existing is not None:
        return None
    candidate = selected.candidate
    task = asyncio.create_task(candidate.source.fetch(candidate.art, context.settings.canvas[0]))
    held.push_async_callback(cancel_and_wait, task)
    return task
