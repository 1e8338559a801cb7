"""Collects single lookups for a moment and sends them as one request, for sources with a batch endpoint."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from contextlib import suppress
from typing import Final, Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

WAIT_S: Final = 0.25


class MissingFromBatch(LookupError):
    """The batch succeeded but has no result for this key; it can be fetched on its own."""


class _Batch(Generic[_K, _V]):
    def __init__(self) -> None:
        self.waiters: Counter[_K] = Counter()
        self.full = asyncio.Event()
        self.task: asyncio.Task[Mapping[_K, _V]] | None = None


class Batcher(Generic[_K, _V]):
    """Fetches up to ``max_size`` keys together: ``wait_s`` after the first one, or as soon as the batch is full.

    At most ``max_concurrent`` batches run at the same time; a batch that waits for a slot goes on collecting.
    ``fetch`` gets distinct keys and returns the results it has.
    """

    def __init__(
        self,
        fetch: Callable[[Collection[_K]], Awaitable[Mapping[_K, _V]]],
        *,
        max_size: int,
        wait_s: float = WAIT_S,
        max_concurrent: int = 2,
    ) -> None:
        self._fetch = fetch
        self._max_size = max_size
        self._wait_s = wait_s
        self._slots = asyncio.Semaphore(max_concurrent)
        self._open: _Batch[_K, _V] | None = None

    async def get(self, key: _K) -> _V:
        """Return the result. Raises ``MissingFromBatch``, and to every caller of the batch what ``fetch`` raises.

        Cancelling one caller does not affect the others; a batch without callers is cancelled.
        """
        batch = self._join(key)
        task = batch.task = batch.task or asyncio.create_task(self._run(batch))
        try:
            results = await asyncio.shield(task)  # one caller's cancellation must not cancel the batch
        finally:
            self._leave(batch, key)
        try:
            return results[key]
        except KeyError:
            raise MissingFromBatch(f"no result for {key} among {len(results)}") from None

    def _join(self, key: _K) -> _Batch[_K, _V]:
        batch = self._open = self._open or _Batch()
        batch.waiters[key] += 1
        if len(batch.waiters) >= self._max_size:
            self._close(batch)
        return batch

    def _close(self, batch: _Batch[_K, _V]) -> None:
        """Accept no more keys; the next caller starts a new batch."""
        batch.full.set()
        if self._open is batch:
            self._open = None

    def _leave(self, batch: _Batch[_K, _V], key: _K) -> None:
        batch.waiters -= Counter([key])
        if not batch.waiters and batch.task:
            self._close(batch)
            batch.task.cancel()  # no effect on a finished task

    async def _run(self, batch: _Batch[_K, _V]) -> Mapping[_K, _V]:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._wait_s):
                await batch.full.wait()
        async with self._slots:
            self._close(batch)
            return await self._fetch(tuple(batch.waiters))
