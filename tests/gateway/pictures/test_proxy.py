"""Does direct mode hand on what the renderer says: all of it, nothing else, and no faster than it is taken?"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.test_utils import RawTestServer
from multidict import CIMultiDict
from prometheus_client import CollectorRegistry
from yarl import URL

from gateway.metrics import GatewayMetrics
from gateway.pictures.proxy import PictureProxy, renderer_errors
from gateway.pictures.proxy_limits import ProxyLimits
from gateway.request_errors import refusal
from shared.config.environment import Address
from shared.domain.cache_lifetime import DIRECT, FACT, FALLBACK, NO_STORE, STALE
from shared.domain.errors import Busy, DeadlineExceeded, MarqueeError, StoreDown
from shared.http.server import serve
from tests.unlimited import no_limits
from tests.waiting import until

KEY = "5e" * 32
CLIENT = "203.0.113.7"
PATH = "/c/0123456789abcdef0123456789abcdef/imdb/episode-default/tt0903747:1:1.jpg?fallback=true"
SETTLED = "public, max-age=31536000, stale-while-revalidate=220752000"
ALMOST = "public, max-age=3599, stale-while-revalidate=25193"
DEGRADED = "public, max-age=1200, stale-while-revalidate=1200"
POSTER = bytes(range(256)) * 320
LARGE = bytes(range(256)) * (8 << 12)  # 8 MB
POSTER_HEADERS = {
    "Accept-Ranges": "bytes",
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": SETTLED,
    "Content-Type": "image/jpeg",
    "ETag": '"0123"',
    "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT",
    "Server": "marquee",
    "X-Cache-Status": "HIT",
    "X-Content-Type-Options": "nosniff",
    "X-Elements-Hash": "0123456789abcdef0123456789abcdef",
}
MB = 1 << 20
QUIET_S = 0.25

Says = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def says(body: bytes = POSTER, status: int = 200, **changes: str) -> Says:
    """Answer with a poster's headers, changed; names are written with underscores, an empty value takes one away."""
    named = POSTER_HEADERS | {name.replace("_", "-"): value for name, value in changes.items()}

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, body=body, headers={name: text for name, text in named.items() if text})

    return answer


