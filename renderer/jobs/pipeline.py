"""The order of work on one picture: :meth:`Pipeline.run` is the list of steps, one file in ``renderer/steps`` each."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import NamedTuple, ParamSpec, TypeVar

from renderer.drawing.picture import shown
from renderer.drawing.title_overlay import TitleOverlay, UndecodableLogo
from renderer.jobs.artwork_memory import holding_artwork, release_artwork
from renderer.jobs.candidates import all_artwork, list_candidates
from renderer.jobs.context import (
    NO_OVERLAY,
    Candidate,
    ChosenOverlay,
    Drawn,
    Failures,
    Fresh,
    JobContext,
    JobResult,
    Rated,
    Selected,
    Unchanged,
    is_named_on,
)
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.title_question import Resolved, TitleGone
from renderer.labels.choose import NO_LABELS, Labels, needs_showings
from renderer.metrics import RendererMetrics
from renderer.steps.compare_lists import compare_lists
from renderer.steps.draw import draw
from renderer.steps.fetch_artwork import fetch_artwork
from renderer.steps.fetch_metadata import fetch_metadata
from renderer.steps.fetch_ratings import fetch_ratings
from renderer.steps.find_successor import find_successor
from renderer.steps.label import label
from renderer.steps.load_existing import load_existing
from renderer.steps.lock import lock
from renderer.steps.resolve import resolve
from renderer.steps.select_artwork import select_artwork
from renderer.steps.select_overlay import select_overlay
from renderer.steps.skip_unchanged import skip_unchanged
from renderer.steps.store import store
from renderer.storage.base import Picture
from services.artwork import Art
from shared.concurrency.cancel import cancel_and_wait
from shared.domain.ids import ExternalId, MediaId
from shared.domain.ratings import RatingSite
from shared.observability.exemplars import TracedHistogram
from shared.observability.tracing import start_span
from shared.queue.messages import Priority, RenderJob
from shared.settings.digest import settings_hash
from shared.settings.model import Settings

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Parts(NamedTuple):
    """What is drawn on the artwork, and the fetch of the title's logo if one is in progress."""

    rated: Rated
    labels: Labels
    overlay: ChosenOverlay = NO_OVERLAY
    logo: asyncio.Task[bytes] | None = None


