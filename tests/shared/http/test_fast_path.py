"""What is answered below aiohttp, and that a connection is kept, limited and closed as if aiohttp had answered."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from shared.config.environment import Address
from shared.http import server as http_server
from shared.http.client_ip import ClientIps
from shared.http.connections import ConnectionLimits, ConnectionMetrics
from shared.http.fast_path import FAST_PATH, LONGEST, FastConnection, FastPath, FastServer, WarmAnswer, head_bytes
from shared.http.server import serve
from tests.waiting import until

LARGE = bytes(8 << 20)
PROXIES = ClientIps([ipaddress.ip_network("127.0.0.1")])
REQUEST = b"GET /warm HTTP/1.1\r\nHost: marquee\r\n\r\n"


class Answers:
    """Answers some addresses, and notes whose requests they were."""

    def __init__(self) -> None:
        self.callers: list[tuple[str, str]] = []

    def answer(self, method: str, target: str, client: str) -> WarmAnswer | None:
        if target == "/broken":
            raise RuntimeError("as the test wants it")
        if target not in {"/warm", "/large"}:
            return None
        self.callers.append((method, client))
        body = LARGE if target == "/large" else b"warm"
        return head_bytes(HTTPStatus.OK, {"Content-Length": str(len(body))}), body


class Station:
    """A server with a fast path, and what is to be known of its connections."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, most: int = 1000, head_s: float = 60.0) -> None:
        self.answers, self.registry = Answers(), CollectorRegistry()
        self.limits = ConnectionLimits(ConnectionMetrics(self.registry), most=most, clients=PROXIES, head_s=head_s)
        self.servers: list[FastServer] = []
        make, servers = FastServer.__init__, self.servers

        def noted(server: FastServer, *arguments: object) -> None:
            make(server, *arguments)  # type: ignore[arg-type]
            servers.append(server)

        monkeypatch.setattr(FastServer, "__init__", noted)

    @asynccontextmanager
    async def running(self, *, drain_s: float = 1.0) -> AsyncIterator[int]:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", _cold)
        app[FAST_PATH] = FastPath(self.answers, PROXIES, is_traced=False)
        async with serve(app, Address("127.0.0.1", 0), drain_s=drain_s, limits=self.limits) as self.port:
            yield self.port

    @property
    def connection(self) -> FastConnection:
        """Return the only connection."""
        (connection,) = self.servers[0].connections
        assert isinstance(connection, FastConnection)
        return connection


async def _cold(_request: web.Request) -> web.Response:
    return web.Response(text="cold")


async def body_of(reader: asyncio.StreamReader) -> bytes:
    """Read one response and return its body."""
    async with asyncio.timeout(60):
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        return await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))


async def test_a_warm_request_is_answered_with_the_date_at_the_end_of_its_head(monkeypatch: pytest.MonkeyPatch) -> None:
    station = Station(monkeypatch)
    async with station.running() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(4)
        for target in (b"/cold", b"/warm"):
            writer.write(REQUEST.replace(b"/warm", target))
            assert target[1:] == await body_of(reader)

        assert head.startswith(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nDate: ")
        assert [("GET", "127.0.0.1")] * 2 == station.answers.callers
        assert (3, 3, True) == (
            station.servers[0].requests_count,
            station.connection._request_count,
            station.connection in station.limits._served.all(),
        )
        writer.close()


BROWSER = {
    "Accept": "image/avif,image/webp,*/*;q=0.8", "Accept-Encoding": "gzip, br", "Accept-Language": "en-GB,en;q=0.9",
    "Cookie": "a=b", "DNT": "1", "Priority": "i", "Referer": "https://app.example/", "User-Agent": "Mozilla/5.0",
    "Sec-CH-UA": '"Chromium";v="140"', "Sec-CH-UA-Mobile": "?0", "Sec-CH-UA-Platform": '"Linux"',
    "Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "cross-site",
}  # fmt: skip
CLOUDFLARE = {
    "Accept-Encoding": "gzip, br", "CDN-Loop": "cloudflare; loops=1", "CF-Connecting-IP": "203.0.113.7",
    "CF-IPCountry": "DE", "CF-RAY": "8f2c1a2b3c4d5e6f-FRA", "CF-Visitor": '{"scheme":"https"}',
    "User-Agent": "Stremio/1.6", "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https",
}  # fmt: skip
NGINX_INGRESS = {
    "User-Agent": "Jellyfin-Server/10.11", "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Host": "posters.example",
    "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https", "X-Forwarded-Scheme": "https", "X-Scheme": "https",
    "X-Real-IP": "203.0.113.7", "X-Request-ID": "6f1e",
}  # fmt: skip


@pytest.mark.parametrize("sent", [BROWSER, CLOUDFLARE, NGINX_INGRESS], ids=["browser", "cloudflare", "nginx ingress"])
async def test_requests_as_browsers_and_proxies_send_them_are_answered(
    monkeypatch: pytest.MonkeyPatch, sent: dict[str, str]
) -> None:
    headers = "".join(f"{name}: {value}\r\n" for name, value in sent.items()).encode()
    request = REQUEST.removesuffix(b"\r\n") + headers + b"\r\n"
    station = Station(monkeypatch)
    async with station.running() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)

        assert b"warm" == await body_of(reader)
        assert 1 == len(station.answers.callers)
        writer.close()