def pours(body: bytes, *, announced: int | None = None, then: Says | None = None) -> Says:
    """Send a body in pieces, with the length that is announced, and go on with ``then`` in place of the end."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers=POSTER_HEADERS)
        response.content_length = announced
        await response.prepare(request)
        for start in range(0, len(body), 65_536):
            await response.write(body[start : start + 65_536])
        return response if then is None else await then(request)

    return answer


async def hangs_up(request: web.BaseRequest) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@dataclass
class Renderer:
    """A stand-in that remembers what it was asked, and by whom."""

    says: Says = field(default_factory=says)
    asked: list[web.BaseRequest] = field(default_factory=list)
    callers: set[Any] = field(default_factory=set)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        self.asked.append(request)
        self.callers.add(request.transport.get_extra_info("peername"))
        return await self.says(request)

    async def is_silent(self, _: web.BaseRequest) -> web.StreamResponse:
        await self.closing.wait()
        return web.Response()

    def is_left(self) -> bool:
        """Tell whether the last one who asked has hung up."""
        return bool(self.asked) and self.asked[-1].transport is None


@dataclass
class Answer:
    status: int
    headers: CIMultiDict[str]
    body: bytes


@dataclass
class Gateway:
    """A server that answers every request with the renderer's picture, and numbers."""

    port: int = 0
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    here: int = 0
    raised: list[MarqueeError] = field(default_factory=list)

    @asynccontextmanager
    async def asking(
        self, method: str = "GET", headers: Mapping[str, str] | None = None, *, window: int | None = None
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Send a request, and leave what comes of it to the test."""
        sock = socket.socket()
        if window is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        sock.connect(("127.0.0.1", self.port))
        sock.setblocking(False)  # noqa: FBT003 - the socket's own signature
        reader, writer = await asyncio.open_connection(sock=sock, limit=1024)
        named = {"Host": "posters.example", "Connection": "close", **(headers or {})}
        lines = [f"{name}: {value}\r\n" for name, value in named.items()]
        writer.write(f"{method} /{KEY}/imdb/x.jpg?secret=1 HTTP/1.1\r\n{''.join(lines)}\r\n".encode("latin-1"))
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    async def get(self, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        """Return all that comes until the connection ends, which it must within ten seconds."""
        async with asyncio.timeout(10), self.asking(method, headers) as (reader, _):
            return await read(reader)

    def used(self, limit: str) -> float | None:
        return self.registry.get_sample_value("gateway_limit_used", {"limit": limit})


async def read(reader: asyncio.StreamReader) -> Answer:
    reader._limit = MB  # type: ignore[attr-defined] # small before, so that little is read ahead
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
    headers = CIMultiDict[str]((name, value) for name, _, value in (line.partition(": ") for line in lines))
    body = bytearray()
    try:
        while piece := await reader.read(MB):
            body += piece
    except ConnectionResetError:
        pass  # ended on purpose: what came before it counts
    return Answer(int(status.split()[1]), headers, bytes(body))


@asynccontextmanager
async def gateway_to(
    url: str,
    limits: ProxyLimits = ProxyLimits(),  # noqa: B008 - frozen
    bucket_url: str | None = None,
) -> AsyncIterator[Gateway]:
    running, app = Gateway(), web.Application()
    metrics = GatewayMetrics(running.registry)
    async with PictureProxy.open(url, metrics, limits=limits, bucket_url=bucket_url) as direct:

        async def answer(request: web.Request) -> web.StreamResponse:
            hold_little(request)
            running.here += 1
            try:
                return await direct.answer(request, PATH, CLIENT)
            except MarqueeError as error:
                running.raised.append(error)
                return refusal(error)
            finally:
                running.here -= 1

        app.router.add_route("*", "/{rest:.*}", answer)
        async with serve(app, Address("127.0.0.1", 0), drain_s=1.0, limits=no_limits()) as running.port:
            yield running


def hold_little(request: web.BaseRequest) -> None:
    """Let the kernel hold little of an answer, so that what our programs hold shows."""
    assert request.transport is not None
    request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)


@pytest.fixture
async def renderer() -> AsyncIterator[Renderer]:
    renderer = Renderer()
    async with RawTestServer(renderer.answer) as server:
        renderer.url = str(server.make_url("/"))
        yield renderer
        renderer.closing.set()


@pytest.fixture
async def gateway(renderer: Renderer) -> AsyncIterator[Gateway]:
    async with gateway_to(renderer.url) as gateway:
        yield gateway


def told(answer: Answer) -> dict[str, str]:
    """Return an answer's headers without those of the connection."""
    return {name: value for name, value in answer.headers.items() if name not in {"Date", "Connection"}}


async def test_a_poster_comes_as_the_renderer_has_it(gateway: Gateway) -> None:
    answer = await gateway.get()

    assert (200, POSTER) == (answer.status, answer.body)
    assert POSTER_HEADERS | {"Cache-Control": DIRECT, "Content-Length": str(len(POSTER))} == told(answer)


async def test_the_renderer_learns_nothing_of_a_caller_but_the_address(renderer: Renderer, gateway: Gateway) -> None:
    headers = {
        "Authorization": "Bearer sesame",
        "Cookie": "refresh_token=sesame",
        "Referer": f"https://posters.example/{KEY}",
        "X-Forwarded-For": "198.51.100.1",
        "CF-Connecting-IP": "198.51.100.1",
        "X-Api-Key": KEY,
        "Accept": "image/avif",
        "Accept-Encoding": "gzip",
    }

    await gateway.get(headers=headers)

    (asked,) = renderer.asked
    assert ("GET", PATH) == (asked.method, asked.raw_path)
    assert {
        "Host": URL(renderer.url).authority,
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "User-Agent": "marquee-gateway",
        "X-Forwarded-For": CLIENT,
    } == dict(asked.headers)


async def test_conditions_and_ranges_reach_the_renderer(renderer: Renderer, gateway: Gateway) -> None:
    conditions = {
        "If-Match": '"0123"',
        "If-Unmodified-Since": "Sun, 06 Nov 1994 08:49:37 GMT",
        "If-None-Match": 'W/"0123", "4567"',
        "If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT",
        "Range": "bytes=0-9",
        "If-Range": '"0123"',
    }

    await gateway.get(headers=conditions)

    assert conditions == {name: renderer.asked[0].headers.get(name) for name in conditions}


async def test_a_condition_that_cannot_be_sent_is_left_out(renderer: Renderer, gateway: Gateway) -> None:
    answer = await gateway.get(headers={"If-None-Match": '"caf\xe9"', "Range": "bytes=0-9\xb2"})

    assert 200 == answer.status
    assert {"If-None-Match", "Range"}.isdisjoint(renderer.asked[0].headers)


async def test_head_has_the_length_and_no_body(renderer: Renderer, gateway: Gateway) -> None:
    whole = await gateway.get()
    head = await gateway.get("HEAD")

    assert ["GET", "HEAD"] == [asked.method for asked in renderer.asked]
    assert (200, b"") == (head.status, head.body)
    assert told(whole) == told(head)


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (206, POSTER[10:20], {"Content-Range": f"bytes 10-19/{len(POSTER)}"}),
        (304, b"", {"Content-Type": ""}),
        (412, b'{"error":"no"}', {"Content-Type": "application/json", "ETag": "", "Cache-Control": NO_STORE}),
        (404, b'{"error":"no"}', {"Content-Type": "application/json", "ETag": "", "Cache-Control": FACT}),
        (400, b'{"error":"no"}', {"Content-Type": "application/json", "ETag": "", "Cache-Control": NO_STORE}),
        (416, b"", {"Content-Range": f"bytes */{len(POSTER)}", "Cache-Control": NO_STORE}),
        (429, b'{"error":"no"}', {"Retry-After": "7", "Cache-Control": NO_STORE}),
        (502, b'{"error":"no"}', {"Content-Type": "application/json", "Cache-Control": NO_STORE}),
        (503, b'{"error":"no"}', {"Retry-After": "7", "Cache-Control": NO_STORE}),
    ],
)
async def test_every_status_comes_with_what_belongs_to_it(
    renderer: Renderer, gateway: Gateway, *, status: int, body: bytes, headers: dict[str, str]
) -> None:
    renderer.says = says(body, status, **headers)

    answer = await gateway.get()

    said = {name: value for name, value in (POSTER_HEADERS | headers).items() if value}
    said["Cache-Control"] = headers.get("Cache-Control", DIRECT)
    assert (status, body) == (answer.status, answer.body)
    assert said == {name: answer.headers.get(name) for name in said}
    assert (None if status == 304 else str(len(body))) == answer.headers.get("Content-Length")


