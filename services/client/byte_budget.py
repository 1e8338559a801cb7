"""A number of bytes of memory that all users in a process share: who needs more than is left waits in line."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final, NamedTuple

MAX_WAITING: Final = 5000
"""Users that may wait for their share; each has a time limit of its own."""


class OverBudget(Exception):
    """A share is larger than the whole budget, or too many wait for theirs."""


class _Waiter(NamedTuple):
    size: int
    turn: "asyncio.Future[None]"


class ByteBudget:
    """Hands out shares of ``limit`` bytes in the order in which they were asked for, so that none waits for ever."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._waiting: deque[_Waiter] = deque()

    @asynccontextmanager
    async def share(self, size: int) -> AsyncIterator[None]:
        """Wait for a share and hold it during the block. Raises ``OverBudget``."""
        await self.take(size)
        try:
            yield
        finally:
            self.give_back(size)

    async def take(self, size: int) -> None:
        """Wait for a share; who has it returns it with :meth:`give_back`. Raises ``OverBudget``."""
        if size > self.limit:
            raise OverBudget(f"{size} of {self.limit} bytes")
        if not self._waiting and self.used + size <= self.limit:
            self.used += size
            return
        if len(self._waiting) >= MAX_WAITING:
            raise OverBudget("too many wait for memory")
        waiter = _Waiter(size, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        try:
            await waiter.turn
        except asyncio.CancelledError:
            self._give_up(waiter)
            raise

    def give_back(self, size: int) -> None:
        """Return a share."""
        self.used -= size
        self._let_in()

    def _give_up(self, waiter: _Waiter) -> None:
        """Leave the line, or return the share when it came at the same moment."""
        if waiter.turn.done() and not waiter.turn.cancelled():
            self.used -= waiter.size
        with suppress(ValueError):
            self._waiting.remove(waiter)
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting:
            first = self._waiting[0]
            if not first.turn.done():
                if self.used + first.size > self.limit:
                    return
                self.used += first.size
                first.turn.set_result(None)
            self._waiting.popleft()
