"""The HTTP client keeps its limits and reveals no key."""

import asyncio
import threading
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer
from prometheus_client import CollectorRegistry

from services.client.circuit_breaker import CircuitOpen, KeysExhausted
from services.client.http import Http, Request, Response
from services.client.metrics import SourceMetrics
from services.client.retry import RetryPolicy, parse_retry_after
from services.client.upstream import UpstreamClient
from shared.config.environment import Secret
from shared.domain.errors import SourceDown, SourceInvalidResponse, SourceRefused, SourceTimeout, SourceTooLarge
from tests.services.upstream import HANG, Reply, Upstream, replies


def body_of(response: Response) -> bytes:
    return response.body


@pytest.fixture
async def streaming() -> AsyncIterator[RawTestServer]:
    """Send ``?size=`` bytes in chunks, without a declared length; ``?gzip=`` compresses them."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        content = b"\0" * int(request.query["size"])
        response = web.StreamResponse()
        if "gzip" in request.query:
            response.headers["Content-Encoding"] = "gzip"
            packer = zlib.compressobj(wbits=31)
            content = packer.compress(content) + packer.flush()
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(content)
        return response

    server = RawTestServer(handle)
    await server.start_server()
    yield server
    await server.close()


@pytest.mark.parametrize("query", [{}, {"gzip": "1"}])
async def test_a_body_of_exactly_the_limit_is_accepted(
    http: Http, streaming: RawTestServer, query: dict[str, str]
) -> None:
    request = Request(str(streaming.make_url("/")), {"size": "100000", **query}, max_bytes=100_000)

    response = await http.call("x", request)

    assert 100_000 == len(response.body)


@pytest.mark.parametrize("query", [{}, {"gzip": "1"}])
async def test_a_body_one_byte_over_the_limit_is_rejected(
    http: Http, streaming: RawTestServer, query: dict[str, str]
) -> None:
    request = Request(str(streaming.make_url("/")), {"size": "100001", **query}, max_bytes=100_000)

    with pytest.raises(SourceTooLarge):
        await http.call("x", request)


async def test_a_declared_length_over_the_limit_is_rejected_before_reading(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", Reply(200, b"12345"))

    with pytest.raises(SourceTooLarge, match="declares"):
        await http.call("x", Request(upstream.url, max_bytes=4))


async def test_a_refused_connection_is_down(http: Http) -> None:
    async with Upstream() as gone:
        url = gone.url

    with pytest.raises(SourceDown):
        await http.call("x", Request(url))


@pytest.mark.parametrize("location", ["/there", "there?apikey=sesame"])
async def test_a_redirect_within_the_host_is_followed(http: Http, upstream: Upstream, location: str) -> None:
    upstream.plan("/here", Reply(301, headers={"Location": location}))
    upstream.plan("/there", Reply(200, b"found"))

    response = await http.call("x", Request(f"{upstream.url}/here"))

    assert b"found" == response.body


@pytest.mark.parametrize("location", ["", "//elsewhere.example/", "https://elsewhere.example/", "ftp:/x", "http://["])
async def test_a_redirect_to_another_host_is_an_invalid_response(http: Http, upstream: Upstream, location: str) -> None:
    upstream.plan("*", Reply(302, headers={"Location": location}))

    with pytest.raises(SourceInvalidResponse):
        await http.call("x", Request(upstream.url))


async def test_a_redirect_loop_is_an_invalid_response(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", Reply(302, headers={"Location": "/"}))

    with pytest.raises(SourceInvalidResponse):
        await http.call("x", Request(upstream.url))

    assert 3 == len(upstream.received)


async def test_a_request_has_a_total_timeout(upstream: Upstream, registry: CollectorRegistry) -> None:
    upstream.plan("*", HANG)
    policy = RetryPolicy(total_s=0.05)

    async with Http(SourceMetrics(registry), retry_policy=policy) as http:
        with pytest.raises(SourceTimeout, match=r"0\.05 s"):
            await UpstreamClient(http, "x").send(Request(upstream.url), body_of)


async def test_the_callers_own_timeout_is_raised_unchanged(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", HANG)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await UpstreamClient(http, "x").send(Request(upstream.url), body_of)


async def test_a_wait_of_exactly_the_limit_is_waited_and_one_second_more_is_not(
    http: Http, upstream: Upstream, waits: list[float]
) -> None:
    upstream.plan("*", Reply(503, headers={"Retry-After": "8"}), Reply(503, headers={"Retry-After": "9"}))

    with pytest.raises(SourceDown) as caught:
        await UpstreamClient(http, "x").send(Request(upstream.url), body_of)

    assert ([8.0], 9.0) == (waits, caught.value.retry_after_s)


async def test_five_failures_open_the_circuit(http: Http, upstream: Upstream, registry: CollectorRegistry) -> None:
    upstream.plan("*", Reply(500))
    client = UpstreamClient(http, "x")
    for nth in range(5):
        with pytest.raises(SourceDown):
            await client.send(Request(f"{upstream.url}/{nth}"), body_of)

    with pytest.raises(CircuitOpen):
        await client.send(Request(upstream.url), body_of)

    assert 15 == len(upstream.received)
    assert 1.0 == registry.get_sample_value("source_calls_total", {"source": "x", "outcome": "held_off"})


async def test_a_used_up_quota_stops_calls_at_once(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", replies({}, 429, Retry_After="300"))
    client = UpstreamClient(http, "x")
    with pytest.raises(SourceRefused):
        await client.send(Request(upstream.url), body_of)

    with pytest.raises(KeysExhausted) as caught:
        await client.send(Request(upstream.url), body_of)

    assert 1 == len(upstream.received)
    assert 290 < (caught.value.retry_after_s or 0) <= 300


async def test_an_exhausted_source_does_not_affect_others(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", replies({}, 429, Retry_After="300"), Reply(200, b"fine"))
    with pytest.raises(SourceRefused):
        await UpstreamClient(http, "x").send(Request(upstream.url), body_of)

    assert b"fine" == await UpstreamClient(http, "y").send(Request(upstream.url), body_of)


async def test_a_request_that_came_too_late_for_the_server_is_sent_again(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", Reply(408), Reply(200, b"fine"))

    assert b"fine" == await UpstreamClient(http, "x").send(Request(upstream.url), body_of)


async def test_every_attempt_is_counted_by_its_outcome(
    http: Http, upstream: Upstream, registry: CollectorRegistry
) -> None:
    upstream.plan("*", Reply(500), replies({}, 429), Reply(200))

    await UpstreamClient(http, "x").send(Request(upstream.url), body_of)

    counts = {
        outcome: registry.get_sample_value("source_calls_total", {"source": "x", "outcome": outcome})
        for outcome in ("down", "refused", "ok", "garbled")
    }
    assert {"down": 1.0, "refused": 1.0, "ok": 1.0, "garbled": None} == counts
    assert 3.0 == registry.get_sample_value("source_call_seconds_count", {"source": "x"})
    assert 0.0 == registry.get_sample_value("source_calls_running", {"source": "x"})


async def test_a_crash_while_reading_is_counted_and_raised(
    http: Http, upstream: Upstream, registry: CollectorRegistry
) -> None:
    upstream.plan("*", Reply(200))

    with pytest.raises(ZeroDivisionError):
        await UpstreamClient(http, "x").send(Request(upstream.url), lambda _: 1 // 0)

    assert 1.0 == registry.get_sample_value("source_calls_total", {"source": "x", "outcome": "crashed"})


def test_the_repr_of_a_request_hides_its_key() -> None:
    request = Request("http://x", {"apikey": Secret("sesame")}, {"Authorization": Secret("Bearer sesame")})

    assert "sesame" not in repr(request)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("0", 0.0),
        (" 7 ", 7.0),
        ("9" * 50, 999999999.0),
    ],
)
def test_retry_after_in_seconds(written: str | None, expected: float | None) -> None:
    assert expected == parse_retry_after(written)


def test_retry_after_as_a_date() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=60)

    seconds = parse_retry_after(format_datetime(soon, usegmt=True))

    assert 55 < (seconds or 0) <= 60


def test_retry_after_in_the_past_is_zero() -> None:
    assert 0.0 == parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT")


@pytest.mark.parametrize("serves_pictures", [True, False])
async def test_only_pictures_are_read_on_the_event_loop_whatever_their_size(
    http: Http, streaming: RawTestServer, *, serves_pictures: bool
) -> None:
    request = Request(str(streaming.make_url("/")), {"size": "200000"})
    client = UpstreamClient(http, "x", serves_pictures=serves_pictures)

    reader = await client.send(request, lambda _: threading.get_ident())

    assert serves_pictures == (reader == threading.get_ident())
