"""Claims jobs from the queue, processes them and acknowledges them, after the picture is stored: at least once."""

import asyncio
import time
from contextlib import nullcontext, suppress
from datetime import UTC
from typing import Final

import structlog

from renderer.jobs.context import Drawn, Fresh, JobResult
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.outcome import JobOutcome
from renderer.jobs.pipeline import Pipeline
from renderer.jobs.recent_checks import mark_of_lists
from renderer.jobs.work_clock import time_to_work
from renderer.labels.list_day import start_of
from renderer.metrics import RendererMetrics
from services.client.priority import background_priority
from shared.concurrency.cancel import cancel_and_wait
from shared.domain.cache_lifetime import ttl_s
from shared.domain.errors import PERMANENT_CAUSES, Cause, DeadlineExceeded, MarqueeError, StoreDown, UnknownSettings
from shared.observability.tracer import OFF, Tracing
from shared.observability.tracing import HASH, TITLE, Role, Span, current_span, start_span
from shared.queue.messages import Priority, RenderDone, RenderJob
from shared.queue.protocol import LEASE_S, Delivery, JobQueue, Room
from shared.settings.model import Settings

log: structlog.stdlib.BoundLogger = structlog.get_logger()

DEADLINE_S: Final = 20.0
"""Longest time for one attempt at one picture, without the wait for a thread to draw it."""

DRAIN_S: Final = 25.0
"""Longest wait for claimed jobs on shutdown: more than one deadline."""

JOBS_PER_THREAD: Final = 8
"""Claimed jobs per drawing thread: a job spends most of its time waiting for sources."""

WORK_PER_THREAD: Final = 128
"""Claimed work per drawing thread: a WebP in 4K and some posters. One job may exceed it."""

KEPT_FREE: Final = 4
"""Every fourth place is kept for light jobs of clients with little work, so that nothing else can take all places."""

CLAIM_WAIT_S: Final = 1.0
"""Longest wait for a job in one call, and so the longest that an idle worker takes to stop."""

_FULL_WAIT_S: Final = 0.1
"""The same while there is room for light jobs only, and may soon be for others."""


EXTEND_LEASE_EVERY_S: Final = LEASE_S / 3
_MIN_PAUSE_S: Final = 0.1
_MAX_PAUSE_S: Final = 5.0
_REDIS: Final = {"db.system.name": "redis"}
_MAX_MARK_S: Final = 30 * 86_400
"""Longest that the queue marks a picture as fresh; the stored metadata says the same for longer."""


