"""Keys as admins and their holders manage them: the real app on a real Postgres and a real Valkey."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.app_keys import USAGE
from gateway.db import api_keys
from gateway.db.usage import UsageCounts
from gateway.keys import keys_api
from gateway.keys.keys_api import PAGE
from shared.stores.postgres import Pool, connection
from tests.gateway.auth.caller import Caller


@pytest.fixture
def today(admin: Caller, monkeypatch: pytest.MonkeyPatch) -> date:
    """Return a day that stays today until the test ends, also at midnight."""
    day = datetime.now(UTC).date()
    monkeypatch.setattr(keys_api, "today", lambda: day)
    monkeypatch.setattr(admin.app[USAGE], "_today", lambda: day)
    return day


@pytest.fixture
async def key(admin: Caller) -> dict[str, Any]:
    answer = await admin.post("/api/keys", {"name": "living room"})
    assert answer.status == 201, answer.body
    made: dict[str, Any] = answer.json
    return made


@pytest.fixture
async def holder(admin: Caller, key: dict[str, Any]) -> Caller:
    holder = admin.stranger()
    await holder.sign_in("/api/auth/key-login", {"key": key["key"]})
    return holder


async def statuses(caller: Caller, *keys: str) -> list[int]:
    return [(await caller.get(f"/{key}/isValid")).status for key in keys]


async def test_a_new_key_is_shown_once_and_opens_pictures_in_both_forms(admin: Caller) -> None:
    wish = {"name": "Küche 🎬", "monthly_limit": 500, "direct": True, "tier": 3}
    answer = await admin.post("/api/keys", wish)

    made = answer.json
    key, share = made.pop("key"), made.pop("share")
    listed = (await admin.get("/api/keys?q=küche")).json["keys"]
    assert (201, wish) == (answer.status, {name: made[name] for name in wish})
    assert (64, "h.", 34, key[:8]) == (len(key), share[:2], len(share), made["key_prefix"])
    assert [200, 200, 200] == await statuses(admin, key, share, share.replace(".", "-"))
    assert [made["id"]] == [row["id"] for row in listed]
    told = {"has_share": True, "is_free": False, "disabled": False, "requests_this_month": 0, "last_used_at": None}
    assert told == {name: listed[0][name] for name in told}
    assert not {"key", "share"} & set(listed[0])


async def test_defaults_are_no_limit_no_tier_and_redirects(key: dict[str, Any]) -> None:
    assert (0, 0, False) == (key["monthly_limit"], key["tier"], key["direct"])


async def test_a_wish_that_cannot_be_met_is_400(admin: Caller) -> None:
    wishes: list[object] = [{}, {"name": 7}, b'{"name": "\\ud800"}', b"["]
    wishes += [{"name": name} for name in ("", "x" * 101, "a\nb", "a\0b", "ends\n", "\x85", "\u2028")]
    wrong: dict[str, list[object]] = {
        "monthly_limit": [-1, 2**31, 1.5, "1", None],
        "tier": [-1, 10],
        "direct": ["yes", 1],
        "key": ["0" * 64],
    }
    wishes += [{"name": "x", field: value} for field, values in wrong.items() for value in values]

    answers = [await admin.post("/api/keys", wish) for wish in wishes]

    assert [400] * len(wishes) == [answer.status for answer in answers]
    assert all(answer.json["error"].endswith(".") for answer in answers)
    assert 1 == (await admin.get("/api/keys")).json["total"]


async def test_keys_come_in_pages_in_order_and_the_free_one_is_marked(admin: Caller, pool: Pool) -> None:
    async with connection(pool) as db:
        await db.execute(
            "INSERT INTO api_keys (name, key_hash, key_prefix)"
            " SELECT 'key ' || n, sha256(n::text::bytea), lpad(to_hex(n), 8, '0') FROM generate_series(1, $1::int) n",
            PAGE + 5,
        )

    first, second, beyond = [(await admin.get(f"/api/keys?page={number}")).json for number in (1, 2, 3)]

    rows = first["keys"] + second["keys"]
    assert (PAGE, 6, 0) == tuple(len(page["keys"]) for page in (first, second, beyond))
    assert [PAGE + 6] * 3 == [page["total"] for page in (first, second, beyond)]
    assert sorted(row["id"] for row in rows) == [row["id"] for row in rows]
    assert [("free", True)] == [(row["name"], row["is_free"]) for row in rows if row["is_free"]]


@pytest.mark.usefixtures("key")
async def test_keys_are_searched_by_what_stands_there(admin: Caller) -> None:
    await admin.post("/api/keys", {"name": "100%_sure"})
    expected = {
        "living": ["living room"],
        "ROOM": ["living room"],
        "%25": ["100%_sure"],
        "_": ["100%_sure"],
        "nothing": [],
        "t0-FREE": ["free"],
        "'": [],
    }

    pages = {search: (await admin.get(f"/api/keys?q={search}")).json for search in expected}

    assert expected == {search: [row["name"] for row in page["keys"]] for search, page in pages.items()}
    assert [len(names) for names in expected.values()] == [page["total"] for page in pages.values()]


async def test_a_key_is_found_by_its_prefix(admin: Caller, key: dict[str, Any]) -> None:
    page = (await admin.get(f"/api/keys?q={key['key_prefix']}")).json

    assert [key["id"]] == [row["id"] for row in page["keys"]]


async def test_a_page_that_cannot_be_is_400(admin: Caller) -> None:
    queries = ["page=0", "page=x", "page=1000001", "q=%00", f"q={'x' * 101}"]

    assert [400] * len(queries) == [(await admin.get(f"/api/keys?{query}")).status for query in queries]


async def test_a_change_changes_what_it_names_and_nothing_else(admin: Caller, key: dict[str, Any]) -> None:
    patches: list[dict[str, object]] = [
        {"name": "bedroom"},
        {"monthly_limit": 2**31 - 1},
        {"direct": True},
        {"tier": 9},
        {"disabled": True},
        {"disabled": False, "direct": False},
        {},
    ]
    path, expected, said = f"/api/keys/{key['id']}", [], []
    state = (await admin.get(path)).json

    for patch in patches:
        state = state | patch
        expected += [(200, state), (200, state)]
        answers = (await admin.ask("PATCH", path, patch), await admin.get(path))
        said += [(answer.status, answer.json) for answer in answers]

    assert expected == said


async def test_changing_nothing_is_not_written_down(admin: Caller, key: dict[str, Any], pool: Pool) -> None:
    await admin.ask("PATCH", f"/api/keys/{key['id']}", {})

    async with connection(pool) as db:
        assert 0 == await db.fetchval("SELECT count(*) FROM audit_log WHERE action = 'key_changed'")


async def test_a_change_that_cannot_be_made_is_400(admin: Caller, key: dict[str, Any]) -> None:
    path = f"/api/keys/{key['id']}"
    before = (await admin.get(path)).json
    patches = [{"name": None}, {"disabled": None}, {"tier": -1}, {"id": 3}, {"name": " \n"}, {"name": "x", "tier": 10}]

    answers = [await admin.ask("PATCH", path, patch) for patch in patches]

    assert [400] * len(patches) == [answer.status for answer in answers]
    assert before == (await admin.get(path)).json


async def test_a_deleted_key_is_shown_as_it_was_and_is_gone(admin: Caller, key: dict[str, Any]) -> None:
    path = f"/api/keys/{key['id']}"
    before = (await admin.get(path)).json

    answer = await admin.ask("DELETE", path)

    assert (200, before) == (answer.status, answer.json)
    assert [401, 401] == await statuses(admin, key["key"], key["share"])
    assert [404, 404] == [(await admin.get(path)).status, (await admin.ask("DELETE", path)).status]


async def test_a_key_that_is_not_there_is_404(admin: Caller) -> None:
    rows = [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/usage"), ("POST", "/share")]
    numbers = ["0", "999999999", "x", "-1", "9" * 19, "１", "1.0"]

    answers = [
        await admin.ask(method, f"/api/keys/{number}{path}", {"name": "x"} if method == "PATCH" else None)
        for method, path in rows
        for number in numbers
    ]

    assert {404} == {answer.status for answer in answers}
    assert all(answer.json["error"].endswith(".") for answer in answers)


async def test_the_free_key_has_a_limit_and_stays(admin: Caller) -> None:
    (free,) = (await admin.get("/api/keys?q=t0-free-")).json["keys"]
    path = f"/api/keys/{free['id']}"

    limited = await admin.ask("PATCH", path, {"monthly_limit": 1000})
    refused = [
        await admin.ask("PATCH", path, {"disabled": True}),
        await admin.ask("PATCH", path, {"disabled": False}),
        await admin.ask("DELETE", path),
        await admin.post(f"{path}/share"),
    ]

    assert (200, free | {"monthly_limit": 1000}) == (limited.status, limited.json)
    assert [409] * 4 == [answer.status for answer in refused]
    assert free | {"monthly_limit": 1000} == (await admin.get(path)).json


async def test_a_replaced_share_form_opens_nothing_any_more(admin: Caller, holder: Caller, key: dict[str, Any]) -> None:
    by_admin = await admin.post(f"/api/keys/{key['id']}/share")
    by_holder = await holder.post("/api/key/me/share")

    shares = [key["share"], by_admin.json["share"], by_holder.json["share"]]
    assert (200, 200, 3) == (by_admin.status, by_holder.status, len(set(shares)))
    assert [401, 401, 200, 200] == await statuses(admin, *shares, key["key"])


async def test_a_holder_sees_the_own_key_and_nothing_else(admin: Caller, holder: Caller, key: dict[str, Any]) -> None:
    mine = await holder.get("/api/key/me")

    assert (200, (await admin.get(f"/api/keys/{key['id']}")).json) == (mine.status, mine.json)
    others = [
        await holder.get("/api/keys"),
        await holder.get(f"/api/keys/{key['id']}"),
        await holder.post("/api/keys", {"name": "more"}),
        await holder.ask("PATCH", f"/api/keys/{key['id']}", {"monthly_limit": 0}),
        await holder.ask("DELETE", f"/api/keys/{key['id']}"),
        await holder.post(f"/api/keys/{key['id']}/share"),
        await holder.get(f"/api/keys/{key['id']}/usage"),
        await holder.get("/api/admin/admins"),
        await holder.get("/api/admin/audit"),
    ]
    assert [403] * len(others) == [answer.status for answer in others]


async def test_what_is_the_holders_own_is_not_for_admins_or_strangers(admin: Caller) -> None:
    rows = [("GET", "/api/key/me"), ("POST", "/api/key/me/share"), ("GET", "/api/key/me/usage")]

    statuses = [(await caller.ask(*row)).status for row in rows for caller in (admin, admin.stranger())]

    assert [403, 401] * len(rows) == statuses


async def test_usage_is_told_by_day_and_by_month(
    admin: Caller, holder: Caller, key: dict[str, Any], pool: Pool, today: date
) -> None:
    first = today.replace(day=1)
    earlier = first - timedelta(days=3)
    for day, number in ((earlier - timedelta(days=1), 5), (earlier, 7), (first, 11)):
        await UsageCounts(pool).add({key["id"]: number}, day)
    for _ in range(3):
        admin.app[USAGE].count(key["id"])  # not stored yet

    usage = f"/api/keys/{key['id']}/usage"
    present, past = (await admin.get(usage)).json, (await admin.get(f"{usage}?month={earlier:%Y-%m}")).json

    months = [{"month": f"{first:%Y-%m}", "requests": 14}, {"month": f"{earlier:%Y-%m}", "requests": 12}]
    days = {f"{first}": 11}
    days[f"{today}"] = days.get(f"{today}", 0) + 3
    assert (f"{first:%Y-%m}", 14, 0, months) == tuple(
        present[name] for name in ("month", "requests", "limit", "months")
    )
    assert days == {row["day"]: row["requests"] for row in present["days"]}
    assert (f"{earlier:%Y-%m}", 12, months) == tuple(past[name] for name in ("month", "requests", "months"))
    assert [(f"{earlier - timedelta(days=1)}", 5), (f"{earlier}", 7)] == [tuple(row.values()) for row in past["days"]]
    assert present == (await holder.get("/api/key/me/usage")).json
    assert 14 == (await holder.get("/api/key/me")).json["requests_this_month"]


async def test_twelve_months_are_told_at_most(admin: Caller, key: dict[str, Any], pool: Pool, today: date) -> None:
    for number in range(1, 13):
        await UsageCounts(pool).add({key["id"]: number}, date(today.year - 1, number, 15))
    admin.app[USAGE].count(key["id"])

    told = (await admin.get(f"/api/keys/{key['id']}/usage")).json["months"]

    assert [1, *range(12, 1, -1)] == [row["requests"] for row in told]
    assert (12, f"{today:%Y-%m}") == (len(told), told[0]["month"])


async def test_a_month_that_is_none_is_400(admin: Caller, key: dict[str, Any]) -> None:
    months = ["2026", "2026-13", "2026-1", "26-01", "2026-01-01", "9999-12", "2026-01%0A", "２０２６-01"]

    answers = [await admin.get(f"/api/keys/{key['id']}/usage?month={month}") for month in months]

    assert [400] * len(months) == [answer.status for answer in answers]


async def test_no_more_keys_are_made_than_may_be(admin: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_keys, "MOST_KEYS", 2)  # the free key is one

    answers = [await admin.post("/api/keys", {"name": name}) for name in ("one", "two")]

    assert [201, 409] == [answer.status for answer in answers]
    assert 2 == (await admin.get("/api/keys")).json["total"]


async def test_no_secret_is_written_down(admin: Caller, pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    with capture_logs() as events:
        made = (await admin.post("/api/keys", {"name": "living room"})).json
        path = f"/api/keys/{made['id']}"
        holder = admin.stranger()
        await holder.sign_in("/api/auth/key-login", {"key": made["key"]})
        share = (await holder.post("/api/key/me/share")).json["share"]
        said = [
            await admin.ask("PATCH", path, {"disabled": False}),
            await admin.stranger().post("/api/auth/key-login", {"key": share}),
            await admin.stranger().post("/api/auth/key-login", {"key": made["key"], "more": 1}),
            await admin.stranger().post("/api/auth/key-login", f'{{"key": "{made["key"]}'.encode()),
            await admin.get("/api/keys"),
            await admin.get("/api/admin/audit"),
            await admin.ask("DELETE", path),
            await admin.stranger().post("/api/auth/key-login", {"key": made["key"]}),
        ]

    async with connection(pool) as db:
        kept = await db.fetchval("SELECT coalesce(string_agg(a::text, ' '), '') FROM audit_log a")
    actions = ("key_created", "share_replaced", "key_changed", "key_deleted", "signed_in")
    assert [] == [action for action in actions if action not in kept]
    everything = kept + repr(events) + caplog.text + "".join(answer.body.decode() for answer in said)
    secrets = (made["key"], made["share"][2:], share[2:], holder.token or "-", holder.cookie or "-")
    assert [] == [secret for secret in secrets if secret in everything]
