"""Background tasks: named, started with the process, restarted when they crash, stopped with the process."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Final, NoReturn, Self, TypeAlias

import structlog
from prometheus_client import CollectorRegistry, Counter

from shared.concurrency.backoff import pauses
from shared.concurrency.cancel import AGAIN_S, MAX_ATTEMPTS, cancel_and_wait

log: structlog.stdlib.BoundLogger = structlog.get_logger()

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
HEALTHY_S: Final = 60.0
"""A task that has run for this long is healthy: its earlier crashes no longer count."""

FAILING_AFTER: Final = 3
"""Crashes in a row after which a task counts as failing."""

STOP_S: Final = AGAIN_S * MAX_ATTEMPTS
"""Longest time that :meth:`Supervisor.close` takes, even if a task ignores its cancellation."""

Sleep: TypeAlias = Callable[[float], Awaitable[object]]
Work: TypeAlias = Callable[[], Awaitable[object]]
Periodic: TypeAlias = Callable[[], Awaitable[float | None]]
"""One round of periodic work; it may return the seconds until the next round, where they differ from the interval."""


class _Task:
    """One supervised task and its recent crashes."""

    def __init__(self, name: str, work: Work) -> None:
        self.name, self.work = name, work
        self.crashes = 0  # in a row
        self.started_at: float | None = None  # None while it waits for its restart
        self.pauses = _pauses()

    def is_healthy(self, now: float) -> bool:
        """Return whether the current run has lasted long enough to forget earlier crashes."""
        return self.started_at is not None and now - self.started_at >= HEALTHY_S

    def crashed(self, now: float) -> float:
        """Count a crash and return how long to wait before the restart."""
        if self.is_healthy(now):
            self.crashes, self.pauses = 0, _pauses()
        self.crashes += 1
        self.started_at = None
        return next(self.pauses)


class Supervisor(AbstractAsyncContextManager["Supervisor"]):
    """Runs the added tasks from entry to exit of its context.

    A task that raises is logged with its traceback, counted in ``marquee_task_restarts_total`` and restarted with
    exponential back-off. A task that returns is done. A task that is cancelled from outside counts as crashed.
    """

    def __init__(
        self, registry: CollectorRegistry, *, clock: Callable[[], float] = time.monotonic, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._tasks: dict[str, _Task] = {}
        self._running: list[asyncio.Task[None]] = []
        self._restarts = Counter(
            "marquee_task_restarts", "Restarts of background tasks that crashed.", ["task"], registry=registry
        )

    def add(self, name: str, work: Work) -> None:
        """Add a task that runs until it returns. Raises ``ValueError`` when the name is taken."""
        if name in self._tasks:
            raise ValueError(f"two background tasks are named {name}")
        self._tasks[name] = _Task(name, work)
        self._restarts.labels(name)  # an alert on its increase needs the zero

    def add_periodic(self, name: str, interval_s: float, work: Periodic, *, first_s: float = 0.0) -> None:
        """Add a task that does ``work`` after ``first_s`` and then again at each interval. Raises like :meth:`add`."""
        self.add(name, lambda: every(interval_s, work, first_s=first_s, sleep=self._sleep))

    def failing(self) -> list[str]:
        """Return the names of tasks that keep crashing."""
        now = self._clock()
        return [
            task.name for task in self._tasks.values() if task.crashes >= FAILING_AFTER and not task.is_healthy(now)
        ]

    async def __aenter__(self) -> Self:
        self._running = [
            asyncio.create_task(self._keep_running(task), name=f"supervise {task.name}")
            for task in self._tasks.values()
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Cancel every task and return when all have ended, within ``STOP_S``."""
        running, self._running = self._running, []
        await cancel_and_wait(*running)

    async def _keep_running(self, task: _Task) -> None:
        while not await self._run_once(task):
            pause_s = task.crashed(self._clock())
            self._restarts.labels(task.name).inc()
            await self._sleep(pause_s)

    async def _run_once(self, task: _Task) -> bool:
        """Return whether the work is done; log what it raises."""
        task.started_at = self._clock()
        run = asyncio.create_task(_await(task.work), name=task.name)
        try:
            await run
        except (Exception, asyncio.CancelledError):
            if _is_cancelled():
                raise
            log.exception("background_work_crashed", work=task.name)
            return False
        return True


async def every(interval_s: float, work: Periodic, *, first_s: float = 0.0, sleep: Sleep = asyncio.sleep) -> NoReturn:
    """Do ``work`` after ``first_s`` and then again at each interval, until cancelled. Raises what ``work`` raises."""
    pause_s: float | None = first_s
    while True:
        await sleep(interval_s if pause_s is None else pause_s)
        pause_s = await work()


def _pauses() -> Iterator[float]:
    return pauses(FIRST_PAUSE_S, LONGEST_PAUSE_S)


def _is_cancelled() -> bool:
    """Return whether the supervising task itself was cancelled, rather than the work it awaits."""
    current = asyncio.current_task()
    return current is not None and current.cancelling() > 0


async def _await(work: Work) -> None:
    await work()
