"""The rules that every address under /api keeps."""

import asyncio
import gzip
import time
from datetime import UTC, datetime

import pytest

from gateway.api import request as api_request
from gateway.api.endpoint import LARGEST_BODY
from gateway.auth.session_tokens import ACCESS_S, AccessTokens
from gateway.db.sessions import SessionRow
from shared.config.environment import Secret
from shared.stores.postgres import Pool, connection
from tests.gateway.auth.caller import CREDENTIALS, PASSWORD, SECRET, Caller
from tests.stack.caller import Answer

EXPIRED = AccessTokens(Secret(SECRET), now=lambda: time.time() - ACCESS_S - 1)
FOREIGN = AccessTokens(Secret("1" * 64))

CHANGE = {"old": PASSWORD, "new": "battery staple"}
ROUTES = {
    "GET /api/auth/status": (None, 200, 200),
    "POST /api/auth/setup": (CREDENTIALS, 409, 409),
    "POST /api/auth/login": (CREDENTIALS, 200, 200),
    "POST /api/auth/refresh": ({}, 401, 200),
    "POST /api/auth/logout": ({}, 200, 200),
    "POST /api/auth/password": (CHANGE, 401, 200),
    "GET /api/admin/titles/movie-278": (None, 401, 404),
    "HEAD /api/admin/titles/movie-278": (None, 401, 404),
    "POST /api/admin/warm": ({"ids": ["movie-278"]}, 401, 202),
    "GET /api": (None, 404, 404),
    "GET /api/": (None, 404, 404),
    "GET /api/admin": (None, 404, 404),
    "POST /api/auth/poster-default/tt0111161.jpg": ({}, 404, 404),
    "GET /api/imdb/poster-default/tt0111161.jpg": (None, 404, 404),
    "GET /api/admin/titles/a/b": (None, 404, 404),
    "DELETE /api/admin/titles/movie-278": (None, 405, 405),
    "GET /api/auth/login": (None, 405, 405),
    "OPTIONS /api/auth/login": (None, 405, 405),
}
"""Method and path; body; what a stranger gets; what an admin gets."""


async def token_of(admin: Caller, pool: Pool, who: str) -> str | None:
    """Return the access token that such a caller shows."""
    async with connection(pool) as db:
        family, admin_id = await db.fetchrow("SELECT id, admin_id FROM token_families ORDER BY id LIMIT 1")
        session = SessionRow(family, admin_id, None, "root", datetime.max.replace(tzinfo=UTC))
        if who == "signed out":
            await db.execute("UPDATE token_families SET revoked_at = now()")
        if who == "deleted":
            await db.execute("DELETE FROM admin_users")
            await db.execute("INSERT INTO admin_users (username, password_hash) VALUES ('other', 'none')")
    return {
        "nobody": None,
        "garbled": "garbled",
        "expired": EXPIRED.sign(session),
        "of another secret": FOREIGN.sign(session),
        "of no sign-in": AccessTokens(Secret(SECRET)).sign(
            SessionRow(family + 1000, admin_id, None, "root", datetime.max.replace(tzinfo=UTC))
        ),
        "refresh": admin.cookie,
    }.get(who, admin.token)


def check_form(method: str, answer: Answer) -> None:
    """Check what every answer has in common."""
    assert (401 == answer.status) == ("WWW-Authenticate" in answer.headers)
    assert (405 == answer.status) == ("Allow" in answer.headers)
    assert {
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "content-type": "application/json",
    }.items() <= dict(answer.headers).items()
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert not any(name.lower().startswith("access-control") for name in answer.headers)
    if answer.status >= 400 and method != "HEAD":
        assert answer.json["error"].endswith(".")


@pytest.mark.parametrize(
    "who", ["nobody", "garbled", "expired", "of another secret", "of no sign-in", "refresh", "signed out", "deleted"]
)
async def test_nobody_reaches_what_is_not_theirs(admin: Caller, pool: Pool, who: str) -> None:
    caller = admin.stranger()
    caller.token = await token_of(admin, pool, who)
    expected = {route: stranger_gets for route, (_, stranger_gets, _) in ROUTES.items()}
    if who == "deleted":
        expected["POST /api/auth/login"] = 401

    got = {}
    for route, (body, _, _) in ROUTES.items():
        method, _, path = route.partition(" ")
        answer = await caller.ask(method, path, body)
        check_form(method, answer)
        got[route] = answer.status

    assert expected == got


@pytest.mark.parametrize("route", ROUTES)
async def test_an_admin_reaches_everything(admin: Caller, route: str) -> None:
    method, _, path = route.partition(" ")
    body, _, admin_gets = ROUTES[route]

    answer = await admin.ask(method, path, body)

    check_form(method, answer)
    assert admin_gets == answer.status


