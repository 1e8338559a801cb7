"""Single questions, collected for a moment and asked together, for sources that answer many at the price of one."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from contextlib import suppress
from typing import Final, Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

WAIT_S: Final = 0.25


class AskAlone(LookupError):
    """The batch brought no answer to this question, and no error either: it may be asked on its own."""


class _Batch(Generic[_K, _V]):
    def __init__(self) -> None:
        self.askers: Counter[_K] = Counter()
        self.full = asyncio.Event()
        self.task: asyncio.Task[Mapping[_K, _V]] | None = None


class Batcher(Generic[_K, _V]):
    """Asks for up to ``most`` keys at once, ``wait_s`` after the first of them or when they are ``most``.

    ``at_once`` batches are under way at the same time; a batch that waits for its turn goes on collecting. ``ask`` is
    given different keys and returns the answers that it could get.
    """

    def __init__(
        self,
        ask: Callable[[Collection[_K]], Awaitable[Mapping[_K, _V]]],
        *,
        most: int,
        wait_s: float = WAIT_S,
        at_once: int = 2,
    ) -> None:
        self._ask = ask
        self._most = most
        self._wait_s = wait_s
        self._turns = asyncio.Semaphore(at_once)
        self._open: _Batch[_K, _V] | None = None

    async def get(self, key: _K) -> _V:
        """Return the answer. Raises what ``ask`` raises, to every asker of the batch, and ``AskAlone``.

        One who gives up leaves the others alone; a batch that all have left is given up.
        """
        batch = self._board(key)
        task = batch.task = batch.task or asyncio.create_task(self._run(batch))
        try:
            answers = await asyncio.shield(task)  # one who leaves must not end the question of the others
        finally:
            self._leave(batch, key)
        try:
            return answers[key]
        except KeyError:
            raise AskAlone(f"no answer to {key} among {len(answers)}") from None

    def _board(self, key: _K) -> _Batch[_K, _V]:
        batch = self._open = self._open or _Batch()
        batch.askers[key] += 1
        if len(batch.askers) >= self._most:
            self._close(batch)
        return batch

    def _close(self, batch: _Batch[_K, _V]) -> None:
        """Let nobody else in; whoever comes now begins the next one."""
        batch.full.set()
        if self._open is batch:
            self._open = None

    def _leave(self, batch: _Batch[_K, _V], key: _K) -> None:
        batch.askers -= Counter([key])
        if not batch.askers and batch.task:
            self._close(batch)
            batch.task.cancel()  # does nothing to a task that has ended

    async def _run(self, batch: _Batch[_K, _V]) -> Mapping[_K, _V]:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._wait_s):
                await batch.full.wait()
        async with self._turns:
            self._close(batch)
            return await self._ask(tuple(batch.askers))
