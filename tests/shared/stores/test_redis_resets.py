"""A server that resets a connection before a command is sent, as one that is killed does, is a server that is down.

The processes run on uvloop, which refuses such a write with an error of its own.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

import pytest
import uvloop
from redis.asyncio import Redis

from deploy.dev.local.ports import HOST
from shared.config.redis_address import parse_redis_url
from shared.domain.errors import StoreDown
from shared.stores.redis import connect, redis_errors
from shared.stores.redis_connection import Guarded
from shared.stores.redis_primary import find_primary
from shared.stores.redis_sending import Sending, SendingTcp
from tests.waiting import until


@pytest.fixture
def complaints() -> list[dict[str, Any]]:
    """What the event loop was told of errors that nobody was there to take."""
    return []


@pytest.fixture
def on_uvloop(complaints: list[dict[str, Any]]) -> Callable[[Callable[[int], Awaitable[object]]], None]:
    """Runs work with the port of a server that greets and resets a connection as soon as the client is to write."""

    async def watched(work: Callable[[int], Awaitable[object]]) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        async with _resetting() as port:
            await work(port)

    def run(work: Callable[[int], Awaitable[object]]) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(watched(work))

    return run


@asynccontextmanager
async def _resetting() -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1 << 16):
            if b"QUIT" in piece:
                socket = writer.get_extra_info("socket")
                socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))  # closing it resets the connection
                break
            writer.write(b"+OK\r\n" * piece.count(b"*"))
        writer.transport.abort()

    server = await asyncio.start_server(serve, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _have_it_reset(connection: Sending) -> None:
    """Have the server end the connection, and let the event loop notice it."""
    writer = connection._writer
    assert writer is not None
    writer.write(b"*1\r\n$4\r\nQUIT\r\n")
    await until(writer.transport.is_closing)
    await asyncio.sleep(0)  # uvloop closes the socket in its next turn


def _reset_after(name: str, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every connection of a kind reset at the end of one of its methods."""
    method: Callable[[Any], Coroutine[Any, Any, None]] = getattr(kind, name)

    async def followed(self: Sending) -> None:
        await method(self)
        await _have_it_reset(self)

    monkeypatch.setattr(kind, name, followed)


@pytest.mark.parametrize("moment", ["_connect", "connect"])
async def test_a_command_finds_the_server_down(
    moment: str, on_uvloop: Any, complaints: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _reset_after(moment, Guarded, monkeypatch)

    async def ask(port: int) -> None:
        redis: Redis = connect(f"redis://{HOST}:{port}")
        with pytest.raises(StoreDown, match="redis: ConnectionError"), redis_errors():
            await redis.get("marquee:x")
        await redis.aclose()

    await asyncio.to_thread(on_uvloop, ask)

    assert [] == complaints


@pytest.mark.parametrize("topology", ["redis+sentinel", "redis+cluster"])
async def test_whoever_knows_the_primary_counts_as_down(
    topology: str, on_uvloop: Any, complaints: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _reset_after("_connect", SendingTcp, monkeypatch)

    async def ask(port: int) -> None:
        path = "/primary" if topology.endswith("sentinel") else ""
        primary = find_primary(parse_redis_url("REDIS_URL", f"{topology}://{HOST}:{port}{path}"))
        with pytest.raises(StoreDown, match="PrimaryUnknown"), redis_errors():
            await primary.find()
        await primary.close()

    await asyncio.to_thread(on_uvloop, ask)

    assert [] == complaints