class Worker:
    """One consumer of the job streams. :meth:`claim` and :meth:`extend_leases` run beside each other."""

    def __init__(
        self,
        *,
        queue: JobQueue,
        dependencies: Dependencies,
        metrics: RendererMetrics,
        threads: int,
        claim_wait_s: float = CLAIM_WAIT_S,
        drain_s: float = DRAIN_S,
        tracing: Tracing = OFF,
    ) -> None:
        self._queue = queue
        self._dependencies = dependencies
        self._pipeline = Pipeline(dependencies, metrics)
        self._metrics = metrics
        self._tracing = tracing
        self._claim_wait_s = claim_wait_s
        self._drain_s = drain_s
        self._max_jobs = threads * JOBS_PER_THREAD
        self._max_work = threads * WORK_PER_THREAD
        self._held: dict[asyncio.Task[None], Delivery] = {}
        self._stopping = asyncio.Event()
        self._not_claiming = asyncio.Event()
        self._not_claiming.set()
        self._has_capacity = asyncio.Event()
        metrics.jobs_held_limit.set(self._max_jobs)

    async def run(self) -> None:
        """Claim and process jobs until stopped, then finish the claimed ones."""
        try:
            await self.claim()
        finally:
            await self.drain()

    async def claim(self) -> None:
        """Claim jobs and start to process them, until stopped. A crash leaves claimed jobs running."""
        self._not_claiming.clear()
        try:
            await self._claim_until_stopped()
        finally:
            self._not_claiming.set()

    async def drain(self) -> None:
        """Stop, and finish the claimed jobs within the time limit; what is left then is cancelled and redelivered."""
        self.stop()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._drain_s):
                    await self._not_claiming.wait()
                    while self._held:
                        await asyncio.wait(self._held)
        finally:
            await cancel_and_wait(*self._held)

    def stop(self) -> None:
        """Claim no more jobs."""
        self._stopping.set()
        self._has_capacity.set()

    async def _claim_until_stopped(self) -> None:
        pause_s = _MIN_PAUSE_S
        while not self._stopping.is_set():
            room = self._room()
            if room.jobs <= 0:
                self._has_capacity.clear()
                await self._has_capacity.wait()
                continue
            try:
                has_room = room.others > 0 and room.work > 0
                wait_s = self._claim_wait_s if has_room else min(self._claim_wait_s, _FULL_WAIT_S)
                deliveries = await self._queue.claim(room.jobs, wait_s, room, ahead=self._begin_ahead)
            except StoreDown as error:
                log.warning("queue_lost", reason=str(error), pause_s=pause_s)
                await _pause(self._stopping, pause_s)
                pause_s = min(pause_s * 2, _MAX_PAUSE_S)
                continue
            pause_s = _MIN_PAUSE_S
            for delivery in deliveries:
                self._begin(delivery)

    def _room(self) -> Room:
        """Return what this worker can take besides the jobs that it holds."""
        jobs = self._max_jobs - len(self._held)
        work = self._max_work - sum(delivery.job.work for delivery in self._held.values())
        return Room(jobs, jobs - self._max_jobs // KEPT_FREE, work)

    def _begin_ahead(self, job: RenderJob) -> None:
        """Look the title up in the same round trip in which Redis decides about the job."""
        self._dependencies.titles.begin(job.title)

    def _begin(self, delivery: Delivery) -> None:
        task = asyncio.create_task(self.process_job(delivery))
        self._held[task] = delivery
        self._metrics.jobs_held.set(len(self._held))
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._held.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("job_crashed", exc_info=error)  # while it was settled: its lease expires, and it comes again
        self._metrics.jobs_held.set(len(self._held))
        self._has_capacity.set()

    async def extend_leases(self) -> None:
        """Extend the leases of all claimed jobs, so that only a dead worker's jobs are claimed by another."""
        try:
            if self._held:
                await self._queue.extend_lease(list(self._held.values()))
            await self._queue.trim()
        except StoreDown as error:
            log.warning("leases_not_kept", reason=str(error))

    async def process_job(self, delivery: Delivery) -> None:
        """Process one job and acknowledge it, or return it to the queue. Errors of the job do not propagate."""
        job = delivery.job
        with (
            self._trace(delivery) as span,
            structlog.contextvars.bound_contextvars(settings_hash=job.settings_hash, title=job.title.alias),
        ):
            started = time.perf_counter()
            try:
                outcome, artwork = await self._run_and_settle(delivery)
            except StoreDown as error:
                # Not acknowledged, so it is redelivered; if the picture is stored by then, that costs one check.
                log.warning("job_not_settled", reason=str(error))
                return
            took_ms = round((time.perf_counter() - started) * 1000, 1)
            log.info("job_settled", outcome=outcome, attempts=delivery.attempts, duration_ms=took_ms, **artwork)
            self._metrics.jobs.labels(job.lane, outcome).inc()
            span.set("marquee.outcome", outcome)

    def _trace(self, delivery: Delivery) -> Span:
        """Return the span of a job: part of the trace of a waiting caller, or linked to the trace that caused it."""
        job, name = delivery.job, f"process {delivery.job.lane}"
        if job.lane is not Priority.REFRESH:
            span = self._tracing.begin(name, Role.CONSUMER, parent=job.trace)
        else:
            span = self._tracing.begin(name, Role.CONSUMER, follows=job.trace)
        span.set("messaging.system", "redis")
        span.set("messaging.operation.type", "process")
        span.set("messaging.destination.name", job.lane)
        span.set(HASH, job.settings_hash)
        span.set(TITLE, job.title.alias)
        span.set("marquee.tries", delivery.attempts)
        return span

    async def _run_and_settle(self, delivery: Delivery) -> tuple[JobOutcome, dict[str, str]]:
        """Return the outcome, and what the log says of the artwork that was drawn on."""
        try:
            result = await self._run_within_deadline(delivery.job)
        except MarqueeError as error:
            return await self._settle_failure(delivery, error.cause, str(error)), {}
        except Exception as error:
            log.exception("job_crashed")
            return await self._settle_failure(delivery, Cause.CRASHED, type(error).__name__), {}
        artwork = {"art": result.art.path, "rendition": result.art.rendition} if isinstance(result, Drawn) else {}
        return await self._settle(delivery, result), artwork

    async def _run_within_deadline(self, job: RenderJob) -> JobResult:
        is_awaited = job.lane is not Priority.REFRESH  # a caller of a prefetched picture is on the way
        try:
            async with time_to_work(DEADLINE_S):
                settings = await self._settings(job)
                with nullcontext() if is_awaited else background_priority():
                    return await self._pipeline.run(job, settings)
        except TimeoutError as exc:
            raise DeadlineExceeded(f"not drawn within {DEADLINE_S} s") from exc

    async def _settings(self, job: RenderJob) -> Settings:
        with start_span("find look"):
            settings = await self._dependencies.settings_registry.find(job.settings_hash)
        if settings is None:
            raise UnknownSettings(f"no settings {job.settings_hash}")
        return settings

    async def _settle(self, delivery: Delivery, result: JobResult) -> JobOutcome:
        job = delivery.job
        etag = result.picture.metadata.etag if isinstance(result, Drawn) else None
        done = RenderDone(settings_hash=job.settings_hash, title=job.title, media=str(result.media), etag=etag)
        with start_span("settle", Role.CLIENT, _REDIS):
            if result.lists_for_s:
                await self._queue.mark_fresh(mark_of_lists(job.settings_hash, str(result.media)), result.lists_for_s)
            await self._queue.ack(delivery, done, fresh_for_s=fresh_for_s(result, self._dependencies))
        return result.outcome

    async def _settle_failure(self, delivery: Delivery, cause: Cause, reason: str) -> JobOutcome:
        """Acknowledge a permanent error, and put the job back for any other."""
        self._metrics.failures.labels(cause).inc()
        current_span().fail(cause)
        if cause in PERMANENT_CAUSES or cause is Cause.UNKNOWN_SETTINGS:
            done = RenderDone(settings_hash=delivery.job.settings_hash, title=delivery.job.title, cause=cause)
            with start_span("settle", Role.CLIENT, _REDIS):
                await self._queue.ack(delivery, done)
            log.info("job_found_a_fact", cause=cause, reason=reason)
            return JobOutcome.FACT
        is_retried = await self._queue.retry(delivery, cause, reason)
        log.warning("job_failed", cause=cause, reason=reason, attempts=delivery.attempts)
        return JobOutcome.RETRIED if is_retried else JobOutcome.DEAD


def fresh_for_s(result: JobResult, dependencies: Dependencies) -> int:
    """Return for how many seconds the picture need not be checked again; 0 when this job did not check it."""
    if isinstance(result, Fresh):
        return 0
    now = dependencies.now().astimezone(UTC)
    seconds = ttl_s(
        film_date=result.title.film_date,
        degraded=result.degraded,
        now=now,
        rule=dependencies.rule,
        is_running=result.title.is_running,
        changes_at=None if result.label_until is None else start_of(result.label_until),
    )
    return _MAX_MARK_S if seconds is None else min(seconds, _MAX_MARK_S)


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    """Wait for some time, or until the stop if that comes first."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return
