"""Prefetch: announces the pictures that callers were just redirected to, in batches, without delaying the redirect.

The content server draws only what was announced. An announced picture is also queued, as a hint: when that is dropped,
the content server queues the same job for the caller who follows the redirect.
"""

import asyncio
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from gateway.metrics import GatewayMetrics
from shared.concurrency.batch_buffer import BatchBuffer
from shared.domain.errors import StoreDown
from shared.domain.ids import ExternalId
from shared.observability.tracing import current_span
from shared.queue.messages import Priority, RenderJob
from shared.queue.protocol import JobProducer
from shared.settings.digest import SettingsHash

LARGEST_BATCH: Final = 100
MOST_BUFFERED: Final = 10_000
PAUSE_S: Final = 0.01
"""Pause between batches; the first picture after one is announced at once. The content server waits for an announcement
that is on its way."""

REPEAT_AFTER_S: Final = 300.0
"""A picture is prefetched at most once in this time, which is the lifetime of a redirect in a client's cache."""

MOST_RECENT: Final = 250_000  # in each of two generations; about 100 bytes each
ENQUEUE_DEADLINE_S: Final = 2.0


class Dropped(StrEnum):
    """Why a prefetch did not reach the queue."""

    BUFFER_FULL = "buffer_full"
    QUEUE_DOWN = "queue_down"


class Recent:
    """A bounded set of recently seen texts in two generations; an entry expires after one to two terms.

    Only the hash of a text is stored; a collision skips one prefetch, which is harmless.
    """

    def __init__(self, most: int, term_s: float, clock: Callable[[], float]) -> None:
        self._most, self._term_s, self._clock = most, term_s, clock
        self._young: set[int] = set()
        self._old: set[int] = set()
        self._rotate_at = clock() + term_s

    def __contains__(self, text: str) -> bool:
        mark = hash(text)
        if self._clock() >= self._rotate_at:
            self._rotate()
        return mark in self._young or mark in self._old

    def add(self, text: str) -> bool:
        """Add a text; returns whether it is new."""
        mark = hash(text)
        if len(self._young) >= self._most or self._clock() >= self._rotate_at:
            self._rotate()
        if mark in self._young or mark in self._old:
            return False
        self._young.add(mark)
        return True

    def forget(self, text: str) -> None:
        """Remove a text, so that it is new the next time."""
        self._young.discard(hash(text))
        self._old.discard(hash(text))

    def _rotate(self) -> None:
        self._old, self._young = self._young, set()
        self._rotate_at = self._clock() + self._term_s


class Prefetch:
    """A bounded buffer of pictures that callers were redirected to, flushed in batches by :meth:`run`."""

    def __init__(
        self, offers: JobProducer, metrics: GatewayMetrics, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._offers, self._metrics = offers, metrics
        self._recent = Recent(MOST_RECENT, REPEAT_AFTER_S, clock)
        self._waiting: BatchBuffer[str, RenderJob] = BatchBuffer(
            self._send,
            every_s=PAUSE_S,
            batch=LARGEST_BATCH,
            max_waiting=MOST_BUFFERED,
            keep_failed=False,
            is_prompt=True,
        )
        metrics.watch_limit("hint_buffer", lambda: len(self._waiting), MOST_BUFFERED)

    def is_new(self, location: str) -> bool:
        """Return whether this picture was not announced recently."""
        return location not in self._recent

    def suggest(self, location: str, settings_hash: SettingsHash, title: ExternalId, work: int = 1) -> None:
        """Announce a picture unless that was done recently; does no I/O and never raises."""
        if not self._recent.add(location):
            return
        job = RenderJob(
            settings_hash=settings_hash,
            title=title,
            lane=Priority.PREFETCH,
            work=work,
            trace=current_span().traceparent,
        )
        if not self._waiting.add(location, job):
            self._recent.forget(location)
            self._metrics.hint(Dropped.BUFFER_FULL)

    async def run(self) -> None:
        """Flush the buffer until cancelled."""
        await self._waiting.run()

    async def flush(self) -> None:
        """Announce and queue the buffered pictures; those that the queue refuses are counted."""
        await self._waiting.flush()

    async def _send(self, batch: dict[str, RenderJob]) -> None:
        """Enqueue a batch. A failure is counted and not raised, so that the next batch is tried all the same."""
        try:
            async with asyncio.timeout(ENQUEUE_DEADLINE_S):
                outcomes = await self._offers.enqueue(list(batch.values()), hint=True)
        except (StoreDown, TimeoutError):
            self._metrics.hint(Dropped.QUEUE_DOWN, len(batch))
            for location in batch:
                self._recent.forget(location)
            return
        for outcome in outcomes:
            self._metrics.hint(outcome)