@pytest.mark.parametrize(
    ("status", "cache", "said", "expected"),
    [
        (200, "HIT", SETTLED, DIRECT),
        (200, "MISS", "public, max-age=86400, stale-while-revalidate=604800", DIRECT),
        (206, "HIT", SETTLED, DIRECT),
        (304, "HIT", SETTLED, DIRECT),
        (200, "HIT", "public, max-age=3600, stale-while-revalidate=25200", DIRECT),
        (200, "HIT", ALMOST, ALMOST),
        (200, "HIT", "public, max-age=1, stale-while-revalidate=7", "public, max-age=1, stale-while-revalidate=7"),
        (200, "MISS", DEGRADED, DEGRADED),
        (304, "HIT", DEGRADED, DEGRADED),
        (200, "STALE", STALE, STALE),
        (206, "STALE", STALE, STALE),
        (304, "STALE", STALE, STALE),
        (200, "MISS-FALLBACK", FALLBACK, FALLBACK),
        (200, "HIT", "private, max-age=86400", "private, max-age=86400"),
        (200, "HIT", "", NO_STORE),
        (404, "", FACT, FACT),
        (404, "", "public, max-age=7200", "public, max-age=7200"),
        (404, "", NO_STORE, NO_STORE),
        (400, "", NO_STORE, NO_STORE),
        (404, "", "", NO_STORE),
        (416, "", NO_STORE, NO_STORE),
        (503, "", NO_STORE, NO_STORE),
        (503, "", SETTLED, NO_STORE),
        (500, "", "", NO_STORE),
    ],
)  # fmt: skip
async def test_a_picture_is_never_believed_for_longer_than_the_renderer_does(
    renderer: Renderer, gateway: Gateway, *, status: int, cache: str, said: str, expected: str
) -> None:
    renderer.says = says(b"", status, Cache_Control=said, X_Cache_Status=cache)

    answer = await gateway.get()

    assert (status, cache or None) == (answer.status, answer.headers.get("X-Cache-Status"))
    assert [expected] == answer.headers.getall("Cache-Control")


