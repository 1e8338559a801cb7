"""Merges concurrent calls for the same key into one."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

import structlog

from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import MarqueeError

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_K = TypeVar("_K", bound=Hashable)
_T = TypeVar("_T")


class _Flight(Generic[_T]):
    """A running task, and a future for each caller: one's cancellation must not cancel the task for the others.

    ``asyncio.shield`` does the same with two callbacks and two closures for each caller.
    """

    __slots__ = ("task", "waiting")

    def __init__(self, task: asyncio.Task[_T]) -> None:
        self.task = task
        self.waiting: dict[asyncio.Future[None], None] = {}  # they go on in the order in which they came


class SingleFlight(Generic[_K, _T]):
    """Runs one task per key; callers that arrive while it runs share its result or error. Nothing is cached.

    With ``abandon``, a task is cancelled once no caller waits for it; otherwise it runs to its end.
    """

    def __init__(self, *, abandon: bool = False) -> None:
        self._flights: dict[_K, _Flight[_T]] = {}
        self._abandon = abandon

    def __len__(self) -> int:
        """Return how many tasks are running."""
        return len(self._flights)

    def __contains__(self, key: _K) -> bool:
        """Return whether a task for this key is running."""
        return key in self._flights

    async def run(self, key: _K, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Return the result of the running task for this key; start it when there is none."""
        flight = self._board(key, work)
        if flight.task.done():  # and not yet removed
            return flight.task.result()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        flight.waiting[turn] = None
        try:
            await turn
        finally:
            flight.waiting.pop(turn, None)
            if self._abandon and not flight.waiting and not flight.task.done():
                self._leave(key, flight)
                flight.task.cancel()
        return flight.task.result()

    def begin(self, key: _K, work: Callable[[], Coroutine[Any, Any, _T]]) -> None:
        """Start the task ahead of the first :meth:`run`, unless it is running."""
        self._board(key, work)

    def forget(self, key: _K) -> None:
        """Let the next caller start a new task: the running one may return outdated data."""
        self._flights.pop(key, None)

    async def close(self) -> None:
        """Cancel all running tasks."""
        await cancel_and_wait(*(flight.task for flight in self._flights.values()))

    def _board(self, key: _K, work: Callable[[], Coroutine[Any, Any, _T]]) -> _Flight[_T]:
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(work()))
            flight.task.add_done_callback(lambda ended: self._ended(key, flight, ended))
        return flight

    def _ended(self, key: _K, flight: _Flight[_T], task: asyncio.Task[_T]) -> None:
        self._leave(key, flight)
        error = None if task.cancelled() else task.exception()  # retrieved, or the event loop logs it
        for turn in flight.waiting:
            if not turn.done():
                turn.set_result(None)
        if not flight.waiting and error is not None and not isinstance(error, MarqueeError):
            log.error("background_work_crashed", work=task.get_name(), exc_info=error)  # no caller is left to see it

    def _leave(self, key: _K, flight: _Flight[_T]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
