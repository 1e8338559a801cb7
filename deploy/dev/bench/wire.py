"""One connection of a load generator: only as much of HTTP/1.1 as it needs, so that it costs less than the server."""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from deploy.dev.local.ports import HOST

_BUFFER_BYTES: Final = 1 << 18
_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"Content-Length: "


class Wire(asyncio.BufferedProtocol):
    """A request, its whole response, the next request, each written to ``transport`` when the one before is answered.

    ``answered`` is given a buffer and where in it the head ends, with the end of its last line; what is there is good
    until it returns. ``lost`` is told how the connection ended.
    """

    transport: asyncio.Transport  # there when connected

    def __init__(self, answered: Callable[[bytearray, int], None], lost: Callable[[str], None]) -> None:
        self._answered, self._lost = answered, lost
        self._buffer = bytearray(_BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._held = 0  # bytes of a head, complete or not, that are not to be written over
        self._left = 0  # bytes of a body that are still to come
        self._end = 0

    async def connect(self, port: int) -> None:
        """Open the connection to a port of this machine."""
        await asyncio.get_running_loop().create_connection(lambda: self, HOST, port)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Report the end, and release the listener."""
        lost = self._lost
        del self._answered, self._lost  # a cycle of wire and listener would stay where no garbage is collected
        lost(f"a connection that was closed ({type(exc).__name__})")

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - always as much as there is
        """Return the free part of the buffer after the data it holds."""
        return self._view[self._held :]

    def buffer_updated(self, nbytes: int) -> None:
        """Read on, and report a complete response."""
        buffer, left = self._buffer, self._left
        if left:
            left -= nbytes
        else:
            held = self._held + nbytes
            end = buffer.find(_END, 0, held)
            if end < 0:
                self._held = held
                return
            at = buffer.find(_LENGTH, 0, end)
            length = int(buffer[at + len(_LENGTH) : buffer.find(b"\r", at)]) if at >= 0 else 0
            left = length - (held - end - len(_END))
            self._held = self._end = end + 2  # the body goes behind the head
        if left > 0:
            self._left = left
        else:
            self._held = self._left = 0
            self._answered(buffer, self._end)


def told(buffer: bytearray, end: int) -> str:
    """Return the beginning of a head as one line, to describe what was wrong with it."""
    return buffer[: min(end, 300)].decode("latin-1").replace("\r\n", " | ")
