"""Takes jobs from the queue, draws them and settles them: at least once, never lost, acknowledged after the store."""

import asyncio
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Final

import structlog

from renderer.jobs.context import JobContext
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.outcome import JobOutcome
from renderer.jobs.pipeline import RATED, run
from renderer.metrics import RendererMetrics
from services.client.priority import background_priority
from shared.concurrency.cancel import cancel_and_wait
from shared.domain.cache_lifetime import ttl_s
from shared.domain.errors import PERMANENT_CAUSES, Cause, DeadlineExceeded, MarqueeError, StoreDown, UnknownSettings
from shared.observability.tracing import HASH, OFF, TITLE, Role, Span, Tracing, current_span, start_span
from shared.queue.messages import Priority, RenderDone
from shared.queue.protocol import LEASE_S, Delivery, JobQueue

log: structlog.stdlib.BoundLogger = structlog.get_logger()

DEADLINE_S: Final = 20.0
"""One try at one picture."""

DRAIN_S: Final = 25.0
"""Longest wait for the jobs in hand when the process is told to stop: more than one deadline."""

JOBS_PER_THREAD: Final = 8
"""Jobs in hand for each drawing thread: most of a job's time is waiting for sources."""

TAKE_WAIT_S: Final = 1.0
"""Longest wait for a job in one call, and so the longest that an idle worker takes to stop."""

EXTEND_EVERY_S: Final = LEASE_S / 3
_LONGEST_PAUSE_S: Final = 5.0
_REDIS: Final = {"db.system.name": "redis"}
_MARK_FRESH_S: Final = 30 * 86_400
"""Upper bound on how long the queue remembers that a picture is fresh; the picture's own facts say so anyway."""


