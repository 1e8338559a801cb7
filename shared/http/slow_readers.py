"""Clients that do not read their responses: how much may wait for them, and for how long."""

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Final, Generic, Protocol, TypeVar

SWEEP_S: Final = 1.0
"""How often connections are looked at; one that has waited for less than this is not slow."""

MOST_S: Final = 60.0
"""How long a response may wait for its client: 20 times as long as clients wait for a picture."""


class Reader(Protocol, Hashable):
    """A connection whose client is being written to."""

    @property
    def address(self) -> str:
        """Return the client's address, "" for a proxy."""

    @property
    def unread_bytes(self) -> int:
        """Return how many bytes wait in this process until the client reads."""


_Reader = TypeVar("_Reader", bound=Reader)


class SlowReaders(Generic[_Reader]):
    """Closes connections that wait for their clients for too long, or with too many bytes in all.

    ``close`` is called for each. Over ``most_bytes``, that is the connection that has waited longest, of the address
    for which most bytes wait. What came within the last ``SWEEP_S`` is not counted.
    """

    def __init__(self, *, most_bytes: int, close: Callable[[_Reader], None], most_s: float = MOST_S) -> None:
        self._most_bytes, self._most_s, self._close = most_bytes, most_s, close
        self._since: dict[_Reader, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def began(self, connection: _Reader) -> None:
        """Note that a connection has more to send than it can."""
        self._since[connection] = asyncio.get_running_loop().time()
        if self._timer is None:
            self._expect_sweep()

    def ended(self, connection: _Reader) -> None:
        """Note that the client has read, or is gone."""
        self._since.pop(connection, None)

    def _expect_sweep(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)

    def _sweep(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for connection in [each for each, since in self._since.items() if now - since >= self._most_s]:
            self._end(connection)
        slow = {each: each.unread_bytes for each, since in self._since.items() if now - since >= SWEEP_S}
        excess = sum(slow.values()) - self._most_bytes
        while excess > 0:
            chosen = _longest_of_largest(slow)
            excess -= slow.pop(chosen)
            self._end(chosen)
        if self._since:
            self._expect_sweep()

    def _end(self, connection: _Reader) -> None:
        self.ended(connection)
        self._close(connection)


def _longest_of_largest(unread: dict[_Reader, int]) -> _Reader:
    """Return the first connection of the address with most bytes; the connections are in the order of their waits."""
    by_address: Counter[str] = Counter()
    for connection, size in unread.items():
        by_address[connection.address] += size
    ((largest, _),) = by_address.most_common(1)
    return next(connection for connection in unread if connection.address == largest)