async def test_a_503_always_says_when_to_come_back(renderer: Renderer, gateway: Gateway) -> None:
    renderer.says = says(b"upstream connect error", 503, Cache_Control="", Content_Type="text/plain")

    answer = await gateway.get()

    assert ("5", NO_STORE) == (answer.headers["Retry-After"], answer.headers["Cache-Control"])


@pytest.mark.parametrize("status", [204, 301, 302, 307])
async def test_what_is_no_answer_of_a_renderer_is_refused(renderer: Renderer, gateway: Gateway, status: int) -> None:
    renderer.says = says(b"", status, Location=f"{renderer.url}elsewhere")

    answer = await gateway.get()

    assert (503, NO_STORE, None) == (answer.status, answer.headers["Cache-Control"], answer.headers.get("Location"))
    assert 1 == len(renderer.asked)


async def test_small_pictures_share_one_connection(renderer: Renderer, gateway: Gateway) -> None:
    answers = [await gateway.get() for _ in range(3)]

    assert [200, 200, 200] == [answer.status for answer in answers]
    assert 1 == len(renderer.callers)


@pytest.mark.parametrize("announced", [len(LARGE), None])
async def test_a_large_picture_comes_whole(renderer: Renderer, gateway: Gateway, announced: int | None) -> None:
    renderer.says = pours(LARGE, announced=announced)

    answer = await gateway.get()

    assert (str(announced) if announced else None) == answer.headers.get("Content-Length")
    assert LARGE == (answer.body if announced else unchunked(answer.body))
    assert DIRECT == answer.headers["Cache-Control"]


def unchunked(body: bytes) -> bytes:
    """Decode chunks; fails when the end is missing."""
    whole = bytearray()
    while True:
        size, _, body = body.partition(b"\r\n")
        if int(size, 16) == 0:
            return bytes(whole)
        whole += body[: int(size, 16)]
        body = body[int(size, 16) + 2 :]


async def settled(number: Callable[[], int]) -> int:
    """Return a number when it has not changed for a while."""
    loop = asyncio.get_running_loop()
    seen, since = number(), loop.time()

    def is_quiet() -> bool:
        nonlocal seen, since
        if seen != number():
            seen, since = number(), loop.time()
        return seen > 0 and loop.time() - since > QUIET_S

    await until(is_quiet)
    return seen


async def test_a_slow_caller_makes_the_renderer_wait(renderer: Renderer, gateway: Gateway) -> None:
    sent = 0

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal sent
        hold_little(request)
        response = web.StreamResponse(headers=POSTER_HEADERS)
        response.content_length = len(LARGE)
        await response.prepare(request)
        for start in range(0, len(LARGE), 16_384):
            await response.write(LARGE[start : start + 16_384])
            sent += 16_384
        return response

    renderer.says = answer
    async with gateway.asking(window=16_384) as (reader, _):
        before = await settled(lambda: sent)
        whole = await read(reader)

    assert 0 < before < 2 * MB
    assert LARGE == whole.body
    assert len(LARGE) == sent


