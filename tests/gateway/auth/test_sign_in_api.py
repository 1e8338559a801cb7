"""Sign-in end to end: the real app on a real Postgres and a real Valkey."""

import asyncio
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from gateway.auth.session_tokens import RefreshToken
from gateway.db.sessions import LIFETIME
from shared.stores.postgres import Pool, connection
from tests.gateway.auth.caller import CREDENTIALS, NAME, PASSWORD, Caller, gateway


async def test_a_new_installation_asks_for_its_first_admin(caller: Caller) -> None:
    before = await caller.get("/api/auth/status")
    await caller.sign_in("/api/auth/setup")
    after = await caller.get("/api/auth/status")
    stranger = await caller.stranger().get("/api/auth/status")

    assert {"setup_needed": True, "signed_in": False} == before.json
    now = dict(after.json)
    ends = datetime.fromisoformat(now.pop("expires_at")) - datetime.now(UTC)
    assert {"setup_needed": False, "signed_in": True, "role": "admin", "username": NAME} == now
    assert LIFETIME - timedelta(minutes=1) < ends <= LIFETIME
    assert {"setup_needed": False, "signed_in": False} == stranger.json


async def test_a_refresh_token_alone_counts_as_signed_in_and_is_not_spent_by_asking(admin: Caller) -> None:
    admin.token = None

    answers = [(await admin.get("/api/auth/status")).json["signed_in"] for _ in range(2)]

    assert ([True, True], 200) == (answers, (await admin.post("/api/auth/refresh")).status)


async def test_there_is_one_first_admin(admin: Caller) -> None:
    answer = await admin.stranger().post("/api/auth/setup", {"username": "other", "password": PASSWORD})

    assert (409, None) == (answer.status, answer.cookie)


async def test_of_two_replicas_that_are_set_up_at_once_one_makes_the_admin(
    caller: Caller, pool: Pool, postgres_url: str, valkey_url: str
) -> None:
    async with gateway(postgres_url, valkey_url) as other:
        asked = [
            replica.post("/api/auth/setup", {"username": name, "password": PASSWORD})
            for replica, name in ((caller, "one"), (other, "two"))
        ]
        answers = await asyncio.gather(*asked)

    async with connection(pool) as db:
        count = await db.fetchval("SELECT count(*) FROM admin_users")
    assert ([200, 409], 1) == (sorted(answer.status for answer in answers), count)


async def test_where_the_config_names_the_admin_nobody_else_becomes_the_first(
    caller: Caller, postgres_url: str, valkey_url: str
) -> None:
    named = {"ADMIN_USERNAME": "operator", "ADMIN_PASSWORD": "a long password"}
    async with gateway(postgres_url, valkey_url, **named) as replica:
        answer = await replica.post("/api/auth/setup", CREDENTIALS)
        status = await replica.get("/api/auth/status")

    assert (403, False) == (answer.status, status.json["setup_needed"])
    assert caller.port != replica.port


async def test_the_cookie_is_for_the_browser_alone(admin: Caller) -> None:
    answer = await admin.stranger().sign_in()

    morsel = SimpleCookie(answer.headers["Set-Cookie"])["refresh_token"]
    assert (True, True, "Strict", "/api/auth", "604800") == (
        morsel["httponly"],
        morsel["secure"],
        morsel["samesite"],
        morsel["path"],
        morsel["max-age"],
    )
    assert RefreshToken.read(morsel.value) is not None


async def test_the_cookie_may_travel_over_plain_http_where_that_is_said(
    admin: Caller, postgres_url: str, valkey_url: str
) -> None:
    async with gateway(postgres_url, valkey_url, COOKIE_SECURE="false") as replica:
        answer = await replica.sign_in()

    assert "secure" not in answer.headers["Set-Cookie"].lower()
    assert admin.cookie is not None


@pytest.mark.parametrize(
    "credentials",
    [
        {"username": NAME, "password": "wrong horse"},
        {"username": NAME, "password": ""},
        {"username": "nobody", "password": PASSWORD},
        {"username": NAME.upper(), "password": PASSWORD},
        {"username": f"{NAME}\0", "password": PASSWORD},
        {"username": "", "password": ""},
        {"username": "' OR 1=1 --", "password": "' OR 1=1 --"},
    ],
)
async def test_wrong_credentials_are_refused_alike(admin: Caller, credentials: dict[str, str]) -> None:
    with capture_logs() as events:
        answer = await admin.stranger().post("/api/auth/login", credentials)

    assert (401, "The name or the password is wrong.") == (answer.status, answer.json["error"])
    assert ("Bearer" in answer.headers["WWW-Authenticate"], None) == (True, answer.cookie)
    assert [{"event": "admin_sign_in_refused", "log_level": "warning"}] == events


async def test_a_refresh_gives_new_tokens_of_the_same_sign_in(admin: Caller) -> None:
    old = admin.cookie

    answer = await admin.sign_in("/api/auth/refresh", {})

    assert (200, True) == (answer.status, admin.cookie not in {None, old})
    assert 200 == (await admin.post("/api/auth/refresh")).status


async def test_reuse_of_a_spent_refresh_token_ends_the_sign_in(admin: Caller) -> None:
    spent = admin.cookie
    other = admin.stranger()
    await other.sign_in()
    await admin.sign_in("/api/auth/refresh", {})

    with capture_logs() as events:
        reused = await admin.post("/api/auth/refresh", Cookie=f"refresh_token={spent}")
    successor = await admin.post("/api/auth/refresh")

    assert [401, 401] == [reused.status, successor.status]
    assert 401 == (await admin.get("/api/admin/titles/movie-278")).status
    assert ["refresh_token_reused"] == [event["event"] for event in events]
    assert 200 == (await other.post("/api/auth/refresh")).status