class Pipeline:
    """Runs the steps of a job in order, timing and tracing each."""

    def __init__(self, dependencies: Dependencies, metrics: RendererMetrics) -> None:
        self._dependencies, self._metrics = dependencies, metrics
        self._seconds: dict[str, TracedHistogram] = {}  # to look a series up by its label costs as much as to observe

    async def run(self, job: RenderJob, settings: Settings) -> JobResult:
        """Draw and store a job's picture, unless the stored one is fresh or unchanged.

        Raises what the steps raise: ``MarqueeError`` for what is foreseen. The lock is released in any case.
        """
        step = self._step
        unchanged = await step(compare_lists, job, settings, self._dependencies)
        if unchanged is not None:
            return unchanged
        is_recheck = job.force or job.lane is Priority.REFRESH
        with holding_artwork():
            return await self._of_title(job, lambda found: self._run(job, settings, found), is_recheck=is_recheck)

    async def _run(self, job: RenderJob, settings: Settings, found: Resolved) -> JobResult:
        step, deps, media = self._step, self._dependencies, found.media
        async with AsyncExitStack() as held:
            if found.is_first:
                _describe_ahead(found, settings, deps, held)
            await step(lock, job, media, deps, held)
            existing = await step(load_existing, job, settings, found, deps)
            if existing.is_fresh:
                return Fresh(media=media)
            with_showings = needs_showings(settings)
            title = await step(fetch_metadata, found, deps, is_recorded=True, with_showings=with_showings)
            context = JobContext(
                job=job,
                settings=settings,
                media=media,
                title=title,
                existing=existing.metadata,
                failures=Failures(existing.metadata),
            )
            places = all_artwork(settings, deps.art_sources, is_season=title.art_season is not None)
            selected = await step(select_artwork, context, places)
            prefetched = _prefetch(context, selected.candidate, held)
            overlay = await step(select_overlay, context, selected.candidate.art, deps)
            logo = _prefetch(context, overlay.logo.candidate, held) if overlay.logo else None
            rated = await step(fetch_ratings, context, deps)
            labels = await step(label, context, rated, deps)
            if await step(skip_unchanged, context, rated, selected.candidate.art, labels, overlay, deps):
                return Unchanged(
                    media=media,
                    title=title,
                    degraded=context.failures.degraded,
                    label_until=labels.until,
                    lists_for_s=labels.valid_for_s,
                )
            parts = Parts(rated, labels, overlay, logo)
            picture, art = await self._draw_first_usable(context, parts, selected, prefetched)
            await step(store, context, picture, deps)
            return Drawn(context=context, art=art, rated=rated, picture=picture)

    async def run_fallback(self, job: RenderJob, settings: Settings) -> Picture:
        """Draw the artwork without badges, for a caller who can wait no longer; nothing is recorded or stored.

        Raises what the steps raise.
        """
        with holding_artwork():
            return await self._of_title(job, lambda found: self._run_fallback(job, settings, found))

    async def _run_fallback(self, job: RenderJob, settings: Settings, found: Resolved) -> Picture:
        step, deps = self._step, self._dependencies
        title = await step(fetch_metadata, found, deps, is_recorded=False)
        context = JobContext(job=job, settings=settings, media=found.media, title=title)
        is_season = title.art_season is not None
        places = all_artwork(settings, deps.art_sources, is_season=is_season, is_urgent=True)
        selected = await step(select_artwork, context, places)
        picture, _ = await self._draw_first_usable(context, Parts(Rated(), NO_LABELS), selected)
        return picture

    async def list_artwork(self, title: ExternalId, settings: Settings) -> tuple[MediaId, tuple[tuple[str, Art], ...]]:
        """Return a title and the artwork that settings may be drawn on, best first, with the names of its sources.

        Nothing is recorded. Raises what the steps raise.
        """
        job = RenderJob(settings_hash=settings_hash(settings), title=title)
        return await self._of_title(job, lambda found: self._list_artwork(job, settings, found))

    async def _list_artwork(
        self, job: RenderJob, settings: Settings, found: Resolved
    ) -> tuple[MediaId, tuple[tuple[str, Art], ...]]:
        title = await self._step(fetch_metadata, found, self._dependencies, is_recorded=False)
        context = JobContext(job=job, settings=settings, media=found.media, title=title)
        return found.media, await list_candidates(context, settings, self._dependencies.art_sources)

    async def list_ratings(self, title: ExternalId, settings: Settings) -> tuple[RatingSite, ...]:
        """Return the sites whose ratings a title's picture shows, in order. Raises what the steps raise."""
        job = RenderJob(settings_hash=settings_hash(settings), title=title)
        return await self._of_title(job, lambda found: self._list_ratings(job, settings, found))

    async def _list_ratings(self, job: RenderJob, settings: Settings, found: Resolved) -> tuple[RatingSite, ...]:
        title = await self._step(fetch_metadata, found, self._dependencies, is_recorded=False)
        context = JobContext(job=job, settings=settings, media=found.media, title=title)
        rated = await self._step(fetch_ratings, context, self._dependencies)
        return tuple(site for site, _ in shown(settings, rated.ratings))

    async def _of_title(
        self, job: RenderJob, run: Callable[[Resolved], Awaitable[_T]], *, is_recheck: bool = False
    ) -> _T:
        """Run on the title that the job's id means; on its successor when the source no longer has it."""
        step, deps = self._step, self._dependencies
        found = await step(resolve, job.title, deps, is_recheck=is_recheck)
        try:
            return await run(found)
        except TitleGone as gone:
            return await run(await step(find_successor, job.title, gone.media, deps))

    async def _draw_first_usable(
        self,
        context: JobContext,
        parts: Parts,
        selected: Selected,
        prefetched: asyncio.Task[bytes] | None = None,
    ) -> tuple[Picture, Art]:
        """Draw on the first candidate that can be fetched and decoded; ``select_artwork`` raises when none is left."""
        step = self._step
        while True:
            body = await step(fetch_artwork, context, selected.candidate, prefetched)
            art = selected.candidate.art
            if body is not None:
                picture = await self._draw(context, parts, selected.candidate, body)
                if picture is not None:
                    self._metrics.artwork_drawn.labels(selected.candidate.source.name, art.rendition).inc()
                    return picture, art
            prefetched = body = None
            release_artwork()
            selected = await step(select_artwork, context, selected.untried)

    async def _draw(self, context: JobContext, parts: Parts, candidate: Candidate, body: bytes) -> Picture | None:
        """Draw on this artwork, with the first logo that can be fetched and decoded, or else the title's name."""
        step, deps = self._step, self._dependencies
        chosen, prefetched = parts.overlay, parts.logo
        if not is_named_on(context.settings, candidate.art):
            chosen = NO_OVERLAY
        while chosen.logo is not None:
            logo = await step(fetch_artwork, context, chosen.logo.candidate, prefetched)
            if logo is not None:
                titled = chosen, TitleOverlay(logo)
                with suppress(UndecodableLogo):
                    return await step(draw, context, parts.rated, parts.labels, titled, candidate, body, deps)
            prefetched = None
            chosen = await step(select_overlay, context, candidate.art, deps, chosen)
        named = chosen, TitleOverlay(name=chosen.name) if chosen.name else None
        return await step(draw, context, parts.rated, parts.labels, named, candidate, body, deps)

    async def _step(self, step: Callable[_P, Awaitable[_T]], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        name = step.__name__
        seconds = self._seconds.get(name)
        if seconds is None:
            seconds = self._seconds[name] = self._metrics.step_seconds.labels(name)
        with seconds.time(), start_span(name):
            return await step(*args, **kwargs)


def _describe_ahead(found: Resolved, settings: Settings, dependencies: Dependencies, held: AsyncExitStack) -> None:
    """Begin to fetch the title while the lock is taken and S3 is asked; the step that needs it joins the fetch."""
    asked = dependencies.title_source.title(found.media, with_showings=needs_showings(settings))
    held.push_async_callback(cancel_and_wait, asyncio.create_task(asked))


def _prefetch(context: JobContext, candidate: Candidate, held: AsyncExitStack) -> asyncio.Task[bytes] | None:
    """Start to fetch the best artwork while ratings are fetched, when it is certain to be drawn."""
    if context.existing is not None:
        return None
    task = asyncio.create_task(candidate.source.fetch(candidate.art, context.settings.canvas[0]))
    held.push_async_callback(cancel_and_wait, task)
    return task