async def test_a_caller_who_takes_nothing_is_left(renderer: Renderer) -> None:
    renderer.says = pours(LARGE * 4, announced=len(LARGE) * 4)

    async with (
        gateway_to(renderer.url, ProxyLimits(caller_pause_s=0.1)) as gateway,
        gateway.asking(window=16_384) as (reader, _),
    ):
        await until(lambda: bool(renderer.asked) and gateway.here == 0)
        await until(renderer.is_left)
        answer = await read(reader)

    assert len(answer.body) < len(LARGE) * 4
    assert [] == gateway.raised


async def test_a_caller_who_leaves_before_the_answer_ends_the_question(renderer: Renderer, gateway: Gateway) -> None:
    renderer.says = renderer.is_silent

    async with gateway.asking():
        await until(lambda: bool(renderer.asked))
        used = gateway.used("direct_connections")
    await until(renderer.is_left, within_s=1.0)

    await until(lambda: gateway.here == 0)
    assert (1, 0) == (used, gateway.used("direct_connections"))
    assert [] == gateway.raised


async def test_a_caller_who_leaves_amid_a_picture_ends_it(renderer: Renderer, gateway: Gateway) -> None:
    renderer.says = pours(LARGE, announced=2 * len(LARGE), then=renderer.is_silent)

    async with gateway.asking() as (reader, _):
        await reader.readexactly(len(LARGE))
    await until(renderer.is_left, within_s=1.0)

    await until(lambda: gateway.here == 0)
    assert 0 == gateway.used("direct_connections")
    assert [] == gateway.raised


@pytest.mark.parametrize("announced", [2 * MB, None])
async def test_a_picture_that_breaks_off_is_not_taken_for_a_whole_one(
    renderer: Renderer, gateway: Gateway, announced: int | None
) -> None:
    renderer.says = pours(LARGE[:MB], announced=announced, then=hangs_up)

    answer = await gateway.get()

    assert (200, [StoreDown]) == (answer.status, [type(error) for error in gateway.raised])
    if announced:
        assert LARGE[:MB].startswith(answer.body)
    else:
        assert not answer.body.endswith(b"0\r\n\r\n")
        assert b"HTTP/1.1" not in answer.body


async def test_a_small_picture_that_breaks_off_becomes_a_sentence(renderer: Renderer, gateway: Gateway) -> None:
    renderer.says = pours(POSTER[:1000], announced=len(POSTER), then=hangs_up)

    answer = await gateway.get()

    assert (503, NO_STORE) == (answer.status, answer.headers["Cache-Control"])
    assert {"error": StoreDown.public} == msgspec.json.decode(answer.body)


async def test_a_picture_that_stops_is_ended(renderer: Renderer) -> None:
    renderer.says = pours(LARGE[:MB], announced=2 * MB, then=renderer.is_silent)

    async with gateway_to(renderer.url, ProxyLimits(pause_s=0.1)) as gateway:
        answer = await gateway.get()
        await until(renderer.is_left)

    assert len(answer.body) <= MB
    assert [DeadlineExceeded] == [type(error) for error in gateway.raised]


async def test_a_renderer_that_hangs_up_is_down(renderer: Renderer, gateway: Gateway) -> None:
    renderer.says = hangs_up

    answer = await gateway.get()

    assert (503, "5", NO_STORE) == (answer.status, answer.headers["Retry-After"], answer.headers["Cache-Control"])
    assert [StoreDown] == [type(error) for error in gateway.raised]


async def test_a_renderer_that_says_nothing_is_too_late(renderer: Renderer) -> None:
    renderer.says = renderer.is_silent

    async with gateway_to(renderer.url, ProxyLimits(headers_s=0.1)) as gateway:
        answer = await gateway.get()
        await until(renderer.is_left)

    assert (503, NO_STORE) == (answer.status, answer.headers["Cache-Control"])
    assert [DeadlineExceeded] == [type(error) for error in gateway.raised]


async def test_a_renderer_that_is_not_there_is_down(unused_tcp_port: int) -> None:
    async with gateway_to(f"http://127.0.0.1:{unused_tcp_port}") as gateway:
        answer = await gateway.get()

    assert 503 == answer.status
    assert [StoreDown] == [type(error) for error in gateway.raised]