class Worker:
    """One consumer of the job streams; ``stop`` drains it."""

    def __init__(
        self,
        *,
        queue: JobQueue,
        tools: Dependencies,
        metrics: RendererMetrics,
        render_pool: int,
        take_wait_s: float = TAKE_WAIT_S,
        drain_s: float = DRAIN_S,
        tracing: Tracing = OFF,
    ) -> None:
        self._queue = queue
        self._tools = tools
        self._metrics = metrics
        self._tracing = tracing
        self._take_wait_s = take_wait_s
        self._drain_s = drain_s
        self._most = render_pool * JOBS_PER_THREAD
        self._held: dict[asyncio.Task[None], Delivery] = {}
        self._stopping = asyncio.Event()
        self._room = asyncio.Event()
        metrics.jobs_held_limit.set(self._most)

    async def run(self) -> None:
        """Take and draw until told to stop, then finish what is in hand. :meth:`extend_leases` must run beside it."""
        try:
            await self._take_until_stopped()
            if self._held:
                await asyncio.wait(self._held, timeout=self._drain_s)
        finally:
            await cancel_and_wait(*self._held)

    def stop(self) -> None:
        """Take no more jobs; ``run`` returns when those in hand are done."""
        self._stopping.set()
        self._room.set()

    async def _take_until_stopped(self) -> None:
        pause_s = 0.1
        while not self._stopping.is_set():
            room = self._most - len(self._held)
            if room <= 0:
                self._room.clear()
                await self._room.wait()
                continue
            try:
                deliveries = await self._queue.claim(room, self._take_wait_s)
            except StoreDown as error:
                log.warning("queue_lost", reason=str(error), pause_s=pause_s)
                await _pause(self._stopping, pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                continue
            pause_s = 0.1
            for delivery in deliveries:
                self._begin(delivery)

    def _begin(self, delivery: Delivery) -> None:
        task = asyncio.create_task(self.one(delivery))
        self._held[task] = delivery
        self._metrics.jobs_held.set(len(self._held))
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._held.pop(task, None)
        self._metrics.jobs_held.set(len(self._held))
        self._room.set()

    async def extend_leases(self) -> None:
        """Renew the lease on everything in hand, so that only a dead worker's jobs are taken over."""
        try:
            if self._held:
                await self._queue.extend_lease(list(self._held.values()))
            await self._queue.trim()
        except StoreDown as error:
            log.warning("leases_not_kept", reason=str(error))

    async def one(self, delivery: Delivery) -> None:
        """Draw one job and settle it. No drawing error gets past here."""
        job = delivery.job
        with (
            self._trace(delivery) as span,
            structlog.contextvars.bound_contextvars(settings_hash=job.settings_hash, title=job.title.alias),
        ):
            started = time.perf_counter()
            try:
                outcome = await self._draw_and_settle(delivery)
            except StoreDown as error:
                # Not acknowledged, so it comes again; if the picture is stored by then, that costs one look.
                log.warning("job_not_settled", reason=str(error))
                return
            took_ms = round((time.perf_counter() - started) * 1000, 1)
            log.info("job_settled", outcome=outcome, attempts=delivery.attempts, duration_ms=took_ms)
            self._metrics.jobs.labels(job.lane, outcome).inc()
            span.set("marquee.outcome", outcome)

    def _trace(self, delivery: Delivery) -> Span:
        """Return the span of a job: a part of the trace of whoever waits for it, or one that names what caused it."""
        job, name = delivery.job, f"process {delivery.job.lane}"
        if job.lane is Priority.INTERACTIVE:
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

    async def _draw_and_settle(self, delivery: Delivery) -> JobOutcome:
        try:
            draft = await self._draw(delivery)
        except MarqueeError as error:
            return await self._settle_failure(delivery, error.cause, str(error))
        except Exception as error:
            log.exception("job_crashed")
            return await self._settle_failure(delivery, Cause.CRASHED, type(error).__name__)
        etag = draft.picture.facts.etag if draft.picture else None
        done = RenderDone(
            settings_hash=delivery.job.settings_hash, title=delivery.job.title, media=str(draft.media), etag=etag
        )
        with start_span("settle", Role.CLIENT, _REDIS):
            await self._queue.ack(delivery, done, fresh_for_s=fresh_for_s(draft, self._tools))
        return draft.outcome or JobOutcome.DRAWN

    async def _draw(self, delivery: Delivery) -> JobContext:
        try:
            waited_for = delivery.job.lane is Priority.INTERACTIVE
            async with asyncio.timeout(DEADLINE_S):
                with start_span("find look"):
                    settings = await self._tools.looks.find(delivery.job.settings_hash)
                if settings is None:
                    raise UnknownSettings(f"no look {delivery.job.settings_hash}")
                draft = JobContext(job=delivery.job, settings=settings)
                with nullcontext() if waited_for else background_priority():
                    await run(RATED, draft, self._tools, self._metrics)
                return draft
        except TimeoutError as exc:
            raise DeadlineExceeded(f"not drawn within {DEADLINE_S} s") from exc

    async def _settle_failure(self, delivery: Delivery, cause: Cause, reason: str) -> JobOutcome:
        self._metrics.failures.labels(cause).inc()
        current_span().fail(cause)
        if cause in PERMANENT_CAUSES or cause is Cause.UNKNOWN_SETTINGS:
            done = RenderDone(settings_hash=delivery.job.settings_hash, title=delivery.job.title, cause=cause)
            with start_span("settle", Role.CLIENT, _REDIS):
                await self._queue.ack(delivery, done)
            log.info("job_found_a_fact", cause=cause, reason=reason)
            return JobOutcome.FACT
        again = await self._queue.retry(delivery, cause, reason)
        log.warning("job_failed", cause=cause, reason=reason, attempts=delivery.attempts)
        return JobOutcome.RETRIED if again else JobOutcome.DEAD


def fresh_for_s(draft: JobContext, tools: Dependencies) -> int:
    """Return for how many seconds nobody needs to look at this picture again."""
    if draft.outcome is JobOutcome.FRESH or draft.title is None:
        return 0
    now = _utc(tools.now())
    seconds = ttl_s(film_date=draft.title.film_date, degraded=draft.degraded, now=now, rule=tools.rule)
    return _MARK_FRESH_S if seconds is None else min(seconds, _MARK_FRESH_S)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    """Wait, but no longer than until the stop."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return
