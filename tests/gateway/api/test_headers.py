"""What every answer under /api carries, whatever became of the request, and who else's pages may read it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, DummyCookieJar, web  # noqa: TID251 - the caller is a test
from prometheus_client import CollectorRegistry

from gateway.api import request
from gateway.api.api_error import ApiError, not_signed_in
from gateway.api.dispatch import Api
from gateway.api.endpoint import Access, Call, Endpoint, NoBody, Reply
from gateway.db.sessions import SessionRow
from gateway.metrics import GatewayMetrics
from shared.config.environment import Address
from shared.domain.errors import StoreDown
from shared.http.server import serve
from tests.gateway.auth.caller import Caller
from tests.stack.caller import Answer
from tests.unlimited import no_limits

OURS = "https://pages.example"
EXPECTED = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "server": "marquee",
}
LARGEST = 100
_HEAD = b"PUT /api/good HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Said(msgspec.Struct, frozen=True):
    size: int


class Text(msgspec.Struct, frozen=True):
    text: str = ""


async def _good(_call: Call, body: Text) -> Reply:
    return Reply(Said(len(body.text)))


async def _crash(_call: Call, _body: NoBody) -> Reply:
    raise RuntimeError("inner words")


async def _down(_call: Call, _body: NoBody) -> Reply:
    raise StoreDown("postgres: inner words")


async def _too_often(_call: Call, _body: NoBody) -> Reply:
    raise ApiError(HTTPStatus.TOO_MANY_REQUESTS, "Too often.", retry_after_s=8)


async def _guard(request: web.Request) -> SessionRow:
    if "Authorization" not in request.headers:
        raise not_signed_in()
    return SessionRow(1, None, 7, "holder", datetime.max.replace(tzinfo=UTC))


ENDPOINTS: list[Endpoint[Any]] = [
    Endpoint("good", "GET", "/api/good", _good, Text, access=Access.OPEN),
    Endpoint("good_put", "PUT", "/api/good", _good, Text, access=Access.OPEN, largest_body=LARGEST),
    Endpoint("crash", "GET", "/api/crash", _crash, NoBody, access=Access.OPEN),
    Endpoint("down", "GET", "/api/down", _down, NoBody, access=Access.OPEN),
    Endpoint("too_often", "GET", "/api/too-often", _too_often, NoBody, access=Access.OPEN),
    Endpoint("for_admins", "GET", "/api/for-admins", _good, Text),
]
ANSWERS = {
    "GET /api/good": (200, {}, b""),
    "HEAD /api/good": (200, {}, b""),
    "PUT /api/good": (200, {"Content-Type": "application/json"}, b'{"text": "abc"}'),
    "PUT /api/good?not-json": (400, {"Content-Type": "application/json"}, b"text"),
    "GET /api/for-admins": (401, {}, b""),
    "GET /api/for-admins?by-a-holder": (403, {"Authorization": "Bearer x"}, b""),
    "GET /api/nothing": (404, {}, b""),
    "GET /api": (404, {}, b""),
    "POST /api/good": (405, {}, b""),
    "OPTIONS /api/good": (405, {}, b""),
    "TRACE /api/good": (405, {}, b""),
    "PUT /api/good?large": (413, {"Content-Type": "application/json"}, b" " * (LARGEST + 1)),
    "PUT /api/good?form": (415, {"Content-Type": "text/plain"}, b"text=abc"),
    "GET /api/too-often": (429, {}, b""),
    "GET /api/crash": (500, {}, b""),
    "GET /api/down": (503, {}, b""),
}
"""Method and address; the status; what is sent."""


async def _nothing_to_apply() -> None:
    """These endpoints change nothing."""


@asynccontextmanager
async def serving(cors_origin: str | None = None) -> AsyncIterator[Caller]:
    app, registry = web.Application(), CollectorRegistry()
    metrics = GatewayMetrics(registry)
    api = Api(_guard, metrics, apply_changes=_nothing_to_apply, cookie_secure=True, cors_origin=cors_origin)
    api.add_routes(app, ENDPOINTS)
    async with (
        serve(app, Address("127.0.0.1", 0), drain_s=1, limits=no_limits()) as port,
        ClientSession(cookie_jar=DummyCookieJar()) as session,
    ):
        yield Caller(session, port, registry, app)


async def ask(caller: Caller, route: str, **headers: str) -> Answer:
    method, _, path = route.partition(" ")
    _, said, body = ANSWERS[route]
    named = {name.replace("-", "_"): value for name, value in said.items()}
    return await caller.ask(method, path, body or None, **named, **headers)


def cors(answer: Answer) -> dict[str, str]:
    names = {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}
    return names | ({"Vary": answer.headers["Vary"]} if "Vary" in answer.headers else {})


@pytest.mark.parametrize("route", ANSWERS)
async def test_every_answer_keeps_out_of_caches_frames_and_other_pages(route: str) -> None:
    async with serving() as caller:
        answer = await ask(caller, route, Origin=OURS)

    assert ANSWERS[route][0] == answer.status
    assert EXPECTED.items() <= answer.headers.items()
    assert {} == cors(answer)
    assert b"inner words" not in answer.body
    assert (answer.status in {429, 503}) == ("Retry-After" in answer.headers)


@pytest.mark.parametrize("route", ANSWERS)
async def test_pages_of_the_one_other_site_may_read_every_answer(route: str) -> None:
    async with serving(OURS) as caller:
        answer = await ask(caller, route, Origin=OURS)

    expected = {
        "access-control-allow-origin": OURS,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "Retry-After",
        "Vary": "Origin",
    }
    assert expected == cors(answer)
    assert EXPECTED.items() <= answer.headers.items()


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "*",
        "http://pages.example",
        f"{OURS}:8443",
        f"{OURS}.evil.example",
        "https://evil.example",
        f"{OURS}/",
    ],
)
@pytest.mark.parametrize("route", ["GET /api/good", "GET /api/for-admins", "GET /api/crash", "OPTIONS /api/good"])
async def test_pages_of_any_other_site_may_read_nothing(route: str, origin: str) -> None:
    async with serving(OURS) as caller:
        answer = await ask(caller, route, Origin=origin)

    assert {"Vary": "Origin"} == cors(answer)


async def test_a_preflight_of_the_one_other_site_is_told_what_it_may_send() -> None:
    async with serving(OURS) as caller:
        answer = await caller.ask("OPTIONS", "/api/good", Origin=OURS, Access_Control_Request_Method="PUT")

    assert (204, b"") == (answer.status, answer.body)
    assert {"GET", "HEAD", "PUT"} == set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    assert "Authorization, Content-Type" == answer.headers["Access-Control-Allow-Headers"]
    assert OURS == answer.headers["Access-Control-Allow-Origin"]
    assert EXPECTED.items() <= answer.headers.items()


@pytest.mark.parametrize(("cors_origin", "origin", "status"), [(OURS, "https://evil.example", 204), (None, OURS, 405)])
async def test_a_preflight_of_any_other_site_is_not_let_in(cors_origin: str | None, origin: str, status: int) -> None:
    async with serving(cors_origin) as caller:
        answer = await caller.ask("OPTIONS", "/api/good", Origin=origin, Access_Control_Request_Method="PUT")

    assert status == answer.status
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(("size", "status"), [(LARGEST - 1, 200), (LARGEST, 200), (LARGEST + 1, 413)])
@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_body_may_be_as_large_as_its_endpoint_says(size: int, status: int, *, is_chunked: bool) -> None:
    body = b'{"text": "abc"}'.ljust(size)

    async def chunks() -> AsyncIterator[bytes]:
        yield body[:10]
        yield body[10:]

    async with serving() as caller:
        url = f"http://127.0.0.1:{caller.port}/api/good"
        headers = {"Content-Type": "application/json"}
        async with caller.session.put(url, data=chunks() if is_chunked else body, headers=headers) as answer:
            assert (status, "no-store") == (answer.status, answer.headers["Cache-Control"])


async def test_a_body_that_says_to_be_too_large_is_not_waited_for() -> None:
    async with serving() as caller, asyncio.timeout(5):
        status = await _first_line(caller, _HEAD % (LARGEST + 1))

    assert status.startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_trickles_has_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "BODY_S", 0.2)
    async with serving() as caller, asyncio.timeout(5):
        status = await _first_line(caller, _HEAD % 90, trickle=b" ")

    assert status.startswith(b"HTTP/1.1 408 ")


async def _first_line(caller: Caller, head: bytes, trickle: bytes = b"") -> bytes:
    """Send a head, then a byte each moment, until there is an answer; return how it begins."""
    reader, writer = await asyncio.open_connection("127.0.0.1", caller.port)
    writer.write(head)
    line = asyncio.create_task(reader.readline())
    while not line.done():
        writer.write(trickle)
        await asyncio.wait([line], timeout=0.05)
    writer.close()
    await writer.wait_closed()
    return line.result()
