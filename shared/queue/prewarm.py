"""Prewarms pictures: enqueues jobs at a limited pace and follows their results.

It knows neither terminal nor HTTP, so that a command and an endpoint can share it.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable
from enum import StrEnum
from itertools import islice
from typing import Final, Protocol

import msgspec

from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import PERMANENT_CAUSES, BadRequest, Cause, StoreDown
from shared.domain.ids import ExternalId
from shared.queue.messages import Priority, RenderDone, RenderJob
from shared.queue.protocol import MAX_ATTEMPTS, Depth, DoneSubscription, EnqueueResult, JobProducer
from shared.settings.digest import SettingsHash
from shared.settings.model import Settings
from shared.settings.work import work_of

MOST_PICTURES: Final = 200_000
"""Most pictures in one run."""

QUIET_S: Final = 60.0
"""A run ends when neither its pictures nor their stream have made progress for this long."""

SILENT_S: Final = 900.0
"""A run ends when none of its own pictures has made progress for this long, regardless of other jobs in the stream."""

_TICK_S: Final = 0.1
_PAUSE_S: Final = 1.0  # before the next attempt after a full stream or a lost queue
_EMPTY_S: Final = 2.0  # after which a job without a result counts as lost
_BATCH: Final = 100
_FINAL: Final = PERMANENT_CAUSES | {Cause.UNKNOWN_SETTINGS}


class PictureOutcome(StrEnum):
    """The outcome for one picture."""

    DRAWN = "drawn"  # or found to be up to date
    UNKNOWN = "unknown"  # permanent: no such title, or it has no such picture
    FAILED = "failed"  # transient, after the last attempt


class Pace(msgspec.Struct, frozen=True):
    """Pictures enqueued per second, and how many may wait in the stream, including other runs'."""

    per_s: float = 5.0
    depth: int = 500