@pytest.mark.parametrize("at", range(1, len(REQUEST) - 3))  # a later piece does not show that nothing follows
async def test_a_request_in_two_pieces_is_aiohttps_and_the_next_one_is_not(
    monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    station = Station(monkeypatch)
    async with station.running() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST[:at])
        await until(lambda: bool(station.servers[0].connections) and not station.connection._is_between)
        writer.write(REQUEST[at:])
        assert b"cold" == await body_of(reader)
        writer.write(REQUEST)

        assert b"warm" == await body_of(reader)
        writer.close()


@pytest.mark.parametrize(
    "request_bytes",
    [
        REQUEST * 2,
        REQUEST.replace(b"GET", b"PUT"),
        REQUEST.replace(b"1.1", b"1.0") .replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n"),
        REQUEST.replace(b"/warm", b"/warm#part"),
        REQUEST.replace(b"Host: marquee", b"Host: marquee\r\nContent-Length: 4") + b"body",
        REQUEST.replace(b"Host: marquee", b"Host: marquee\r\nContent-Length: 0"),
        REQUEST.replace(b"Host: marquee", b"Host: marquee\r\nIf-None-Match: *"),
        REQUEST.replace(b"Host: marquee", b"Host: marquee\r\nAccept: a\r\nAccept: b"),
        REQUEST.replace(b"Host: marquee", b"Host: marquee\r\nUser-Agent: \xc3\xa9"),
        REQUEST.replace(b"Host: marquee", b"Host: marquee\r\nUser-Agent: a\tb"),
        REQUEST.replace(b"Host: marquee", b"Host: marquee\r\nX-Unheard-Of: 1"),
        REQUEST.replace(b"Host: marquee", b"Host: marquee\r\nCookie: " + b"c" * LONGEST),
    ],
)  # fmt: skip
async def test_what_is_not_one_plain_request_is_aiohttps(monkeypatch: pytest.MonkeyPatch, request_bytes: bytes) -> None:
    station = Station(monkeypatch)
    async with station.running() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_bytes)

        assert b"cold" == await body_of(reader)
        assert [] == station.answers.callers
        writer.close()


@pytest.mark.parametrize(
    ("lines", "client"),
    [
        (["Host: a"], "127.0.0.1"),
        (["host:a", "X-FORWARDED-FOR: 203.0.113.1", "Connection: Keep-Alive"], "203.0.113.1"),
        (["Host: a", "X-Forwarded-For: 198.51.100.1, 203.0.113.1,127.0.0.1"], "203.0.113.1"),
        (["Host: a", "CF-Connecting-IP:   203.0.113.2  "], "203.0.113.2"),
        (["Host: a", "Traceparent: 00-0-0-00"], "127.0.0.1"),
        ([], None),
        (["Accept: */*"], None),
        (["Host"], None),
        (["Host: a", " folded"], None),
        (["Host : a"], None),
        (["Host: a", "host: a"], None),
        (["Host: a", "Connection: close"], None),
        (["Host: a", "Range: bytes=0-"], None),
        (["Host: a", "Accept: a\nb"], None),
    ],
)
def test_whose_request_it_is_is_read_from_harmless_headers_only(lines: list[str], client: str | None) -> None:
    fast = FastPath(Answers(), PROXIES, is_traced=False)

    assert client == fast.client(("127.0.0.1", 1), "\r\n".join([*lines, "", ""]))


def test_traced_processes_leave_traces_to_the_handlers_and_some_ignore_more() -> None:
    block = "Host: a\r\nRange: bytes=0-\r\n\r\n"

    assert FastPath(Answers(), PROXIES, is_traced=True).client(None, "Host: a\r\ntraceparent: b\r\n\r\n") is None
    assert "unknown" == FastPath(Answers(), PROXIES, is_traced=False, ignored={"range"}).client(None, block)


