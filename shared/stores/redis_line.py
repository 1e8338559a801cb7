"""One open connection to Redis: commands are written without waiting, and replies come back in their order."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from math import inf
from typing import Any, Final

import hiredis
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import InvalidResponse, RedisError
from redis.exceptions import TimeoutError as NoAnswer

from shared.stores.redis_connection import Guarded, Words, parse_error

POSTED_S: Final = 0.05
"""How long a command whose reply nobody waits for usually stays here at most, so that it leaves with others."""

_MISSING: Final = object()


class _Exchange:
    """Commands that were sent together, and the replies so far."""

    __slots__ = ("future", "missing", "replies", "sent_at", "was_idle")

    def __init__(self, missing: int, future: asyncio.Future[list[Any]], sent_at: float, *, was_idle: bool) -> None:
        self.missing, self.future, self.sent_at, self.was_idle = missing, future, sent_at, was_idle
        self.replies: list[Any] = []


class Line(asyncio.Protocol):
    """An open connection whose replies are given to those who wait for them, in the order of the commands."""

    def __init__(self, connection: Guarded, *, answer_s: float, idle_s: float) -> None:
        self.connection = connection
        self.scripts: set[str] = set()
        """The scripts that this connection's server is known to have."""
        self.failure: Exception | None = None
        self._answer_s, self._idle_s = answer_s, idle_s
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(protocolError=InvalidResponse, replyError=parse_error, notEnoughData=_MISSING)
        self._waiting: deque[_Exchange] = deque()
        self._out: list[bytes] = []
        self._leaves: asyncio.Handle | None = None
        self._leaves_soon, self._leaves_at = False, inf
        self._watch: asyncio.TimerHandle | None = None
        self._heard_at = time.monotonic()
        # redis-py has connected, logged in and chosen the database; from here on the bytes come to this object.
        self._transport = connection.take_over(self)

    @property
    def waiting(self) -> int:
        """Return how many exchanges wait for replies."""
        return len(self._waiting)

    @property
    def is_of_use(self) -> bool:
        """Return whether commands may be sent."""
        return self.failure is None and self.connection.is_current

    def packed(self, commands: Sequence[Words], scripts: Sequence[tuple[str, str]] = ()) -> tuple[bytes, int]:
        """Return commands, behind the scripts that the server may not have, and the number of replies to come."""
        missing = [(digest, text) for digest, text in scripts if digest not in self.scripts]
        self.scripts.update(digest for digest, _ in missing)
        every = [*(("SCRIPT", "LOAD", text) for _, text in missing), *commands]
        return self.connection.pack_all(every), len(every)

    def send(self, packed: bytes, replies: int, *, within_s: float = 0.0) -> asyncio.Future[list[Any]]:
        """Send commands after the next turn of the loop; return what will hold that many replies, errors included.

        So commands of tasks that begin in this turn leave with them. Those that have time leave with the next ones, at
        the latest after ``within_s``. The future raises ``ConnectionLost`` or ``NoAnswer`` when the connection ends.
        """
        now, future = time.monotonic(), self._loop.create_future()
        was_idle = not self._waiting and now - self._heard_at > self._idle_s
        self._waiting.append(_Exchange(replies, future, now, was_idle=was_idle))
        self._out.append(packed)
        if within_s <= 0 and not self._leaves_soon:
            self._leave_soon()
        elif within_s > 0 and now + within_s < self._leaves_at:
            self._leave_within(within_s, now)
        if self._watch is None:
            self._watch = self._loop.call_later(self._answer_s, self._check)
        return future

    def data_received(self, data: bytes) -> None:
        """Hand out complete replies."""
        self._heard_at = time.monotonic()
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not _MISSING:
                self._take(reply)
        except RedisError as error:  # no protocol of Redis
            self.fail(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail those who wait."""
        self.connection.released(exc)
        self.fail(ConnectionLost(f"Connection closed by server: {exc}" if exc else "Connection closed by server."))

    def fail(self, error: Exception) -> None:
        """Close the connection because of an error, which all who wait are told."""
        if self.failure is not None:
            return
        self.failure = error
        self._transport.abort()
        if self._watch is not None:
            self._watch.cancel()
        waiting, self._waiting = self._waiting, deque()
        for exchange in waiting:
            if not exchange.future.done():
                exchange.future.set_exception(error)

    def _leave_soon(self) -> None:
        if self._leaves is not None:
            self._leaves.cancel()
        self._leaves, self._leaves_soon, self._leaves_at = self._loop.call_soon(self._leave_next), True, 0.0

    def _leave_within(self, seconds: float, now: float) -> None:
        if self._leaves is not None:
            self._leaves.cancel()
        self._leaves, self._leaves_at = self._loop.call_later(seconds, self.flush), now + seconds

    def _leave_next(self) -> None:
        self._leaves = self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Send what waits to be sent."""
        self._leaves, self._leaves_soon, self._leaves_at = None, False, inf
        if self._out and self.failure is None:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def _take(self, reply: Any) -> None:
        if isinstance(reply, ConnectionLost):  # a reply that says that the server is of no use
            self.fail(reply)
        if self.failure is not None or not self._waiting:
            return
        exchange = self._waiting[0]
        exchange.replies.append(reply)
        exchange.missing -= 1
        if exchange.missing == 0:
            self._waiting.popleft()
            if not exchange.future.done():  # its caller may have given up
                exchange.future.set_result(exchange.replies)

    def _check(self) -> None:
        """Give the connection up when its oldest command waits for too long."""
        self._watch = None
        if not self._waiting:
            return
        oldest = self._waiting[0]
        left_s = oldest.sent_at + self._answer_s - time.monotonic()
        if left_s > 0:
            self._watch = self._loop.call_later(left_s, self._check)
            return
        text = f"no answer within {self._answer_s:g} s"
        # An idle connection may have died without a word, which says nothing about the server.
        self.fail(ConnectionLost(text) if oldest.was_idle else NoAnswer(text))
