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
from shared.concurrency.packed_table import PackedTable
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

MOST_RECENT: Final = 250_000  # 18 bytes each
ENQUEUE_DEADLINE_S: Final = 2.0
_MARK: Final = 8  # bytes of a hash


class Dropped(StrEnum):
    """Why a prefetch did not reach the queue."""

    BUFFER_FULL = "buffer_full"
    QUEUE_DOWN = "queue_down"


class Recent:
    """A bounded set of texts that were seen in this term or the one before it.

    Only the hash of a text is stored; a collision skips one prefetch, which is harmless.
    """

    def __init__(self, most: int, term_s: float, clock: Callable[[], float]) -> None:
        self._term_s, self._clock = term_s, clock
        self._term, self._ends_at = 0, clock() + term_s
        self._table = PackedTable(most, "I", width=_MARK)

    def has(self, text: str) -> bool:
        """Return whether a text was seen."""
        found = self._table.get(_mark(text))
        if self._clock() >= self._ends_at:
            self._begin_term()
        return found is not None and bool(self._term - found[0] <= 1)

    def add(self, text: str) -> bool:
        """Add a text; returns whether it is new."""
        if self.has(text):
            return False
        self._table.put(_mark(text), self._term)
        return True

    def forget(self, text: str) -> None:
        """Remove a text, so that it is new the next time."""
        self._table.discard(_mark(text))

    def _begin_term(self) -> None:
        passed = int((self._clock() - self._ends_at) / self._term_s) + 1
        self._term, self._ends_at = self._term + passed, self._ends_at + passed * self._term_s


def _mark(text: str) -> bytes:
    return hash(text).to_bytes(_MARK, "little", signed=True)


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
        return not self._recent.has(location)

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
