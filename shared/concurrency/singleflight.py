"""One piece of work for all who want the same thing at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from shared.concurrency.cancel import cancel_and_wait

_K = TypeVar("_K", bound=Hashable)
_T = TypeVar("_T")


class _Flight(Generic[_T]):
    def __init__(self, task: asyncio.Task[_T]) -> None:
        self.task = task
        self.waiting = 0


class SingleFlight(Generic[_K, _T]):
    """Runs one task a key; whoever asks meanwhile gets its result or its error. Nothing is remembered afterwards.

    With ``abandon``, work that everybody has stopped waiting for is given up; else it goes on to its end.
    """

    def __init__(self, *, abandon: bool = False) -> None:
        self._flights: dict[_K, _Flight[_T]] = {}
        self._abandon = abandon

    def __len__(self) -> int:
        """Return how many pieces of work are under way."""
        return len(self._flights)

    def __contains__(self, key: _K) -> bool:
        """Tell whether work for this key is under way."""
        return key in self._flights

    async def run(self, key: _K, work: Callable[[], Awaitable[_T]]) -> _T:
        """Return what the work under way for this key brings, beginning it when there is none."""
        flight = self._board(key, work)
        flight.waiting += 1
        try:
            # Shielded, because one caller who leaves must not end the work of the others.
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if self._abandon and flight.waiting == 0:
                self._leave(key, flight)
                flight.task.cancel()

    def begin(self, key: _K, work: Callable[[], Awaitable[_T]]) -> None:
        """Begin the work ahead of whoever will :meth:`run` it, unless it is under way."""
        self._board(key, work)

    def forget(self, key: _K) -> None:
        """Let the next caller begin anew: what is under way may bring something out of date."""
        self._flights.pop(key, None)

    async def close(self) -> None:
        """Give up all that is under way."""
        await cancel_and_wait(*(flight.task for flight in self._flights.values()))

    def _board(self, key: _K, work: Callable[[], Awaitable[_T]]) -> _Flight[_T]:
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(_await(work)))
            flight.task.add_done_callback(lambda ended: self._ended(key, flight, ended))
        return flight

    def _ended(self, key: _K, flight: _Flight[_T], task: asyncio.Task[_T]) -> None:
        self._leave(key, flight)
        if not task.cancelled():
            task.exception()  # looked at, for the loop would complain when all callers have left

    def _leave(self, key: _K, flight: _Flight[_T]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]


async def _await(work: Callable[[], Awaitable[_T]]) -> _T:
    return await work()