async def test_an_answer_that_fails_is_left_to_aiohttp(monkeypatch: pytest.MonkeyPatch) -> None:
    station = Station(monkeypatch)
    async with station.running() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with capture_logs() as logs:
            writer.write(REQUEST.replace(b"/warm", b"/broken"))

            assert b"cold" == await body_of(reader)
        assert ["fast_path_crashed"] == [entry["event"] for entry in logs]
        writer.close()


async def test_an_idle_connection_is_closed_when_it_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "KEEP_ALIVE_S", 0.4)
    station = Station(monkeypatch)
    async with station.running() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        ends: list[float] = []
        for _ in range(3):
            writer.write(REQUEST)
            await body_of(reader)
            ends.append(station.connection._next_keepalive_close_time)

        assert sorted(set(ends)) == ends
        async with asyncio.timeout(60):
            assert b"" == await reader.read()
        writer.close()


async def test_a_head_that_begins_after_an_answer_must_be_complete_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    station = Station(monkeypatch, head_s=0.3)
    async with station.running() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST)
        await body_of(reader)
        assert station.connection._head_timer is None
        writer.write(b"GET /warm HT")

        async with asyncio.timeout(60):
            assert b"" == await _rest(reader)
        assert 1 == station.registry.get_sample_value("marquee_http_connections_closed_total", {"reason": "head"})
        writer.close()


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


@asynccontextmanager
async def slow_reader(port: int) -> AsyncIterator[socket.socket]:
    """Ask for a large answer and read nothing of it."""
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)  # noqa: FBT003 - has no name
        await loop.sock_connect(client, ("127.0.0.1", port))
        await loop.sock_sendall(client, REQUEST.replace(b"/warm", b"/large"))
        yield client


async def read_all(client: socket.socket) -> int:
    """Read the large answer; return how much of its body came."""
    loop, received = asyncio.get_running_loop(), bytearray()
    async with asyncio.timeout(60):
        while b"\r\n\r\n" not in received or len(received.partition(b"\r\n\r\n")[2]) < len(LARGE):
            if not (piece := await loop.sock_recv(client, 1 << 20)):
                break
            received += piece
    return len(received.partition(b"\r\n\r\n")[2])


async def test_a_connection_is_not_idle_while_its_answer_is_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "KEEP_ALIVE_S", 0.2)
    station = Station(monkeypatch, most=2)
    async with station.running() as port, slow_reader(port) as client:
        await until(lambda: bool(station.answers.callers))
        connection = station.connection
        state = connection.is_idle, connection._request_in_progress, connection._keepalive_handle
        others = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]  # two more than there may be
        await until(lambda: station.registry.get_sample_value("marquee_http_connections_open") == 2)

        assert (False, True, None) == state
        assert len(LARGE) == await read_all(client)
        await until(lambda: connection.is_idle)
        assert not connection._request_in_progress
        async with asyncio.timeout(60):
            assert b"" == await asyncio.get_running_loop().sock_recv(client, 1)  # it was idle for long enough
        for _, writer in others:
            writer.close()


async def test_a_shutdown_waits_for_an_answer_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    station = Station(monkeypatch)
    server = station.running(drain_s=60.0)
    async with slow_reader(await server.__aenter__()) as client:
        await until(lambda: bool(station.answers.callers))
        ending = asyncio.create_task(server.__aexit__(None, None, None))
        await until(lambda: station.connection._handler_waiter is not None)

        assert len(LARGE) == await read_all(client)
        async with asyncio.timeout(30):
            await ending


async def test_a_client_that_goes_away_in_the_middle_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    station = Station(monkeypatch)
    async with station.running():
        async with slow_reader(station.port):
            await until(lambda: bool(station.answers.callers))
            connection = station.connection

        await until(lambda: not station.servers[0].connections)
        assert (False, False) == (connection._is_sending, connection._request_in_progress)
        assert 0 == station.registry.get_sample_value("marquee_http_connections_open")


async def test_a_request_behind_an_answer_on_its_way_is_aiohttps(monkeypatch: pytest.MonkeyPatch) -> None:
    station = Station(monkeypatch)
    async with station.running() as port, slow_reader(port) as client:
        await until(lambda: bool(station.answers.callers))
        await asyncio.get_running_loop().sock_sendall(client, REQUEST)
        connection = station.connection
        await until(lambda: connection._request_count == 2)

        assert len(LARGE) <= await read_all(client)
        assert 1 == len(station.answers.callers)
        await until(lambda: connection.is_idle and not connection._request_in_progress)
        assert connection._keepalive_handle is not None
