"""A relay before Redis that counts what a client sends: commands, and round trips."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from yarl import URL

from deploy.dev.local.ports import HOST

_CHUNK: Final = 1 << 16
_END: Final = b"\r\n"
_BY_ITSELF: Final = frozenset(
    (b"XPENDING", b"XINFO", b"XTRIM", b"XCLAIM", b"XLEN", b"XRANGE", b"XREVRANGE", b"HINCRBYFLOAT", b"INFO")
)
"""What processes do on their own every few seconds, with or without requests."""


class CountingRelay:
    """Passes bytes between its own port and another. Listens while it is entered.

    A round trip begins with the first command that is sent after a reply, on the same connection.
    """

    def __init__(self, port: int, target: int) -> None:
        self._port, self._target = port, target
        self.commands: list[list[bytes]] = []
        self.trips = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, HOST, self._port)
        return self

    async def __aexit__(self, _type: type[BaseException] | None, _error: object, _tb: TracebackType | None) -> None:
        self._server.close()

    def leading(self, url: str) -> str:
        """Return the URL of a server with this relay before it."""
        return str(URL(url).with_host(HOST).with_port(self._port))

    @property
    def asked(self) -> list[list[bytes]]:
        """Return the commands without those that processes send on their own, with or without requests."""
        return [words for words in self.commands if words[0] not in _BY_ITSELF]

    def reset(self) -> None:
        """Count from zero."""
        self.commands, self.trips = [], 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
            line = _Line(self)
            await asyncio.gather(line.up(reader, far_writer), line.down(far_reader, writer))


class _Line:
    def __init__(self, relay: CountingRelay) -> None:
        self._relay = relay
        self._is_answered = True
        self._buffer = bytearray()

    async def up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            self._buffer += chunk
            for command in _commands(self._buffer):
                self._relay.commands.append(command)
                self._relay.trips += self._is_answered
                self._is_answered = False
            writer.write(chunk)
        writer.close()

    async def down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            self._is_answered = True
            writer.write(chunk)
        writer.close()


def _commands(buffer: bytearray) -> Iterator[list[bytes]]:
    """Take complete commands from the front of a buffer."""
    while (taken := _command(buffer)) is not None:
        words, end = taken
        del buffer[:end]
        yield words


def _command(buffer: bytearray) -> tuple[list[bytes], int] | None:
    end = buffer.find(_END)
    if end < 0:
        return None
    words, at = [], end + len(_END)
    for _ in range(int(buffer[1:end])):
        end = buffer.find(_END, at)
        if end < 0:
            return None
        start = end + len(_END)
        at = start + int(buffer[at + 1 : end]) + len(_END)
        if len(buffer) < at:
            return None
        words.append(bytes(buffer[start : at - len(_END)]))
    return words, at
