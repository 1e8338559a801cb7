"""Several admins: the real app on a real Postgres and a real Valkey."""

import asyncio
from typing import Any

import pytest

from gateway.db import admins
from tests.gateway.auth.caller import CREDENTIALS, NAME, Caller

OTHER = {"username": "other", "password": "battery staple"}
PATH = "/api/admin/admins"


@pytest.fixture
async def made(admin: Caller) -> dict[str, Any]:
    answer = await admin.post(PATH, OTHER)
    assert answer.status == 201, answer.body
    account: dict[str, Any] = answer.json
    return account


@pytest.fixture
async def other(admin: Caller, made: dict[str, Any]) -> Caller:
    other = admin.stranger()
    await other.sign_in(body={"username": made["username"], "password": OTHER["password"]})
    return other


async def test_an_admin_makes_another_who_sees_both(made: dict[str, Any], other: Caller) -> None:
    listed = (await other.get(PATH)).json["admins"]

    assert {"id", "username", "created_at", "is_you"} == set(made)
    assert [(NAME, False), ("other", True)] == [(row["username"], row["is_you"]) for row in listed]


async def test_a_name_is_given_once_and_must_be_one(admin: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = await admin.post(PATH, CREDENTIALS)
    bad = [await admin.post(PATH, OTHER | change) for change in ({"username": "a b"}, {"password": "short"}, {"id": 1})]
    monkeypatch.setattr(admins, "MAX_ADMINS", 1)
    too_many = await admin.post(PATH, OTHER)

    assert (409, [400, 400, 400], 409) == (taken.status, [answer.status for answer in bad], too_many.status)
    assert 1 == len((await admin.get(PATH)).json["admins"])


async def test_a_removed_admin_is_signed_out_and_cannot_come_back(
    admin: Caller, made: dict[str, Any], other: Caller
) -> None:
    removed = await admin.ask("DELETE", f"{PATH}/{made['id']}")

    again = await admin.ask("DELETE", f"{PATH}/{made['id']}")
    answers = [
        await other.get(PATH),
        await other.post("/api/auth/refresh"),
        await admin.stranger().post("/api/auth/login", OTHER),
    ]
    assert (200, "other", 404) == (removed.status, removed.json["username"], again.status)
    assert [401, 401, 401] == [answer.status for answer in answers]


async def test_nobody_removes_oneself_or_the_last(admin: Caller) -> None:
    (root,) = (await admin.get(PATH)).json["admins"]

    answer = await admin.ask("DELETE", f"{PATH}/{root['id']}")

    assert (409, True) == (answer.status, answer.json["error"].endswith("."))
    assert 1 == len((await admin.get(PATH)).json["admins"])


async def test_of_two_who_remove_each_other_at_once_one_is_left(
    admin: Caller, made: dict[str, Any], other: Caller
) -> None:
    (root, _) = (await admin.get(PATH)).json["admins"]

    answers = await asyncio.gather(
        admin.ask("DELETE", f"{PATH}/{made['id']}"), other.ask("DELETE", f"{PATH}/{root['id']}")
    )

    statuses = sorted(answer.status for answer in answers)
    assert statuses in ([200, 401], [200, 409])  # the other one is gone already, or would be the last to go
    left = [caller for caller in (admin, other) if (await caller.get(PATH)).status == 200]
    assert 1 == len(left)


async def test_a_number_that_is_none_is_404(admin: Caller) -> None:
    answers = [await admin.ask("DELETE", f"{PATH}/{number}") for number in ("0", "x", "9" * 19, "-1")]

    assert [404] * 4 == [answer.status for answer in answers]