async def test_one_more_than_may_wait_is_refused_at_once(renderer: Renderer) -> None:
    renderer.says = renderer.is_silent

    async with gateway_to(renderer.url, ProxyLimits(connections=2, waiting=1)) as gateway:
        asked = [asyncio.create_task(gateway.get()) for _ in range(3)]
        await until(lambda: gateway.here == 3 and len(renderer.asked) == 2)
        used = gateway.used("direct_connections"), gateway.used("direct_waiting")
        refused = await gateway.get()
        renderer.says = says()
        renderer.closing.set()
        answers = await asyncio.gather(*asked)

    assert (2, 1) == used
    assert (503, NO_STORE, "5") == (refused.status, refused.headers["Cache-Control"], refused.headers["Retry-After"])
    assert ["busy"] == [error.cause for error in gateway.raised]
    assert [200, 200, 200] == [answer.status for answer in answers]
    assert 3 == len(renderer.asked)


def test_the_limits_are_numbers() -> None:
    registry = CollectorRegistry()

    PictureProxy(None, "http://x", GatewayMetrics(registry), ProxyLimits(connections=3, waiting=2))  # type: ignore[arg-type] # nobody asks

    limits = [registry.get_sample_value("gateway_limit", {"limit": f"direct_{x}"}) for x in ("connections", "waiting")]
    assert [3, 2] == limits


@pytest.mark.parametrize(("length", "expected"), [(1000, 404), (1001, 503)])
@pytest.mark.parametrize("is_announced", [True, False])
async def test_a_long_refusal_is_not_read(
    renderer: Renderer, *, length: int, expected: int, is_announced: bool
) -> None:
    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        response = web.Response(status=404, body=b"x" * length)
        if not is_announced:
            response.enable_chunked_encoding()
        return response

    renderer.says = answer
    async with gateway_to(renderer.url, ProxyLimits(refusal=1000)) as gateway:
        answered = await gateway.get()

    assert expected == answered.status
    assert expected == 503 or b"x" * length == answered.body


@pytest.mark.parametrize(("length", "is_whole"), [(MB, True), (MB + 1, False)])
async def test_a_picture_has_a_largest_size(renderer: Renderer, *, length: int, is_whole: bool) -> None:
    renderer.says = pours(LARGE[:length], announced=length)

    async with gateway_to(renderer.url, ProxyLimits(picture=MB)) as gateway:
        answer = await gateway.get()

    assert is_whole == (LARGE[:length] == answer.body)
    assert ([] if is_whole else [StoreDown]) == [type(error) for error in gateway.raised]


@pytest.mark.parametrize("length", [256 << 10, (256 << 10) + 1])
async def test_where_flowing_begins_no_byte_is_lost(renderer: Renderer, gateway: Gateway, length: int) -> None:
    renderer.says = says(LARGE[:length])

    answer = await gateway.get()

    assert (str(length), LARGE[:length]) == (answer.headers["Content-Length"], answer.body)


def family(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for child in kind.__subclasses__():
        yield from family(child)


EVERY = sorted(
    {*family(aiohttp.ClientError), *family(HttpProcessingError), TimeoutError, ConnectionResetError, OSError},
    key=lambda kind: kind.__qualname__,
)


def test_the_walk_finds_the_clients_errors() -> None:
    assert {aiohttp.InvalidURL, aiohttp.ClientPayloadError, aiohttp.ConnectionTimeoutError} <= set(EVERY)


@pytest.mark.parametrize("kind", EVERY)
def test_every_client_error_is_translated(kind: type[Exception]) -> None:
    is_late = issubclass(kind, TimeoutError) and not issubclass(kind, aiohttp.ConnectionTimeoutError)

    with pytest.raises(MarqueeError) as caught, renderer_errors():
        raise kind.__new__(kind)

    assert (DeadlineExceeded if is_late else StoreDown) is type(caught.value)
    assert caught.value.__suppress_context__


def test_our_own_mistakes_pass() -> None:
    with pytest.raises(KeyError), renderer_errors():
        raise KeyError("mine")


def moved(bucket: Renderer, path: str = "c/x.jpg?v=1") -> Says:
    """Send callers to the bucket, as a renderer does for what is stored."""

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"{bucket.url}{path}", "X-Cache-Status": "HIT"})

    return answer


