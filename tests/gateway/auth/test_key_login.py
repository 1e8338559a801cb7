"""Sign-in of key holders, and what all sign-ins leave behind: entries, hashes of today, allowances."""

import time
from typing import Any

import pytest
from argon2 import PasswordHasher
from redis.asyncio import Redis

from gateway.auth.sign_in_limits import SIGN_IN, STANDING
from shared.stores.postgres import Pool, connection
from tests.gateway.auth.caller import CREDENTIALS, NAME, PASSWORD, Caller, cheap_hasher, gateway


@pytest.fixture
async def key(admin: Caller) -> dict[str, Any]:
    made: dict[str, Any] = (await admin.post("/api/keys", {"name": "living room"})).json
    return made


@pytest.fixture
async def holder(admin: Caller, key: dict[str, Any]) -> Caller:
    holder = admin.stranger()
    await holder.sign_in("/api/auth/key-login", {"key": key["key"]})
    return holder


async def test_a_key_holder_is_told_so(holder: Caller) -> None:
    by_token, by_cookie = holder.stranger(), holder.stranger()
    by_token.token, by_cookie.cookie = holder.token, holder.cookie

    standings = [(await caller.get("/api/auth/status")).json for caller in (by_token, by_cookie)]

    standing = {"setup_needed": False, "signed_in": True, "role": "key", "key_name": "living room"}
    assert [standing | {"expires_at": standings[0]["expires_at"]}] * 2 == standings


async def test_a_key_holder_stays_signed_in_by_refresh_and_leaves_by_sign_out(holder: Caller) -> None:
    refreshed = await holder.sign_in("/api/auth/refresh", {})
    mine = await holder.get("/api/key/me")
    left = await holder.post("/api/auth/logout")

    assert ([200] * 3, "") == ([refreshed.status, mine.status, left.status], left.cookie)
    after = [await holder.get("/api/key/me"), await holder.post("/api/auth/refresh")]
    assert [401, 401] == [answer.status for answer in after]


async def test_reuse_of_a_spent_token_ends_a_key_holders_sign_in_too(holder: Caller) -> None:
    spent = holder.cookie
    await holder.sign_in("/api/auth/refresh", {})

    await holder.post("/api/auth/refresh", Cookie=f"refresh_token={spent}")

    assert 401 == (await holder.get("/api/key/me")).status


async def test_what_is_no_whole_key_of_ours_is_refused_alike(admin: Caller, key: dict[str, Any], redis: Redis) -> None:
    await redis.flushdb()  # so that all of these may be tried
    whole, share = key["key"], key["share"]
    tried = ["", "0" * 64, whole.upper(), f" {whole}", whole[:8], share, share.replace(".", "-"), "t0-free-rpdb", "\0"]

    answers = [await admin.stranger().post("/api/auth/key-login", {"key": text}) for text in tried]

    assert {(401, b'{"error":"This API key is not valid."}', None)} == {
        (answer.status, answer.body, answer.cookie) for answer in answers
    }
    assert all("Bearer" in answer.headers["WWW-Authenticate"] for answer in answers)


async def test_what_is_no_sign_in_at_all_is_400(caller: Caller) -> None:
    bodies: list[object] = [{}, {"key": 7}, {"key": "x" * 1001}, {"key": "x", "username": "root"}, b"{"]

    assert [400] * len(bodies) == [(await caller.post("/api/auth/key-login", body)).status for body in bodies]


async def test_a_key_and_a_password_are_guessed_from_one_allowance(admin: Caller, redis: Redis) -> None:
    await redis.flushdb()
    began = time.monotonic()
    guesses = [("login", CREDENTIALS | {"password": "wrong horse"}), ("key-login", {"key": "0" * 64})] * 7

    answers = [await admin.stranger().post(f"/api/auth/{path}", body) for path, body in guesses]

    earned = 1 + int((time.monotonic() - began) * 1000) // SIGN_IN.interval_ms
    assert SIGN_IN.burst <= [answer.status for answer in answers].count(401) <= SIGN_IN.burst + earned
    assert {401, 429} == {answer.status for answer in answers}


