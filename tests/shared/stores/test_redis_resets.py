"""A Redis server that resets a connection before a command is sent, as a killed one does, counts as down.

The tests run on uvloop, as both processes do: it raises ``RuntimeError`` for a write to such a connection.
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
from shared.stores.redis_write_errors import CheckedTcp, CheckedWrites
from tests.waiting import until


@pytest.fixture
def unhandled() -> list[dict[str, Any]]:
    """Errors that reached only the event loop's exception handler."""
    return []


@pytest.fixture
def on_uvloop(unhandled: list[dict[str, Any]]) -> Callable[[Callable[[int], Awaitable[object]]], None]:
    """Run a coroutine on uvloop, with the port of a server that resets a connection at ``QUIT``."""

    async def watched(work: Callable[[int], Awaitable[object]]) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
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


async def _reset(connection: CheckedWrites) -> None:
    """Have the server reset the connection, and wait until the event loop has noticed."""
    writer = connection._writer
    assert writer is not None
    writer.write(b"*1\r\n$4\r\nQUIT\r\n")
    await until(writer.transport.is_closing)
    await asyncio.sleep(0)  # uvloop closes the socket in its next turn


def _reset_at_the_end_of(name: str, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reset every connection of this class at the end of one of its methods."""
    method: Callable[[Any], Coroutine[Any, Any, None]] = getattr(kind, name)

    async def then_reset(self: CheckedWrites) -> None:
        await method(self)
        await _reset(self)

    monkeypatch.setattr(kind, name, then_reset)


@pytest.mark.parametrize("moment", ["_connect", "connect"])
async def test_a_command_finds_the_server_down(
    moment: str, on_uvloop: Any, unhandled: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _reset_at_the_end_of(moment, Guarded, monkeypatch)

    async def ask(port: int) -> None:
        redis: Redis = connect(f"redis://{HOST}:{port}")
        with pytest.raises(StoreDown, match="redis: ConnectionError"), redis_errors():
            await redis.get("marquee:x")
        await redis.aclose()

    await asyncio.to_thread(on_uvloop, ask)

    assert [] == unhandled


@pytest.mark.parametrize("topology", ["redis+sentinel", "redis+cluster"])
async def test_a_sentinel_or_node_that_resets_the_connection_is_down(
    topology: str, on_uvloop: Any, unhandled: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _reset_at_the_end_of("_connect", CheckedTcp, monkeypatch)

    async def ask(port: int) -> None:
        path = "/primary" if topology.endswith("sentinel") else ""
        primary = find_primary(parse_redis_url("REDIS_URL", f"{topology}://{HOST}:{port}{path}"))
        with pytest.raises(StoreDown, match="PrimaryUnknown"), redis_errors():
            await primary.find()
        await primary.close()

    await asyncio.to_thread(on_uvloop, ask)

    assert [] == unhandled
