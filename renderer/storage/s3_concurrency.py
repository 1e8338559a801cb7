"""How many calls S3 gets at once: fewer when it says that it is overloaded, slowly more again when it answers.

The limit follows AIMD, the scheme of TCP: additive increase, multiplicative decrease. Each success raises it by a
fraction, so by one call after as many successes as there are calls at once; an overload halves it.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final

from renderer.metrics import RendererMetrics
from shared.domain.errors import StoreDown

MIN_CALLS: Final = 4
"""The floor: enough to notice when S3 takes more again."""

MAX_WAITING: Final = 2000
"""Calls that may wait for their turn; each has a time limit of its own."""

HALVED_EVERY_S: Final = 1.0
"""Calls in progress are refused together: they are one overload and not one each."""


class S3Concurrency:
    """Calls in progress and their limit, which is between ``MIN_CALLS`` and ``max_calls``."""

    def __init__(
        self, max_calls: int, *, metrics: RendererMetrics | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_calls = max_calls
        self._limit = float(max_calls)
        self._clock = clock
        self._in_progress = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._halved_at = -HALVED_EVERY_S
        self._count_overload: Callable[[], None] = lambda: None
        if metrics is not None:
            metrics.s3_calls.set_function(lambda: self._in_progress)
            metrics.s3_calls_limit.set_function(lambda: self.limit)
            self._count_overload = metrics.s3_overloads.inc

    @property
    def limit(self) -> int:
        """Return how many calls may be in progress now."""
        return int(self._limit)

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait for the turn of a call and hold it during the block. Raises ``StoreDown`` when too many wait."""
        return _Turn(self)

    async def begin(self) -> None:
        """Wait for a turn, which :meth:`end` returns. Raises ``StoreDown`` when too many wait."""
        if self._in_progress < self.limit and not self._waiting:
            self._in_progress += 1
        else:
            await self._wait()

    def end(self) -> None:
        """Return a turn."""
        self._in_progress -= 1
        self._let_in()

    def succeeded(self) -> None:
        """Count an answer that says nothing about an overload."""
        self._limit = min(float(self._max_calls), self._limit + 1 / self._limit)
        self._let_in()

    def overloaded(self) -> None:
        """Halve the limit, once for all calls that are refused together."""
        self._count_overload()
        if self._clock() - self._halved_at >= HALVED_EVERY_S:
            self._halved_at = self._clock()
            self._limit = max(float(min(MIN_CALLS, self._max_calls)), self._limit / 2)

    async def _wait(self) -> None:
        if len(self._waiting) >= MAX_WAITING:
            raise StoreDown("s3: too many calls wait for their turn")
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            self._give_up(turn)
            raise

    def _give_up(self, turn: "asyncio.Future[None]") -> None:
        """Leave the queue, or pass the turn on when it came at the same moment."""
        if turn.done() and not turn.cancelled():
            self._in_progress -= 1
        with suppress(ValueError):
            self._waiting.remove(turn)
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._in_progress < self.limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self._in_progress += 1
                turn.set_result(None)


class _Turn(AbstractAsyncContextManager[None]):
    """A turn while inside. A generator as a context would take longer than all the rest of it."""

    __slots__ = ("_concurrency",)

    def __init__(self, concurrency: S3Concurrency) -> None:
        self._concurrency = concurrency

    async def __aenter__(self) -> None:
        await self._concurrency.begin()

    async def __aexit__(self, *_: object) -> None:
        self._concurrency.end()
