"""A relay before a server that can be broken, or led to another server: one address whatever is behind it."""

import asyncio
from contextlib import suppress
from enum import StrEnum
from typing import Final, Self

from deploy.dev.local.ports import HOST

_CHUNK: Final = 1 << 16
_HEAD_S: Final = 5.0
_CONNECT_S: Final = 3.0
_END: Final = b"\r\n\r\n"
_FAILED: Final = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Trouble(StrEnum):
    """What a broken relay does."""

    REFUSES = "refuses"
    SILENT = "frozen"
    FAILS = "500"


class Relay:
    """Passes bytes between its own port and another until it is broken. Closes on leaving.

    Either ``async with``, or :meth:`start` and :meth:`close`.
    """

    def __init__(self, port: int, target: int) -> None:
        self._port = port
        self._target = target
        self._server: asyncio.Server | None = None
        self._passing = asyncio.Event()
        self._passing.set()
        self._trouble: Trouble | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> Self:
        """Listen."""
        await self._listen()
        return self

    async def close(self) -> None:
        """Stop listening and cut every connection off."""
        await self._refuse()

    def switch(self, target: int, *, cut: bool = False) -> None:
        """Lead new connections to another port, as a failover does; with ``cut`` the open ones are cut off.

        Without it they stay with the server that they have, as behind a load balancer or a changed DNS name.
        """
        self._target = target
        if cut:
            self._cut_off()

    async def break_down(self, trouble: Trouble) -> None:
        """Break it; open connections are cut off, or held when it falls silent."""
        self._trouble = trouble
        if trouble is Trouble.SILENT:
            self._passing.clear()
            return
        await self._refuse()
        if trouble is Trouble.FAILS:
            await self._listen()

    async def heal(self) -> None:
        """Let everything pass again, what was held included."""
        was, self._trouble = self._trouble, None
        self._passing.set()
        if was is Trouble.REFUSES:
            await self._listen()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self._port)

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
        self._cut_off()

    def _cut_off(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                if self._trouble is Trouble.FAILS:
                    async with asyncio.timeout(_HEAD_S):
                        await reader.readuntil(_END)
                    writer.write(_FAILED)
                    await writer.drain()
                else:
                    await self._pass(reader, writer)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._passing.wait()
        async with asyncio.timeout(_CONNECT_S):
            far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
        self._open.add(far_writer)
        try:
            # Either end that hangs up ends both ways: these protocols never half-close.
            ways = {asyncio.ensure_future(self._pump(*way)) for way in ((reader, far_writer), (far_reader, writer))}
            _, left = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in left:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            self._open.discard(far_writer)
            far_writer.close()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while chunk := await source.read(_CHUNK):
            await self._passing.wait()
            target.write(chunk)
            await target.drain()
