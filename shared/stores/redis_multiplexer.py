"""One connection to Redis for all commands that do not block: those of a turn of the event loop leave in one write.

A connection of the pool answers one command at a time, so each command waits for a connection of its own and for its
own round trip. Here commands follow one another without waiting, and the server answers them in their order.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import NoScriptError, RedisError
from redis.exceptions import TimeoutError as NoAnswer

from shared.concurrency.cancel import cancel_and_wait
from shared.concurrency.singleflight import SingleFlight
from shared.stores.redis_connection import Guarded, Words
from shared.stores.redis_line import POSTED_S, Line

MOST_POSTED: Final = 1_000
"""Commands whose replies nobody waits for, and that are sent again after a lost connection."""

MOST_WAITING: Final = 10_000
"""Commands, or pipelines, that may wait for their replies: a server that does not answer is left long before that."""

_BACKOFF: Final = ExponentialWithJitterBackoff(base=0.02, cap=0.1)


class Multiplexer:
    """Opens the line when it is needed, and again after every loss."""

    def __init__(self, connection: Callable[[], Guarded], *, answer_s: float, idle_s: float) -> None:
        self._connection, self._answer_s, self._idle_s = connection, answer_s, idle_s
        self._line: Line | None = None
        self._opening: SingleFlight[str, Line] = SingleFlight(abandon=True)
        self._posts: set[asyncio.Task[None]] = set()
        self._is_closed = False

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

    def post(
        self, commands: Sequence[Words], scripts: Sequence[tuple[str, str]] = (), *, within_s: float = POSTED_S
    ) -> None:
        """Send commands with the next ones, at the latest after ``within_s``, without waiting for their replies.

        They may be run twice, and are lost with the server, when too many wait, or after ``close``: only what is good
        to have.
        """
        if self._is_closed:
            return
        line = self._line
        if line is None or not line.is_of_use:
            self._post_again(commands, scripts)
        elif line.waiting < MOST_WAITING:
            packed, replies = line.packed(commands, scripts)
            sent = line.send(packed, replies, within_s=within_s)
            sent.add_done_callback(lambda ended: self._posted(ended, commands, scripts))

    def _posted(
        self, sent: asyncio.Future[list[Any]], commands: Sequence[Words], scripts: Sequence[tuple[str, str]]
    ) -> None:
        if sent.cancelled():
            return
        error = sent.exception()
        if error is None and any(isinstance(reply, NoScriptError) for reply in sent.result()):
            self.forget_scripts()
            self._post_again(commands, scripts)
        elif isinstance(error, ConnectionLost) and not self._is_closed:
            self._post_again(commands, scripts)

    def _post_again(self, commands: Sequence[Words], scripts: Sequence[tuple[str, str]]) -> None:
        if len(self._posts) < MOST_POSTED:
            task = asyncio.create_task(self._post_once(commands, scripts))
            self._posts.add(task)
            task.add_done_callback(self._posts.discard)

    async def _post_once(self, commands: Sequence[Words], scripts: Sequence[tuple[str, str]]) -> None:
        with suppress(RedisError, OSError):
            await self.ask(commands, scripts)

    def forget_scripts(self) -> None:
        """Give the server the scripts again: it said that it has none."""
        if self._line is not None:
            self._line.scripts.clear()

    async def close_outdated(self) -> None:
        """Close the line if its server was found useless by another connection."""
        line = self._line
        if line is not None and not line.is_of_use:
            line.fail(ConnectionLost("another connection found that this server cannot be used"))
            await self._close(line)

    async def close(self) -> None:
        """Send what was posted, and close the line; the next command opens another."""
        self._is_closed = True
        if self._line is not None:
            self._line.flush()
        await cancel_and_wait(*self._posts)
        await self._opening.close()
        if self._line is not None:
            self._line.fail(ConnectionLost("closed"))
            await self._close(self._line)

    async def _exchange(self, line: Line, commands: Sequence[Words], scripts: Sequence[tuple[str, str]]) -> list[Any]:
        if line.waiting >= MOST_WAITING:
            raise RedisError("too many commands wait for Redis")
        if line.failure is not None:
            raise line.failure
        packed, count = line.packed(commands, scripts)
        try:
            replies = await line.send(packed, count)
        except NoAnswer:
            await self._close(line)
            raise
        return replies[-len(commands) :]

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
            if self._line is not None and self._line.is_of_use:  # its callers gave up, and others were quicker
                await connection.disconnect(nowait=True)
                return self._line
            self._is_closed = False
            self._line = Line(connection, answer_s=self._answer_s, idle_s=self._idle_s)
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        return self._line

    async def _close(self, line: Line) -> None:
        if self._line is line:
            self._line = None
        await line.connection.disconnect(nowait=True, error=line.failure)
