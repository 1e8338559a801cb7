"""Connections are limited in number and in the time that a request may take to arrive; what is not HTTP is answered."""

import asyncio
import ipaddress
import json
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from gateway.pictures.proxy_limits import ProxyLimits
from renderer.storage import s3
from services.client.http import CallLimits
from shared.config.environment import Address, Network
from shared.http import connections
from shared.http.client_ip import ClientIps
from shared.http.connections import ConnectionLimits, ConnectionMetrics, most_connections, raise_descriptor_limit
from shared.http.server import LONGEST_LINE, serve, serve_probes
from shared.stores import postgres, redis
from tests.waiting import until

REQUEST = b"GET / HTTP/1.1\r\nHost: marquee\r\n\r\n"
LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


class Limited:
    """A server with few connections, and its metrics."""

    def __init__(self, *, most: int, trusted: tuple[Network, ...] = (), head_s: float = 30.0) -> None:
        self.registry = CollectorRegistry()
        self.limits = ConnectionLimits(
            ConnectionMetrics(self.registry), most=most, clients=ClientIps(trusted), head_s=head_s
        )
        self._writers: list[asyncio.StreamWriter] = []
        self.busy = asyncio.Event()
        self.release = asyncio.Event()

    async def slow(self, _request: web.Request) -> web.Response:
        self.busy.set()
        await self.release.wait()
        return web.Response(text="slow")

    def closed(self, reason: str) -> float:
        return self.registry.get_sample_value("marquee_http_connections_closed_total", {"reason": reason}) or 0

    def open(self) -> float:
        return self.registry.get_sample_value("marquee_http_connections_open") or 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        app = web.Application()
        app.router.add_get("/", _answer)
        app.router.add_get("/slow", self.slow)
        async with serve(app, Address("127.0.0.1", 0), drain_s=1, limits=self.limits) as self.port:
            try:
                yield self.port
            finally:
                for writer in self._writers:
                    writer.close()

    async def connect(self, address: str = "127.0.0.1") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection from this address that is closed with the server."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
        self._writers.append(writer)
        return reader, writer


async def _answer(_request: web.Request) -> web.Response:
    return web.Response(text="here")


async def open_connection(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port)


async def ask(port: int, text: bytes = REQUEST) -> tuple[int, dict[str, str], bytes]:
    """Send bytes on a connection of their own, and return status, headers and body."""
    reader, writer = await open_connection(port)
    try:
        writer.write(text)
        head = await reader.readuntil(b"\r\n\r\n")
        line, *lines = head.decode().split("\r\n")
        headers = dict(each.lower().split(": ", 1) for each in lines if each)
        return int(line.split()[1]), headers, await reader.readexactly(int(headers["content-length"]))
    finally:
        writer.close()


async def is_closed(reader: asyncio.StreamReader) -> bool:
    """Return whether the other side closes the connection soon."""
    try:
        async with asyncio.timeout(5):
            return await reader.read() == b""
    except ConnectionError:
        return True


async def test_half_open_connections_make_room_for_callers() -> None:
    limited = Limited(most=8, trusted=(LOOPBACK,))

    async with limited.running() as port:
        held = [await limited.connect() for _ in range(30)]
        answers = [await ask(port) for _ in range(10)]

        assert [200] * 10 == [status for status, _, _ in answers]
        assert limited.open() <= 8
        assert limited.closed("all") >= 22
        assert await is_closed(held[0][0])


async def test_a_connection_of_another_address_outlasts_a_flood_of_half_open_ones() -> None:
    limited = Limited(most=8)

    async with limited.running():
        reader, other = await limited.connect("127.0.0.9")
        held = [await limited.connect(f"127.0.0.{2 + nth % 3}") for nth in range(30)]
        await until(lambda: limited.closed("all") + limited.closed("address") >= 23)
        other.write(REQUEST)

        assert b"here" in await reader.readuntil(b"here")
        assert limited.open() <= 8
        assert await is_closed(held[0][0])


async def test_one_address_has_half_of_all_connections() -> None:
    limited = Limited(most=8)

    async with limited.running() as port:
        held = [await limited.connect() for _ in range(12)]
        await until(lambda: limited.closed("address") == 8)

        assert limited.open() == 4
        assert [True] * 8 == [await is_closed(reader) for reader, _ in held[:8]]
        assert (await ask(port))[0] == 200


async def test_idle_connections_are_closed_before_busy_ones_and_busy_ones_never() -> None:
    limited = Limited(most=2, trusted=(LOOPBACK,))

    async with limited.running() as port:
        busy_reader, busy = await limited.connect()
        busy.write(b"GET /slow HTTP/1.1\r\nHost: marquee\r\n\r\n")
        await limited.busy.wait()
        idle_reader, idle = await limited.connect()
        idle.write(REQUEST)
        await idle_reader.readuntil(b"here")
        assert (await ask(port))[0] == 200

        assert await is_closed(idle_reader)
        limited.release.set()
        assert b"slow" in await busy_reader.readuntil(b"slow")