@pytest.mark.parametrize("change", ["disabled", "deleted"])
async def test_a_key_that_is_taken_away_ends_its_sign_ins(
    admin: Caller, holder: Caller, key: dict[str, Any], change: str
) -> None:
    path = f"/api/keys/{key['id']}"
    if change == "disabled":
        await admin.ask("PATCH", path, {"disabled": True})
    else:
        await admin.ask("DELETE", path)

    answers = [
        await holder.get("/api/key/me"),
        await holder.post("/api/auth/refresh"),
        await admin.stranger().post("/api/auth/key-login", {"key": key["key"]}),
    ]

    assert [401] * 3 == [answer.status for answer in answers]
    assert False is (await holder.get("/api/auth/status")).json["signed_in"]


async def test_a_key_that_is_enabled_again_has_to_be_shown_again(
    admin: Caller, holder: Caller, key: dict[str, Any]
) -> None:
    for is_disabled in (True, False):
        await admin.ask("PATCH", f"/api/keys/{key['id']}", {"disabled": is_disabled})

    old = await holder.get("/api/key/me")
    await holder.sign_in("/api/auth/key-login", {"key": key["key"]})

    assert (401, 200) == (old.status, (await holder.get("/api/key/me")).status)


async def test_a_key_holder_has_no_password(holder: Caller) -> None:
    answer = await holder.post("/api/auth/password", {"old": PASSWORD, "new": "battery staple"})

    assert 403 == answer.status


async def test_sign_ins_and_passwords_are_written_down(admin: Caller, key: dict[str, Any], holder: Caller) -> None:
    await admin.stranger().post("/api/auth/login", CREDENTIALS | {"password": "wrong horse"})
    await admin.post("/api/auth/password", {"old": PASSWORD, "new": "battery staple"})
    await holder.post("/api/auth/refresh")

    entries = (await admin.get("/api/admin/audit")).json["entries"]

    assert [
        (f"admin:{NAME}", "password_changed", f"admin:{NAME}"),
        (f"key:{key['id']}", "signed_in", f"key:{key['id']}"),
        (f"admin:{NAME}", "key_created", f"key:{key['id']}"),
        (f"admin:{NAME}", "signed_in", f"admin:{NAME}"),
        (f"admin:{NAME}", "admin_created", f"admin:{NAME}"),
    ] == [(entry["actor"], entry["action"], entry["target"]) for entry in entries]


async def test_a_hash_of_other_days_is_made_anew_at_the_sign_in(admin: Caller, pool: Pool) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    async with connection(pool) as db:
        await db.execute("UPDATE admin_users SET password_hash = $1", old)

    refused = await admin.stranger().post("/api/auth/login", CREDENTIALS | {"password": "wrong horse"})
    async with connection(pool) as db:
        untouched = await db.fetchval("SELECT password_hash FROM admin_users")
    someone = admin.stranger()
    await someone.sign_in()

    async with connection(pool) as db:
        renewed = await db.fetchval("SELECT password_hash FROM admin_users")
    assert (401, old) == (refused.status, untouched)
    assert not cheap_hasher().check_needs_rehash(renewed)
    assert 200 == (await someone.get("/api/admin/admins")).status  # the sign-in goes on
    await admin.stranger().sign_in()


async def test_asking_how_it_stands_and_leaving_have_an_allowance(caller: Caller, redis: Redis) -> None:
    await redis.flushdb()
    began = time.monotonic()
    paths = [("GET", "/api/auth/status"), ("POST", "/api/auth/logout")] * (STANDING.burst // 2 + 10)

    statuses = [(await caller.ask(method, path)).status for method, path in paths]

    earned = 1 + int((time.monotonic() - began) * 1000) // STANDING.interval_ms
    assert STANDING.burst <= statuses.count(200) <= STANDING.burst + earned
    assert {200, 429} == set(statuses)


async def test_without_redis_one_can_still_leave(admin: Caller, postgres_url: str) -> None:
    async with gateway(postgres_url, "redis://127.0.0.1:9/0") as replica:
        replica.token = admin.token
        answers = [await replica.get("/api/auth/status"), await replica.post("/api/auth/logout")]

    assert [200, 200] == [answer.status for answer in answers]
    assert 401 == (await admin.get("/api/admin/admins")).status
