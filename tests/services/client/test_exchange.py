"""One request and its response, as they are on the wire."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

import aiohttp
import pytest
from yarl import URL

from services.client.exchange import HttpConnections
from tests.waiting import until

OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Word: a\r\n\r\nhi"
BROKEN: Final = b""
"""The connection is closed in place of a response."""
LARGE: Final = 16 << 20
"""Bytes of a body that no socket takes at once."""


class Wire:
    """A server that records what it gets, and answers each request with the next of its replies, byte for byte."""

    def __init__(self, replies: Sequence[bytes]) -> None:
        self.received: list[bytes] = []
        self.connections = 0
        self.writers: list[asyncio.StreamWriter] = []
        self._replies = iter(replies)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")), 0
                )
                self.received.append(head + await reader.readexactly(length))
                reply = next(self._replies)
                if reply == BROKEN:
                    break
                for start in range(0, len(reply), 7):  # in parts, so that none ends where a line does
                    writer.write(reply[start : start + 7])
                    await writer.drain()
                    await asyncio.sleep(0)
                if b"close" in reply:
                    break
        writer.close()


@asynccontextmanager
async def served(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[tuple[HttpConnections, URL]]:
    serving: set[asyncio.Future[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.ensure_future(serve(reader, writer)))

    connections = HttpConnections(aiohttp.TCPConnector(limit=4), 10.0, limits_queue=True)
    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        try:
            yield connections, URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a%2Fb?c=d")
        finally:
            await connections.aclose()
            await asyncio.wait_for(asyncio.gather(*serving), 60)


@asynccontextmanager
async def exchanging(*replies: bytes) -> AsyncIterator[tuple[HttpConnections, Wire, URL]]:
    wire = Wire(replies)
    async with served(wire.serve) as (connections, url):
        yield connections, wire, url


async def test_what_is_sent_is_the_request_and_no_more() -> None:
    async with exchanging(OK) as (connections, wire, url):
        async with connections.exchange("PUT", url, {"X-One": "1"}, b"body") as response:
            received = await response.content.read()

        assert b"hi" == received
        assert [
            f"PUT /a%2Fb?c=d HTTP/1.1\r\nHost: {url.authority}\r\nX-One: 1\r\nContent-Length: 4\r\n\r\nbody".encode()
        ] == wire.received


async def test_a_response_has_its_status_and_headers_in_any_case() -> None:
    async with exchanging(OK) as (connections, _, url), connections.exchange("GET", url, {}) as response:
        assert (200, "a", 2) == (response.status, response.headers["x-WORD"], response.content_length)


async def test_the_user_of_an_address_signs_in() -> None:
    async with exchanging(OK) as (connections, wire, url):
        signed_in = url.with_user("ann").with_password("b")
        async with connections.exchange("GET", signed_in, {}) as response:
            await response.content.read()

    assert b"\r\nAuthorization: Basic YW5uOmI=\r\n" in wire.received[0]


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n", b"abcdefg"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"hi"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b", b"\x1f\x8b"),
    ],
)
async def test_every_form_of_body_is_read_and_its_connection_kept(reply: bytes, body: bytes) -> None:
    async with exchanging(reply, reply) as (connections, wire, url):
        for _ in range(2):
            async with connections.exchange("GET", url, {}) as response:
                assert body == await response.content.read()

        assert (2, 1) == (len(wire.received), wire.connections)


async def test_a_body_that_ends_with_its_connection_is_read() -> None:
    async with exchanging(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi", OK) as (connections, wire, url):
        for _ in range(2):
            async with connections.exchange("GET", url, {}) as response:
                assert b"hi" == await response.content.read()

        assert 2 == wire.connections


async def test_a_response_to_head_has_no_body_whatever_its_length() -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    async with exchanging(reply, reply) as (connections, wire, url):
        for _ in range(2):
            async with connections.exchange("HEAD", url, {}) as response:
                assert (100, b"") == (response.content_length, await response.content.read())

        assert 1 == wire.connections


async def test_what_is_unread_at_the_end_costs_the_connection() -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhi"
    async with exchanging(long, OK) as (connections, wire, url):
        async with connections.exchange("GET", url, {}):
            pass
        async with connections.exchange("GET", url, {}) as response:
            assert b"hi" == await response.content.read()

        assert 2 == wire.connections


async def test_a_body_that_is_cut_short_is_an_error() -> None:
    short = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nhi"
    async with exchanging(short) as (connections, _, url), connections.exchange("GET", url, {}) as response:
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.content.read()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_a_connection_that_breaks_before_the_response_is_replaced_once(method: str) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    async with exchanging(head, BROKEN, head) as (connections, wire, url):
        for _ in range(2):
            async with connections.exchange(method, url, {}, b"x" if method == "PUT" else b"") as response:
                assert 200 == response.status

        assert (3, 2) == (len(wire.received), wire.connections)


@pytest.mark.parametrize(("method", "sent"), [("GET", 2), ("POST", 1)])
async def test_a_broken_request_is_repeated_once_at_most_and_a_post_never(method: str, sent: int) -> None:
    async with exchanging(BROKEN, BROKEN, OK) as (connections, wire, url):
        with pytest.raises(aiohttp.ServerDisconnectedError):
            async with connections.exchange(method, url, {}):
                pass

        assert sent == len(wire.received)


async def test_a_body_whose_connection_breaks_is_sent_again() -> None:
    received = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        received.append(head)
        if len(received) > 1:
            received.append(await reader.readexactly(LARGE))
            writer.write(OK)
        writer.close()

    async with served(serve) as (connections, url), connections.exchange("PUT", url, {}, bytes(LARGE)) as response:
        assert b"hi" == await response.content.read()

    assert bytes(LARGE) == received[2]


async def test_a_server_may_answer_before_it_has_read_a_body() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 4\r\n\r\nwait")
        for _ in range(20):  # the client takes the answer from the socket, and goes on sending
            await asyncio.sleep(0)
        writer.close()

    async with served(serve) as (connections, url), connections.exchange("PUT", url, {}, bytes(LARGE)) as response:
        assert (503, b"wait") == (response.status, await response.content.read())


async def test_status_408_costs_the_connection_because_it_may_be_about_an_earlier_wait() -> None:
    late = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"
    async with exchanging(late, OK) as (connections, wire, url):
        for status in (408, 200):
            async with connections.exchange("GET", url, {}) as response:
                await response.content.read()
                assert status == response.status

        assert 2 == wire.connections


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_response_that_no_request_asked_for_answers_none(method: str) -> None:
    async with exchanging(OK, OK) as (connections, wire, url):
        async with connections.exchange("GET", url, {}) as response:
            await response.content.read()
        (idle,) = (protocol for kept in connections._connector._conns.values() for protocol, _ in kept)
        wire.writers[0].write(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        await until(lambda: idle.should_close)

        async with connections.exchange(method, url, {}) as response:
            assert (200, b"hi") == (response.status, await response.content.read())
        assert 2 == wire.connections


async def test_silence_is_a_timeout() -> None:
    async with exchanging(b"HTTP/1.1 200") as (connections, _, url):
        with pytest.raises(aiohttp.SocketTimeoutError):
            async with connections.exchange("GET", url, {}, silent_s=0.2):
                pass


async def test_silence_after_an_interim_response_is_a_timeout() -> None:
    async with exchanging(b"HTTP/1.1 100 Continue\r\n\r\n") as (connections, _, url):
        with pytest.raises(aiohttp.SocketTimeoutError):
            async with asyncio.timeout(60), connections.exchange("GET", url, {}, silent_s=0.2):
                pass


async def test_no_response_of_http_is_an_error_that_quotes_nothing() -> None:
    async with exchanging(b"sesame sesame\r\n\r\n") as (connections, _, url):
        with pytest.raises(aiohttp.ClientPayloadError) as caught:
            async with connections.exchange("GET", url, {}):
                pass

    assert "sesame" not in f"{caught.value!r}{caught.value.__cause__!r}"


async def test_a_server_that_only_announces_a_response_is_an_error() -> None:
    async with exchanging(b"HTTP/1.1 100 Continue\r\n\r\n" * 20) as (connections, _, url):
        with pytest.raises(aiohttp.ClientPayloadError, match="interim"):
            async with connections.exchange("GET", url, {}):
                pass


@pytest.mark.parametrize("headers", [{"X": "a\r\nY: b"}, {"X": "a\nb"}, {"X\r\nY": "b"}, {"X": "a\0"}, {"X": "a\rb"}])
async def test_no_header_can_add_lines_to_a_request(headers: dict[str, str]) -> None:
    async with exchanging(OK) as (connections, wire, url):
        with pytest.raises(ValueError, match="control characters"):
            connections.exchange("GET", url, headers)

    assert [] == wire.received


@pytest.mark.parametrize("address", ["ftp://host/x", "/x", "http:/x", ""])
async def test_an_address_of_no_server_is_refused(address: str) -> None:
    async with exchanging() as (connections, _, _url):
        with pytest.raises(aiohttp.InvalidURL):
            async with connections.exchange("GET", URL(address), {}):
                pass


async def test_servers_are_forgotten_and_known_again() -> None:
    async with exchanging(OK) as (connections, _, url):
        for port in range(1, 400):
            connections._origin(url.with_port(port))

        async with connections.exchange("GET", url, {}) as response:
            assert b"hi" == await response.content.read()
        assert 256 == len(connections._origins)