async def test_a_new_connection_is_refused_while_all_others_are_busy() -> None:
    limited = Limited(most=1, trusted=(LOOPBACK,))

    async with limited.running():
        reader, writer = await limited.connect()
        writer.write(b"GET /slow HTTP/1.1\r\nHost: marquee\r\n\r\n")
        await limited.busy.wait()
        refused, _ = await limited.connect()

        assert await is_closed(refused)
        limited.release.set()
        assert b"slow" in await reader.readuntil(b"slow")


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: m"], ids=["nothing", "a line", "a head"])
async def test_a_head_that_does_not_arrive_in_time_closes_the_connection(sent: bytes) -> None:
    limited = Limited(most=8, head_s=0.1)

    async with limited.running():
        reader, writer = await limited.connect()
        writer.write(sent)

        assert await is_closed(reader)
        assert limited.closed("head") == 1


async def test_a_later_head_has_the_same_time_and_an_idle_connection_has_more() -> None:
    limited = Limited(most=8, head_s=0.1)

    async with limited.running():
        reader, writer = await limited.connect()
        writer.write(REQUEST)
        await reader.readuntil(b"here")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.4):  # four times as long as a head may take
                await reader.read()
        writer.write(b"GET / HT")

        assert await is_closed(reader)
        assert limited.closed("head") == 1


async def test_a_slow_response_is_not_a_late_head() -> None:
    limited = Limited(most=8, head_s=0.05)

    async with limited.running():
        reader, writer = await limited.connect()
        writer.write(b"GET /slow HTTP/1.1\r\nHost: marquee\r\n\r\n")
        await limited.busy.wait()
        asyncio.get_running_loop().call_later(0.3, limited.release.set)

        assert b"slow" in await reader.readuntil(b"slow")
        assert limited.closed("head") == 0


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"NOT HTTP AT ALL secret\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00secret\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: m\r\nbad header secret\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: m\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET /" + b"secret" * LONGEST_LINE + b" HTTP/1.1\r\nHost: m\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: m\r\nX-A: " + b"secret" * LONGEST_LINE + b"\r\n\r\n", 431),
    ],
    ids=["no request", "tls", "a bad header", "a bad length", "a long line", "a long header"],
)
async def test_what_is_not_http_gets_our_own_answer_without_an_echo(sent: bytes, status: int) -> None:
    limited = Limited(most=8)

    async with limited.running() as port:
        got, headers, body = await ask(port, sent)

    assert status == got
    assert b"secret" not in body
    assert set(json.loads(body)) == {"error"}
    assert "marquee" == headers["server"]
    assert "no-store" == headers["cache-control"]
    assert "close" == headers["connection"]


@pytest.mark.parametrize(
    ("descriptors", "most"), [(1024, 512), (300, 150), (100_000, connections.MOST_CONNECTIONS), (1, 1)]
)
def test_connections_leave_descriptors_for_everything_else(descriptors: int, most: int) -> None:
    assert most == most_connections(descriptors)


def test_descriptors_are_reserved_for_all_connections_that_a_process_opens_itself() -> None:
    files = 100  # of the interpreter, the loop, the disk cache, the sandbox, and connections that are being accepted
    both = redis.MOST_CONNECTIONS + postgres.MOST_CONNECTIONS + connections.MOST_PROBES
    gateway = both + ProxyLimits().connections
    renderer = both + 2 * s3.MAX_CONNECTIONS + CallLimits().calls  # S3 has a client for reads and one for the rest

    assert max(gateway, renderer) + files <= connections.RESERVED_DESCRIPTORS


async def test_half_open_connections_keep_no_probe_out() -> None:
    app = web.Application()
    app.router.add_get("/", _answer)
    async with serve_probes(app, Address("127.0.0.1", 0)) as port:
        held = [await open_connection(port) for _ in range(connections.MOST_PROBES * 2)]
        answers = [await ask(port) for _ in range(5)]
        closed = [await is_closed(reader) for reader, _ in held[: connections.MOST_PROBES]]
        for _, writer in held:
            writer.close()

    assert [200] * 5 == [status for status, _, _ in answers]
    assert all(closed)


def test_the_soft_limit_of_descriptors_is_raised_to_the_hard_one() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections.MOST_CONNECTIONS + connections.RESERVED_DESCRIPTORS
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
    try:
        assert raise_descriptor_limit() == (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard))
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == raise_descriptor_limit()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
