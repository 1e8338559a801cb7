"""A relay before a store that holds what names a certain thing: a request that never arrives, or a reply that does not.

Everything else passes. So a process can be ended at a point of its work that is otherwise over in a millisecond.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum, auto
from types import TracebackType
from typing import Final, Self

from yarl import URL

from deploy.dev.local.ports import HOST

_CHUNK: Final = 1 << 16


class Holding(Enum):
    """What is held: with the request, the store never learns of it."""

    REQUEST = auto()
    REPLY = auto()


class HoldingRelay:
    """Passes bytes between its own port and another. Listens while it is entered.

    A connection on which something is held is silent from then on, until it is closed.
    """

    def __init__(self, port: int, target: int) -> None:
        self._port, self._target = port, target
        self._marks: dict[tuple[bytes, ...], Holding] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.held: set[tuple[bytes, ...]] = set()
        self.kept_back = 0
        """Bytes of replies that did not pass."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, HOST, self._port)
        return self

    async def __aexit__(self, _type: type[BaseException] | None, _error: object, _tb: TracebackType | None) -> None:
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def leading(self, url: str) -> str:
        """Return the URL of a server with this relay before it."""
        return str(URL(url).with_host(HOST).with_port(self._port)).rstrip("/")

    def hold(self, marks: Sequence[bytes], what: Holding) -> tuple[bytes, ...]:
        """Hold the next request with all of these marks, or its reply; return how ``held`` names it."""
        self._marks[tuple(marks)] = what
        return tuple(marks)

    def release(self) -> None:
        """Let everything pass from now on."""
        self._marks.clear()

    def cut(self) -> None:
        """Let everything pass from now on, and close the connections that are open: what is held never comes."""
        self.release()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
        self._writers |= {writer, far_writer}
        silent = asyncio.Event()
        ways = (self._up(reader, far_writer, silent), self._down(far_reader, writer, silent))
        self._tasks |= {asyncio.create_task(way) for way in ways}

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, silent: asyncio.Event) -> None:
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                what = self._of(chunk)
                if what is not None:
                    silent.set()
                if what is Holding.REQUEST:
                    break
                writer.write(chunk)
            while await reader.read(_CHUNK):  # until the process has ended
                pass
        writer.close()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, silent: asyncio.Event) -> None:
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                if silent.is_set():
                    self.kept_back += len(chunk)
                else:
                    writer.write(chunk)
        if not silent.is_set():
            writer.close()

    def _of(self, chunk: bytes) -> Holding | None:
        for marks, what in self._marks.items():
            if all(mark in chunk for mark in marks):
                self.held.add(marks)
                return what
        return None
