"""One piece of work for all who want the same thing at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_T = TypeVar("_T")


class SingleFlight(Generic[_K, _T]):
    """Runs one task a key; whoever asks meanwhile gets its result or its error. Nothing is remembered afterwards."""

    def __init__(self) -> None:
        self._tasks: dict[_K, asyncio.Task[_T]] = {}

    async def run(self, key: _K, work: Callable[[], Awaitable[_T]]) -> _T:
        """Return what the work under way for this key brings, beginning it when there is none."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(_await(work))
            task.add_done_callback(lambda ended: self._ended(key, ended))
        # Shielded, because one caller who leaves must not end the work of the others.
        return await asyncio.shield(task)

    def forget(self, key: _K) -> None:
        """Let the next caller begin anew: what is under way may bring something out of date."""
        self._tasks.pop(key, None)

    def _ended(self, key: _K, task: asyncio.Task[_T]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
        if not task.cancelled():
            task.exception()  # looked at, for the loop would complain when all callers have left


async def _await(work: Callable[[], Awaitable[_T]]) -> _T:
    return await work()
