"""Connections whose clients do not read are closed, and only these."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from shared.config.environment import Address
from shared.http import slow_readers
from shared.http.client_ip import ClientIps
from shared.http.connections import ConnectionLimits, ConnectionMetrics
from shared.http.server import serve
from tests.waiting import until

BODY = b"x" * (32 << 20)
"""Much more than the kernel takes for a client that reads nothing."""


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_readers, "SWEEP_S", 0.1)


class Sender:
    """A server of large responses."""

    def __init__(self, *, most_bytes: int, most_s: float = 600.0) -> None:
        self.registry = CollectorRegistry()
        self.limits = ConnectionLimits(
            ConnectionMetrics(self.registry), most=1000, clients=ClientIps(()), unread_bytes=most_bytes, unread_s=most_s
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        async def send(_: web.Request) -> web.Response:
            return web.Response(body=BODY)

        app = web.Application()
        app.router.add_get("/", send)
        async with serve(app, Address("127.0.0.1", 0), drain_s=0.1, limits=self.limits) as port:
            yield port

    @property
    def closed(self) -> float:
        """Return how many connections were closed because they were not read."""
        return self.registry.get_sample_value("marquee_http_connections_closed_total", {"reason": "unread"}) or 0.0


@asynccontextmanager
async def idle_reader(port: int, address: str = "127.0.0.1") -> AsyncIterator[socket.socket]:
    """Ask for a response and read nothing."""
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)  # noqa: FBT003 - has no name
        client.bind((address, 0))
        await loop.sock_connect(client, ("127.0.0.1", port))
        await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nHost: marquee\r\n\r\n")
        yield client


async def received(client: socket.socket) -> int:
    """Read until the end of a response or of the connection; return how many bytes came."""
    loop, count = asyncio.get_running_loop(), 0
    try:
        async with asyncio.timeout(60):
            while count < len(BODY) and (piece := await loop.sock_recv(client, 1 << 20)):
                count += len(piece)
    except ConnectionResetError:
        return count
    return count


async def test_over_the_limit_the_address_with_most_makes_room_and_others_are_served() -> None:
    sender = Sender(most_bytes=100 << 20)
    async with (
        sender.running() as port,
        idle_reader(port, "127.0.0.2") as patient,
        idle_reader(port) as first,
        idle_reader(port) as second,
        idle_reader(port) as third,
    ):
        await until(lambda: sender.closed > 0)

        lengths = [await received(client) for client in (first, second, third, patient)]

    assert 1 == sender.closed
    assert lengths[0] < len(BODY)
    assert [True] * 3 == [length >= len(BODY) for length in lengths[1:]]


async def test_a_response_that_is_not_read_in_time_ends() -> None:
    sender = Sender(most_bytes=100 * len(BODY), most_s=0.3)
    async with sender.running() as port, idle_reader(port) as client:
        await until(lambda: sender.closed == 1)

        assert await received(client) < len(BODY)


async def test_a_client_that_reads_in_the_end_gets_all() -> None:
    sender = Sender(most_bytes=100 * len(BODY))
    async with sender.running() as port, idle_reader(port) as client:
        await until(lambda: bool(sender.limits.slow_readers._since))

        assert await received(client) >= len(BODY)
        await until(lambda: not sender.limits.slow_readers._since)
    assert 0 == sender.closed
