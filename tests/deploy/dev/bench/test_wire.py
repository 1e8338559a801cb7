"""A load generator reads answers whole, in whatever pieces they come."""

import asyncio
import gc
import weakref
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from deploy.dev.bench.callers import Pressure, Target, Visit
from deploy.dev.bench.wire import Wire, told
from deploy.dev.local.ports import HOST

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Cache-Status: HIT\r\n\r\n"
TEN = HEAD % 10 + b"0123456789"
EMPTY = b"HTTP/1.1 302 Found\r\nLocation: /c\r\n\r\n"


class Listener:
    """Notes what its wire tells."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self.losses: list[str] = []
        self.wire = Wire(self.answered, self.losses.append)

    def answered(self, buffer: bytearray, end: int) -> None:
        self.heads.append(bytes(buffer[:end]))

    def read(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.wire.get_buffer(-1)[: len(piece)] = piece
            self.wire.buffer_updated(len(piece))


@pytest.mark.parametrize("size", [1, 7, 40, len(TEN), 1000])
def test_every_answer_is_told_once_with_its_head(size: int) -> None:
    listener = Listener()

    for answer in (TEN, EMPTY, TEN):
        listener.read(*(answer[at : at + size] for at in range(0, len(answer), size)))

    heads = [TEN[: -len(b"\r\n0123456789")], EMPTY[:-2], TEN[: -len(b"\r\n0123456789")]]
    assert heads == listener.heads


def test_an_answer_is_told_when_its_body_is_there_and_not_before() -> None:
    listener = Listener()
    listener.read(HEAD % 200_000, b"x" * 100_000, b"x" * 99_999)
    before = len(listener.heads)

    listener.read(b"x")

    assert (0, [(HEAD % 200_000)[:-2]]) == (before, listener.heads)


def test_a_wire_that_is_lost_says_how_and_is_gone_where_nobody_collects_garbage() -> None:
    listener = Listener()
    losses, wire = listener.losses, weakref.ref(listener.wire)

    gc.disable()
    try:
        listener.wire.connection_lost(ConnectionResetError())
        del listener
        left = wire()
    finally:
        gc.enable()

    assert (["a connection that was closed (ConnectionResetError)"], None) == (losses, left)


def test_a_wrong_head_is_told_in_one_line_without_its_body() -> None:
    assert "HTTP/1.1 302 Found | Location: /c | " == told(bytearray(EMPTY + b"body"), len(EMPTY) - 2)


async def _serving(answer: Callable[[bytes, int], bytes]) -> tuple[AbstractAsyncContextManager[object], int]:
    """Answer the nth request of each connection so; with nothing, close it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nth = 0
        while (asked := await _request(reader)) and (said := answer(asked, nth)):
            writer.write(said)
            nth += 1
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    return server, server.sockets[0].getsockname()[1]


async def _request(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


def _pressure(port: int, paths: int) -> Pressure:
    return Pressure(
        Target(content=port, visits=[Visit(content=f"/{n}") for n in range(paths)], picture="HIT", callers=3)
    )


async def test_each_address_is_asked_for_once_and_what_is_not_as_expected_has_failed() -> None:
    server, port = await _serving(lambda asked, _: EMPTY if asked.startswith(b"GET /7 ") else TEN)

    async with server:
        measured = await _pressure(port, 30).press(0)

    assert (30, 1, "HTTP/1.1 302 Found | Location: /c | ") == (
        measured.visits,
        measured.failed,
        measured.first_failure,
    )


async def test_fewer_addresses_than_connections_are_no_trouble() -> None:
    server, port = await _serving(lambda *_: TEN)

    async with server:
        measured = await _pressure(port, 2).press(0)

    assert (2, 0) == (measured.visits, measured.failed)


async def test_a_server_that_closes_in_the_middle_has_failed() -> None:
    server, port = await _serving(lambda _, nth: TEN if nth < 2 else b"")

    async with server:
        measured = await _pressure(port, 30).press(0)

    assert (6, 3) == (measured.visits, measured.failed)
    assert measured.first_failure.startswith("a connection that was closed")