async def test_of_two_replicas_that_get_one_token_at_once_one_wins_and_the_sign_in_ends(
    admin: Caller, postgres_url: str, valkey_url: str
) -> None:
    async with gateway(postgres_url, valkey_url) as other:
        other.cookie = admin.cookie
        answers = await asyncio.gather(*(replica.post("/api/auth/refresh") for replica in (admin, other)))
        admin.cookie = next(answer.cookie for answer in answers if answer.status == 200)
        after = await admin.post("/api/auth/refresh")

    assert [200, 401] == sorted(answer.status for answer in answers)
    assert 401 == after.status


@pytest.mark.parametrize("cookie", [None, "", "x", "é" * 43, "A" * 43, "A" * 8000])
async def test_what_is_no_refresh_token_gets_none(admin: Caller, cookie: str | None) -> None:
    admin.cookie = cookie

    answer = await admin.post("/api/auth/refresh")

    assert (401, None) == (answer.status, answer.cookie)


async def test_an_expired_refresh_token_is_refused_and_is_no_reuse(admin: Caller, pool: Pool) -> None:
    async with connection(pool) as db:
        await db.execute("UPDATE refresh_tokens SET expires_at = now()")

    answer = await admin.post("/api/auth/refresh")

    assert (401, 200) == (answer.status, (await admin.get("/api/auth/status")).status)
    assert 404 == (await admin.get("/api/admin/titles/movie-278")).status


@pytest.mark.parametrize("shown", ["cookie", "token", "both"])
async def test_a_sign_out_counts_at_once(admin: Caller, shown: str) -> None:
    leaving = admin.stranger()
    leaving.token = None if shown == "cookie" else admin.token
    leaving.cookie = None if shown == "token" else admin.cookie

    answer = await leaving.post("/api/auth/logout")

    assert (200, "") == (answer.status, answer.cookie)
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert [401, 401] == [
        (await admin.get("/api/admin/titles/movie-278")).status,
        (await admin.post("/api/auth/refresh")).status,
    ]


async def test_a_sign_out_without_a_sign_in_does_nothing(admin: Caller) -> None:
    answer = await admin.stranger().post("/api/auth/logout", {})

    assert (200, 200) == (answer.status, (await admin.post("/api/auth/refresh")).status)


async def test_a_new_password_ends_the_other_sign_ins(admin: Caller) -> None:
    other = admin.stranger()
    await other.sign_in()

    answer = await admin.post("/api/auth/password", {"old": PASSWORD, "new": "battery staple"})

    assert (200, NAME) == (answer.status, answer.json["username"])
    assert [401, 401, 200] == [
        (await other.get("/api/admin/titles/movie-278")).status,
        (await other.post("/api/auth/refresh")).status,
        (await admin.post("/api/auth/refresh")).status,
    ]
    attempts = [await admin.stranger().post("/api/auth/login", CREDENTIALS | {"password": word}) for word in
                (PASSWORD, "battery staple")]  # fmt: skip
    assert [401, 200] == [attempt.status for attempt in attempts]


async def test_the_old_password_must_be_right_and_the_new_one_long_enough(admin: Caller) -> None:
    wrong = await admin.post("/api/auth/password", {"old": "wrong horse", "new": "battery staple"})
    short = await admin.post("/api/auth/password", {"old": PASSWORD, "new": "1234567"})

    assert (403, 400) == (wrong.status, short.status)
    assert {"error": "Use 8 to 1,000 characters.", "field": "new"} == short.json


async def test_without_redis_nobody_signs_in(admin: Caller, postgres_url: str) -> None:
    async with gateway(postgres_url, "redis://127.0.0.1:9/0") as replica:
        answers = [await replica.post(f"/api/auth/{name}", CREDENTIALS) for name in ("login", "setup")]
        answers.append(await replica.post("/api/auth/refresh", Cookie=f"refresh_token={admin.cookie}"))

    assert [503, 503, 503] == [answer.status for answer in answers]
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)


async def test_without_postgres_nobody_signs_in(redis: Redis, valkey_url: str) -> None:
    await redis.ping()
    async with gateway("postgresql://postgres@127.0.0.1:9/marquee", valkey_url) as replica:
        answer = await replica.post("/api/auth/login", CREDENTIALS)

    assert (503, True) == (answer.status, "Retry-After" in answer.headers)


async def test_nothing_that_is_said_holds_a_secret(admin: Caller, caplog: pytest.LogCaptureFixture) -> None:
    with capture_logs() as events:
        bodies = [
            await admin.stranger().post("/api/auth/login", CREDENTIALS | {"password": "hunter22"}),
            await admin.stranger().post("/api/auth/login", b'{"password": "hunter22"'),
            await admin.stranger().post("/api/auth/login", {"username": 1, "password": "hunter22"}),
            await admin.post("/api/auth/password", {"old": "hunter22", "new": PASSWORD}),
        ]
        await admin.sign_in()

    said = repr(events) + caplog.text + "".join(repr(answer) for answer in bodies)
    assert admin.token is not None
    assert admin.cookie is not None
    assert [] == [secret for secret in ("hunter22", PASSWORD, "argon2", admin.token, admin.cookie) if secret in said]
