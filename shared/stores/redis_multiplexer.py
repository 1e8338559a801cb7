"""One connection to Redis for all commands that do not block: those of one turn of the event loop leave in one write.

A connection of the pool answers one command at a time, so each command waits for a connection of its own and for its
own round trip. Here commands follow one another without waiting, and the server answers them in their order.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import hiredis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import InvalidResponse, RedisError
from redis.exceptions import TimeoutError as NoAnswer

from shared.concurrency.singleflight import SingleFlight
from shared.stores.redis_connection import Guarded, Words, parse_error

MOST_WAITING: Final = 10_000
"""Commands, or pipelines, that may wait for their replies: a server that does not answer is left long before that."""

_MISSING: Final = object()
_BACKOFF: Final = ExponentialWithJitterBackoff(base=0.02, cap=0.1)


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

    def send(self, packed: bytes, replies: int) -> asyncio.Future[list[Any]]:
        """Send commands at the end of this turn of the loop; return what will hold that many replies.

        Error replies are among them. The future raises ``ConnectionLost`` or ``NoAnswer`` when the connection ends.
        """
        now, future = time.monotonic(), self._loop.create_future()
        was_idle = not self._waiting and now - self._heard_at > self._idle_s
        self._waiting.append(_Exchange(replies, future, now, was_idle=was_idle))
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(packed)
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

    def _flush(self) -> None:
        if self.failure is None:
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


class Multiplexer:
    """Opens the line when it is needed, and again after every loss."""

    def __init__(self, connection: Callable[[], Guarded], *, answer_s: float, idle_s: float) -> None:
        self._connection, self._answer_s, self._idle_s = connection, answer_s, idle_s
        self._line: Line | None = None
        self._opening: SingleFlight[str, Line] = SingleFlight(abandon=True)

    @property
    def waiting(self) -> int:
        """Return how many exchanges wait for replies."""
        return 0 if self._line is None else self._line.waiting

    @property
    def is_open(self) -> bool:
        """Return whether there is a connection."""
        return self._line is not None and self._line.failure is None

    async def ask(self, commands: Sequence[Words], scripts: Sequence[tuple[str, str]] = ()) -> list[Any]:
        """Send commands together and return their replies, errors among them.

        ``scripts`` are digests and texts of what they run; a server that may not have one is given it first. When the
        connection is lost, all are sent once more on a new one. Raises redis-py's ``ConnectionError``, also when too
        many commands wait, and its ``TimeoutError``.
        """
        line = await self._open_line()
        try:
            return await self._exchange(line, commands, scripts)
        except ConnectionLost:
            await self._close(line)
        await asyncio.sleep(_BACKOFF.compute(1))
        line = await self._open_line()
        try:
            return await self._exchange(line, commands, scripts)
        except ConnectionLost:
            await self._close(line)
            raise

    def forget_scripts(self) -> None:
        """Give the server the scripts again: it said that it has none."""
        if self._line is not None:
            self._line.scripts.clear()

    async def close_outdated(self) -> None:
        """Close the line if its server was found useless by another connection."""
        line = self._line
        if line is not None and not line.is_of_use:
            line.fail(ConnectionLost("another connection found this server useless"))
            await self._close(line)

    async def close(self) -> None:
        """Close the line; the next command opens another."""
        await self._opening.close()
        if self._line is not None:
            self._line.fail(ConnectionLost("closed"))
            await self._close(self._line)

    async def _exchange(self, line: Line, commands: Sequence[Words], scripts: Sequence[tuple[str, str]]) -> list[Any]:
        if line.waiting >= MOST_WAITING:
            raise RedisError("too many commands wait for Redis")
        if line.failure is not None:
            raise line.failure
        missing = [(digest, text) for digest, text in scripts if digest not in line.scripts]
        loads: list[Words] = [("SCRIPT", "LOAD", text) for _, text in missing]
        packed = line.connection.pack_all([*loads, *commands])
        try:
            replies = await line.send(packed, len(loads) + len(commands))
        except NoAnswer:
            await self._close(line)
            raise
        for (digest, _), loaded in zip(missing, replies, strict=False):
            if not isinstance(loaded, Exception):
                line.scripts.add(digest)
        return replies[len(loads) :]

    async def _open_line(self) -> Line:
        line = self._line
        if line is not None and line.is_of_use:
            return line
        return await self._opening.run("line", self._opened)

    async def _opened(self) -> Line:
        if self._line is not None:
            await self.close_outdated()
        if self._line is not None:
            return self._line
        connection = self._connection()
        try:
            await connection.connect()
            self._line = Line(connection, answer_s=self._answer_s, idle_s=self._idle_s)
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        return self._line

    async def _close(self, line: Line) -> None:
        if self._line is line:
            self._line = None
        await line.connection.disconnect(nowait=True, error=line.failure)