@pytest.fixture
async def bucket() -> AsyncIterator[Renderer]:
    bucket = Renderer()
    async with RawTestServer(bucket.answer) as server:
        bucket.url = str(server.make_url("/"))
        yield bucket


async def test_a_picture_in_the_bucket_is_fetched_there(renderer: Renderer, bucket: Renderer) -> None:
    renderer.says = moved(bucket)

    async with gateway_to(renderer.url, bucket_url=bucket.url.rstrip("/")) as gateway:
        whole = await gateway.get()
        bucket.says = says(POSTER[:10], 206, Content_Range=f"bytes 0-9/{len(POSTER)}")
        part = await gateway.get(headers={"Range": "bytes=0-9"})

    assert (200, POSTER) == (whole.status, whole.body)
    assert (206, POSTER[:10]) == (part.status, part.body)
    assert ["/c/x.jpg?v=1"] * 2 == [str(request.rel_url) for request in bucket.asked]
    assert "bytes=0-9" == bucket.asked[1].headers["Range"]
    assert "X-Forwarded-For" not in bucket.asked[0].headers


@pytest.mark.parametrize("status", [302, 403, 404, 500, 503])
async def test_a_bucket_without_the_picture_is_a_store_that_is_down(
    renderer: Renderer, bucket: Renderer, status: int
) -> None:
    renderer.says, bucket.says = moved(bucket), says(b"<Error/>", status)

    async with gateway_to(renderer.url, bucket_url=bucket.url.rstrip("/")) as gateway:
        answer = await gateway.get()

    assert (503, "no-store") == (answer.status, answer.headers["Cache-Control"])
    assert b"<Error" not in answer.body


async def test_nobody_else_is_asked_whatever_the_renderer_says(renderer: Renderer, bucket: Renderer) -> None:
    renderer.says = moved(bucket)

    async with gateway_to(renderer.url, bucket_url=f"{bucket.url}other") as gateway:
        elsewhere = await gateway.get()
    async with gateway_to(renderer.url) as gateway:
        unset = await gateway.get()

    assert (503, 503) == (elsewhere.status, unset.status)
    assert [] == bucket.asked


async def test_a_document_comes_with_its_status_and_tells_the_renderer_the_address_alone(renderer: Renderer) -> None:
    renderer.says = says(b'{"error":"No such title."}', 404)

    async with PictureProxy.open(renderer.url, GatewayMetrics(CollectorRegistry())) as direct:
        assert (404, b'{"error":"No such title."}') == await direct.fetch("/c/x/artwork", CLIENT)

    (asked,) = renderer.asked
    assert ("GET", "/c/x/artwork", CLIENT) == (asked.method, asked.raw_path, asked.headers["X-Forwarded-For"])


async def test_a_document_has_a_largest_size_and_a_time_limit(renderer: Renderer, unused_tcp_port: int) -> None:
    metrics = GatewayMetrics(CollectorRegistry())
    async with PictureProxy.open(renderer.url, metrics, limits=ProxyLimits(whole=5, document_s=0.2)) as direct:
        renderer.says = says(b"123456")
        with pytest.raises(StoreDown):
            await direct.fetch("/c/x/artwork", CLIENT)
        renderer.says = renderer.is_silent
        with pytest.raises(DeadlineExceeded):
            await direct.fetch("/c/x/artwork", CLIENT)
    async with PictureProxy.open(
        renderer.url, GatewayMetrics(CollectorRegistry()), limits=ProxyLimits(connections=0, waiting=0)
    ) as direct:
        with pytest.raises(Busy):
            await direct.fetch("/c/x/artwork", CLIENT)
    async with PictureProxy.open(f"http://127.0.0.1:{unused_tcp_port}", GatewayMetrics(CollectorRegistry())) as direct:
        with pytest.raises(StoreDown):
            await direct.fetch("/c/x/artwork", CLIENT)
