"""A number of bytes of memory that a process may use for one purpose; a task that needs more than is left waits."""

import asyncio
from collections import deque
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final, NamedTuple

MAX_WAITING: Final = 5000
"""Tasks that may wait for their share; each has a time limit of its own."""


class OverBudget(Exception):
    """A share is larger than the whole budget, or too many wait for theirs."""


class _Waiter(NamedTuple):
    size: int
    turn: "asyncio.Future[None]"


class ByteBudget:
    """Shares of ``limit`` bytes, in the order in which they are requested, so that large ones get theirs too.

    It belongs to one event loop.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._waiting: deque[_Waiter] = deque()

    def share(self, size: int) -> AbstractAsyncContextManager[None]:
        """Wait for a share and hold it during the block. Raises ``OverBudget``."""
        return _Share(self, size)

    async def take(self, size: int, *, is_urgent: bool = False) -> None:
        """Wait for a share, first in line if it is urgent; it is returned with :meth:`give_back`.

        Raises ``OverBudget``.
        """
        if size > self.limit:
            raise OverBudget(f"{size} of {self.limit} bytes")
        if not self._waiting and self.used + size <= self.limit:
            self.used += size
            return
        if len(self._waiting) >= MAX_WAITING:
            raise OverBudget("too many wait for memory")
        waiter = _Waiter(size, asyncio.get_running_loop().create_future())
        if is_urgent:
            self._waiting.appendleft(waiter)
        else:
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

    def resize(self, size: int, new_size: int) -> bool:
        """Change a share to another size if that is possible at once; return whether it was."""
        if new_size > size and self.used + new_size - size > self.limit:
            return False
        self.used += new_size - size
        self._let_in()
        return True

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


class _Share(AbstractAsyncContextManager[None]):
    """A share while inside. A generator as a context would take longer than all the rest of it."""

    __slots__ = ("_budget", "_size")

    def __init__(self, budget: ByteBudget, size: int) -> None:
        self._budget, self._size = budget, size

    async def __aenter__(self) -> None:
        await self._budget.take(self._size)

    async def __aexit__(self, *_: object) -> None:
        self._budget.give_back(self._size)