class Settled(msgspec.Struct, frozen=True):
    """One picture's outcome; ``picture`` is its name in the queue."""

    picture: str
    ending: PictureOutcome
    cause: Cause | None = None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Progress of a run, counted in pictures; ``settled`` are those since the last report."""

    asked: int
    before: int
    queued: int
    drawn: int
    unknown: int
    failed: int
    settled: tuple[Settled, ...]
    per_s: float
    left_s: float | None
    stalled: bool = False
    queue_lost: bool = False

    @property
    def done(self) -> int:
        """Return how many are settled, including those of earlier runs."""
        return self.before + self.drawn + self.unknown + self.failed


class PrewarmQueue(JobProducer, DoneSubscription, Protocol):
    """The queue roles that prewarming needs."""


class SavesSettings(Protocol):
    """Where settings are stored permanently."""

    async def remember(self, settings: Settings) -> SettingsHash:
        """Store settings and return their hash. Raises ``StoreDown``."""
        ...


async def pictures(
    titles: Iterable[ExternalId], settings: Collection[Settings], keep: SavesSettings
) -> list[RenderJob]:
    """Store the settings, then return one job for each title with each settings, title by title.

    Raises ``StoreDown``, and ``BadRequest`` for more than ``MOST_PICTURES``.
    """
    hashes = {await keep.remember(each): each for each in settings}
    jobs: dict[str, RenderJob] = {}
    for title in titles:
        for settings_hash, each in hashes.items():
            job = RenderJob(
                settings_hash=settings_hash,
                title=title.of_picture(each.kind),
                lane=Priority.REFRESH,
                work=work_of(each),
            )
            jobs[job.picture] = job
        if len(jobs) > MOST_PICTURES:
            raise BadRequest(public=f"More than {MOST_PICTURES:,} pictures at once; request fewer titles or settings.")
    return list(jobs.values())


class Prewarm:
    """One run over some pictures. Concurrent runs share the depth limit, and each keeps its own pace.

    Without ``follow`` it ends when all are enqueued. ``now`` and ``sleep`` are the clock.
    """

    def __init__(
        self,
        queue: PrewarmQueue,
        jobs: Collection[RenderJob],
        pace: Pace,
        *,
        settled_before: Collection[str] = frozenset(),
        follow: bool = True,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._queue = queue
        self._pace = pace
        self._follow = follow
        self._now = now
        self._sleep = sleep
        self._asked = len(jobs)
        self._todo = deque(job for job in jobs if job.picture not in settled_before)
        self._before = self._asked - len(self._todo)
        self._awaited: dict[str, RenderJob] = {}
        self._failures: dict[str, int] = {}
        self._offers: dict[str, int] = {}
        self._counts = dict.fromkeys(PictureOutcome, 0)
        self._news: list[Settled] = []
        self._lane = Depth(0, 0)
        self._empty_since: float | None = None
        self._queue_lost = False
        self._start(now())

    def _start(self, now: float) -> None:
        self._began = self._moved = self._own_moved = self._earned = self._pause_until = now
        self._allowance = 1.0

    async def run(self) -> AsyncGenerator[Progress, None]:
        """Enqueue and follow; yields at least once, last with all settled or ``stalled``. Survives a lost queue."""
        listener = asyncio.create_task(self._listen()) if self._follow else None
        try:
            if listener is not None:
                await self._sleep(_TICK_S)  # the listener must be subscribed before the first picture
            self._start(self._now())
            await self._step()
            yield (progress := self._progress())
            while not progress.stalled and (self._todo or (self._follow and self._awaited)):
                await self._sleep(_TICK_S)
                if listener is not None and listener.done():
                    listener.result()
                await self._step()
                yield (progress := self._progress())
        finally:
            if listener is not None:
                await cancel_and_wait(listener)

    async def _step(self) -> None:
        """Check the streams' depth and enqueue what pace and depth allow."""
        now = self._now()
        burst = max(1.0, self._pace.per_s)  # a delayed run does not catch up in one burst
        self._allowance = min(burst, self._allowance + (now - self._earned) * self._pace.per_s)
        self._earned = now
        if now < self._pause_until:
            return
        try:
            await self._look(now)
            room = min(int(self._allowance), self._pace.depth - self._lane.waiting, _BATCH)
            if room > 0 and self._todo:
                await self._offer(list(islice(self._todo, room)))
            self._queue_lost = False
        except StoreDown:
            self._queue_lost = True
            self._pause_until = self._now() + _PAUSE_S

    async def _look(self, now: float) -> None:
        """Record the depth of the streams. Enqueue again what is in neither of them and has no result."""
        lanes = await self._queue.depth()
        if lanes[Priority.REFRESH] != self._lane:
            self._lane, self._moved = lanes[Priority.REFRESH], now
        if any(depth.waiting or depth.taken for depth in lanes.values()) or not self._awaited:
            self._empty_since = None
        elif self._empty_since is None:
            self._empty_since = now
        elif now - self._empty_since >= _EMPTY_S and self._follow:
            lost = [name for name in self._awaited if self._offers.get(name, 0) < MAX_ATTEMPTS]
            self._todo.extend(self._awaited.pop(name) for name in lost)
            self._empty_since = None

    async def _offer(self, jobs: list[RenderJob]) -> None:
        # Awaited before it is enqueued: its result may arrive before the response.
        self._awaited |= {job.picture: job for job in jobs}
        answers = [EnqueueResult.FULL] * len(jobs)
        try:
            answers = await self._queue.enqueue(jobs)
        finally:
            for _ in jobs:
                self._todo.popleft()
            # Not in the stream, so still to do, unless another job has settled it in the meantime.
            full = [job for job, answer in zip(jobs, answers, strict=True) if answer is EnqueueResult.FULL]
            self._todo.extendleft(job for job in reversed(full) if self._awaited.pop(job.picture, None))
        self._allowance -= len(jobs) - len(full)
        if full:
            self._pause_until = self._now() + _PAUSE_S
        for job, answer in zip(jobs, answers, strict=True):
            if answer is not EnqueueResult.FULL:
                self._accepted(job, answer)

    def _accepted(self, job: RenderJob, answer: EnqueueResult) -> None:
        is_first = job.picture not in self._offers
        self._offers[job.picture] = self._offers.get(job.picture, 0) + (answer is EnqueueResult.QUEUED)
        if is_first or answer is EnqueueResult.QUEUED:
            self._moved = self._own_moved = self._now()
            self._empty_since = None

    async def _listen(self) -> None:
        async for word in self._queue.subscribe():
            if word.picture in self._awaited:
                self._heard(word)

    def _heard(self, word: RenderDone) -> None:
        """Settle a picture, unless its job will be retried."""
        self._moved = self._own_moved = self._now()
        if word.media is not None:
            self._settle(Settled(word.picture, PictureOutcome.DRAWN))
        elif word.cause in _FINAL:
            self._settle(
                Settled(
                    word.picture,
                    PictureOutcome.UNKNOWN if word.cause in PERMANENT_CAUSES else PictureOutcome.FAILED,
                    word.cause,
                )
            )
        else:
            self._failures[word.picture] = self._failures.get(word.picture, 0) + 1
            if self._failures[word.picture] >= MAX_ATTEMPTS:
                self._settle(Settled(word.picture, PictureOutcome.FAILED, word.cause))

    def _settle(self, settled: Settled) -> None:
        del self._awaited[settled.picture]
        self._counts[settled.ending] += 1
        self._news.append(settled)

    def _progress(self) -> Progress:
        now = self._now()
        news, self._news = tuple(self._news), []
        achieved = sum(self._counts.values()) if self._follow else len(self._offers)
        per_s = achieved / (now - self._began) if now > self._began else 0.0
        left = len(self._todo) + (len(self._awaited) if self._follow else 0)
        return Progress(
            asked=self._asked,
            before=self._before,
            queued=len(self._offers),
            drawn=self._counts[PictureOutcome.DRAWN],
            unknown=self._counts[PictureOutcome.UNKNOWN],
            failed=self._counts[PictureOutcome.FAILED],
            settled=news,
            per_s=per_s,
            left_s=left / per_s if per_s else None,
            stalled=left > 0 and (now - self._moved > QUIET_S or now - self._own_moved > SILENT_S),
            queue_lost=self._queue_lost,
        )