@pytest.mark.parametrize("header", ["Basic cm9vdDp4", "Bearer", "Bearer ", "bearer\tx", "x" * 5000])
async def test_another_authorization_is_none(admin: Caller, header: str) -> None:
    assert 401 == (await admin.get("/api/admin/titles/movie-278", Authorization=header)).status


async def test_the_scheme_is_read_in_any_case(admin: Caller) -> None:
    answer = await admin.get("/api/admin/titles/movie-278", Authorization=f"bearer {admin.token}")

    assert 404 == answer.status


BAD_BODIES = {
    "no JSON": (b"username=root", 400, "JSON"),
    "half of it": (b'{"username": "root"', 400, "JSON"),
    "no text": (b'{"username": "\xff"}', 400, "JSON"),
    "a list": (b"[]", 400, "Use a JSON object."),
    "deep": (b"[" * 60_000, 400, "."),
    "nothing": (b"", 400, "username"),
    "a number": (b'{"username": 1, "password": "x"}', 400, "username: Use text."),
    "one field too many": (b'{"username": "a", "password": "x", "admin": true}', 400, "admin"),
    "a long field": (
        b'{"username": "a", "password": "%s"}' % (b"x" * 1001),
        400,
        "password: Use at most 1,000 characters.",
    ),
    "just too large": (b" " * (LARGEST_BODY + 1), 413, str(LARGEST_BODY)),
}


@pytest.mark.parametrize(
    "body",
    [
        b'{"username": "a", "password": "x", "%s": 1}' % (b"0a" * 32),
        b'{"username": "a", "password": "x", "0a`0b` - at `$.c`": 1}',
        b'{"username": "a", "password": "x", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln": 1}',
    ],
)
async def test_a_key_in_the_wrong_place_is_not_repeated(caller: Caller, body: bytes) -> None:
    answer = await caller.post("/api/auth/login", body)

    assert 400 == answer.status
    assert {"error": "There is a field that does not belong here."} == answer.json


@pytest.mark.parametrize(("body", "status", "word"), BAD_BODIES.values(), ids=BAD_BODIES)
async def test_a_bad_body_gets_a_sentence(caller: Caller, body: bytes, status: int, word: str) -> None:
    answer = await caller.post("/api/auth/login", body)

    assert status == answer.status
    assert word in answer.complaint


async def test_a_body_of_the_greatest_size_is_read(admin: Caller) -> None:
    body = b'{"username": "root", "password": "correct horse"}'.ljust(LARGEST_BODY)

    assert 200 == (await admin.stranger().post("/api/auth/login", body)).status


async def test_a_body_that_does_not_arrive_is_not_waited_for(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_request, "BODY_S", 0.05)
    async with asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", caller.port)
        writer.write(
            b"POST /api/auth/login HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
            b"Content-Length: 100\r\n\r\n{"
        )
        status = await reader.readline()
        writer.close()
        await writer.wait_closed()

    assert status.startswith(b"HTTP/1.1 408 ")


async def test_a_body_that_grows_when_it_is_unpacked_is_too_large(caller: Caller) -> None:
    packed = gzip.compress(b" " * 10_000_000)

    assert (await caller.post("/api/auth/login", packed, Content_Encoding="gzip")).status in {400, 413}


async def test_a_body_that_cannot_be_unpacked_is_refused(caller: Caller) -> None:
    assert 400 == (await caller.post("/api/auth/login", b"no gzip at all", Content_Encoding="gzip")).status


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("path", ["login", "refresh", "logout", "setup"])
async def test_a_form_of_another_site_does_nothing(admin: Caller, path: str, content_type: str) -> None:
    refused = await admin.post(f"/api/auth/{path}", CREDENTIALS, Content_Type=content_type)

    assert 415 == refused.status
    assert 200 == (await admin.post("/api/auth/refresh", Content_Type="application/json; charset=utf-8")).status


@pytest.mark.parametrize(
    ("username", "password", "status"),
    [
        ("a", "12345678", 200),
        ("a" * 64, "x" * 1000, 200),
        ("A.b_c@d-9", "pass word ünï", 200),
        ("", "12345678", 400),
        ("a" * 65, "12345678", 400),
        ("a b", "12345678", 400),
        ("a\n", "12345678", 400),
        ("é", "12345678", 400),
        ("a", "1234567", 400),
        ("a", "x" * 1001, 400),
    ],
)
async def test_names_and_passwords_have_bounds(caller: Caller, username: str, password: str, status: int) -> None:
    answer = await caller.post("/api/auth/setup", {"username": username, "password": password})

    assert status == answer.status


async def test_answers_are_counted(admin: Caller) -> None:
    await admin.stranger().get("/api/admin/titles/movie-278")
    await admin.get("/api/nothing")

    asked = [("setup", "ok"), ("title", "unauthorized"), ("unknown", "not_found")]
    assert [1, 1, 1] == [
        admin.count("gateway_management_requests_total", endpoint=endpoint, outcome=outcome)
        for endpoint, outcome in asked
    ]
