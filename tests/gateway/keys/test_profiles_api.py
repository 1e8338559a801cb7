"""Profiles of a key: looks under names of their own."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from gateway.db.audit import ChangeLog, audit_entries
from gateway.keys.profiles_api import MAX_PROFILES
from shared.stores.postgres import Pool, connection
from tests.gateway.auth.caller import Caller
from tests.gateway.keys.holder import Holder, new_holder, new_key
from tests.stack.caller import Answer

MINE = "/api/key/me/profiles"
DARK = {"kind": "poster", "settings": {"badge_background": "k", "ratings_limit": 2}}


@pytest.fixture
async def holder(pool: Pool, admin: Caller) -> Holder:
    return await new_holder(pool, admin)


async def save(holder: Holder, name: str, /, **body: Any) -> Answer:
    return await holder.caller.ask("PUT", f"{MINE}/{name}", body)


async def names_of(holder: Holder) -> list[str]:
    return [profile["name"] for profile in (await holder.caller.get(MINE)).json["profiles"]]


async def test_a_profile_is_made_and_shown_with_what_it_comes_to(holder: Holder) -> None:
    await holder.caller.ask("PUT", "/api/key/me/settings", {"poster": {"ratings_limit": 9, "position": "tl"}})

    made = await save(holder, "dark", **DARK)

    assert 201 == made.status
    assert {"name": "dark", **DARK} == {name: made.json[name] for name in ("name", "kind", "settings")}
    assert ("k", 2, "tl") == tuple(
        made.json["effective"][name] for name in ("badge_background", "ratings_limit", "position")
    )
    assert made.json == (await holder.caller.get(f"{MINE}/dark")).json
    assert [made.json] == (await holder.caller.get(MINE)).json["profiles"]


async def test_a_profile_of_a_kind_without_a_parameter_does_not_show_it(holder: Holder) -> None:
    made = await save(holder, "plain", kind="logo")

    assert {} == made.json["settings"]
    assert "position" not in made.json["effective"]
    assert 5 == made.json["effective"]["ratings_limit"]


async def test_only_what_is_named_of_a_profile_is_changed(holder: Holder) -> None:
    await save(holder, "dark", **DARK)

    answer = await save(holder, "dark", settings={"ratings_limit": None, "split": True})

    assert (200, "poster") == (answer.status, answer.json["kind"])
    assert {"badge_background": "k", "split": True} == answer.json["settings"]


async def test_a_profile_gets_another_kind_where_its_settings_fit(holder: Holder) -> None:
    await save(holder, "dark", **DARK)

    fits = await save(holder, "dark", kind="logo")
    await save(holder, "dark", kind="poster", settings={"split": True})
    does_not = await save(holder, "dark", kind="logo")
    taken_back = await save(holder, "dark", kind="logo", settings={"split": None})

    assert (200, "logo") == (fits.status, fits.json["kind"])
    assert (400, "logo has no split.") == (does_not.status, does_not.json["error"])
    assert (200, DARK["settings"]) == (taken_back.status, taken_back.json["settings"])


async def test_a_profile_is_renamed(holder: Holder) -> None:
    await save(holder, "dark", **DARK)

    answer = await save(holder, "dark", name="night", settings={"split": True})

    assert (200, "night") == (answer.status, answer.json["name"])
    assert {**DARK["settings"], "split": True} == answer.json["settings"]  # type: ignore[dict-item]  # a dict it is
    assert ["night"] == await names_of(holder)
    assert 404 == (await holder.caller.get(f"{MINE}/dark")).status


async def test_a_profile_does_not_take_the_name_of_another(holder: Holder) -> None:
    await save(holder, "dark", **DARK)
    await save(holder, "night", kind="logo")

    answers = [(await save(holder, "dark", name=name)).status for name in ("night", "dark", "Night", "poster-default")]
    unknown = await save(holder, "unknown", name="new", kind="poster")

    assert [409, 200, 400, 400] == answers
    assert 404 == unknown.status
    assert ["dark", "night"] == await names_of(holder)


async def test_a_profile_is_deleted_once(holder: Holder) -> None:
    await save(holder, "dark", **DARK)
    await save(holder, "night", kind="logo")

    first = await holder.caller.ask("DELETE", f"{MINE}/dark")
    second = await holder.caller.ask("DELETE", f"{MINE}/dark")

    assert (200, ["night"]) == (first.status, [profile["name"] for profile in first.json["profiles"]])
    assert (404, ["night"]) == (second.status, await names_of(holder))


async def test_a_bad_name_gets_a_sentence(holder: Holder) -> None:
    bad = ["Dark", "-dark", "a" * 65, "a.b", "%C3%A4", "poster-default", "my-default", "textless-rt", "%00", "%20"]

    answers = [
        await holder.caller.ask(method, f"{MINE}/{name}", DARK) for name in bad for method in ("GET", "PUT", "DELETE")
    ]

    assert [400] * 3 * len(bad) == [answer.status for answer in answers]
    assert all("A profile name" in answer.json["error"] for answer in answers)


BAD_PROFILES: list[tuple[object, str]] = [
    ({}, "A new profile needs its kind: one of poster, logo, backdrop, episode."),
    ({"settings": {"split": True}}, "A new profile needs its kind"),
    ({"kind": "banner"}, "kind: Use one of: poster, logo, backdrop, episode."),
    ({"kind": "logo", "settings": {"position": "tl"}}, "logo has no position."),
    ({"kind": "logo", "settings": {"ratings_limit": 11}}, "logo.ratings_limit must be a whole number"),
    ({"kind": "poster", "settings": {"imageSize": "small"}}, "poster.imageSize must be one of medium, large"),
    ({"kind": "poster", "settings": {"colour": 1}}, "colour"),
    ({"kind": "poster", "settings": 1}, "settings: Use a JSON object."),
    ({"kind": "poster", "more": 1}, "more"),
    ({"kind": ["poster"], "settings": {}}, "kind: Use one of:"),
]


async def test_a_bad_profile_gets_a_sentence(holder: Holder) -> None:
    answers = [await holder.caller.ask("PUT", f"{MINE}/dark", body) for body, _ in BAD_PROFILES]

    assert [400] * len(BAD_PROFILES) == [answer.status for answer in answers]
    said = zip(BAD_PROFILES, answers, strict=True)
    assert [] == [(words, answer.complaint) for (_, words), answer in said if words not in answer.complaint]
    assert [] == await names_of(holder)


async def test_a_key_has_so_many_profiles_and_no_more(pool: Pool, holder: Holder) -> None:
    async with connection(pool) as db:
        await db.execute(
            "INSERT INTO profiles (key_id, name, kind, settings)"
            " SELECT $1, 'p' || n, 'poster', '{}' FROM generate_series(1, $2::int) AS n",
            holder.id,
            MAX_PROFILES - 1,
        )

    answers = await asyncio.gather(*(save(holder, name, **DARK) for name in ("one", "two", "three")))
    changed = await save(holder, "p1", settings={"split": True})

    assert Counter({201: 1, 409: 2}) == Counter(answer.status for answer in answers)
    assert 200 == changed.status
    assert MAX_PROFILES == len(await names_of(holder))


async def test_two_changes_of_a_profile_at_once_lose_nothing(holder: Holder) -> None:
    settings = {"position": "tl", "badge_size": "xl", "badge_shape": "p", "label_style": "t", "blur": True}
    await save(holder, "dark", kind="poster")

    await asyncio.gather(*(save(holder, "dark", settings={name: value}) for name, value in settings.items()))

    assert settings == (await holder.caller.get(f"{MINE}/dark")).json["settings"]


async def test_of_two_that_take_one_name_at_once_one_does(holder: Holder) -> None:
    await save(holder, "one", kind="poster")
    await save(holder, "two", kind="logo")

    answers = await asyncio.gather(save(holder, "one", name="new"), save(holder, "two", name="new"))

    assert [200, 409] == sorted(answer.status for answer in answers)
    assert 2 == len(await names_of(holder))


async def test_an_admin_reaches_the_profiles_of_any_key(admin: Caller, holder: Holder) -> None:
    path = f"/api/keys/{holder.id}/profiles"

    made = await admin.ask("PUT", f"{path}/dark", DARK)

    assert (201, ["dark"]) == (made.status, await names_of(holder))
    assert made.json == (await admin.get(f"{path}/dark")).json == (await admin.get(path)).json["profiles"][0]
    assert 200 == (await admin.ask("DELETE", f"{path}/dark")).status


async def test_nobody_reaches_profiles_that_are_not_theirs(pool: Pool, admin: Caller, holder: Holder) -> None:
    other = await new_holder(pool, admin)
    await save(other, "dark", **DARK)
    path = f"/api/keys/{other.id}/profiles"

    got = {
        (method, name): (await who.ask(method, f"{path}/dark", {})).status
        for method in ("GET", "PUT", "DELETE")
        for name, who in {"stranger": admin.stranger(), "holder": holder.caller}.items()
    }

    expected = {"stranger": 401, "holder": 403}
    assert {(method, name): expected[name] for method, name in got} == got
    assert 404 == (await holder.caller.get(f"{MINE}/dark")).status
    assert (["dark"], []) == (await names_of(other), await names_of(holder))


async def test_neither_the_free_key_nor_an_unknown_one_has_profiles(admin: Caller, pool: Pool) -> None:
    async with connection(pool) as db:
        free = await db.fetchval("SELECT id FROM api_keys WHERE key_prefix = 't0-free-'")
    asked = [("GET", ""), ("GET", "/a"), ("PUT", "/a"), ("DELETE", "/a")]

    got = [
        (await admin.ask(method, f"/api/keys/{number}/profiles{end}", DARK)).status
        for number in (free, 999_999)
        for method, end in asked
    ]

    assert [409] * 4 + [404] * 4 == got


async def test_what_happens_to_a_profile_is_told_and_written_down(pool: Pool, holder: Holder) -> None:
    last = (await ChangeLog(pool).after(-1)).last

    await save(holder, "dark", **DARK)
    await save(holder, "dark", name="night")
    await holder.caller.ask("DELETE", f"{MINE}/night")

    assert {holder.id} == (await ChangeLog(pool).after(last)).key_ids
    entries = [(entry.action, entry.details) for entry in await audit_entries(pool, before=None, most=3)]
    assert [
        ("profile_deleted", {"profile": "night"}),
        ("profile_saved", {"profile": "dark", "kind": "poster", "name": "night"}),
        (
            "profile_saved",
            {"profile": "dark", "kind": "poster", "settings.badge_background": "k", "settings.ratings_limit": 2},
        ),
    ] == entries


async def test_profiles_go_with_their_key(pool: Pool, admin: Caller) -> None:
    key_id, _ = await new_key(pool)
    await admin.ask("PUT", f"/api/keys/{key_id}/profiles/dark", DARK)
    await admin.ask("PUT", f"/api/keys/{key_id}/settings", {"poster": {"split": True}})

    async with connection(pool) as db:
        await db.execute("DELETE FROM api_keys WHERE id = $1", key_id)
        left = await db.fetchval("SELECT (SELECT count(*) FROM profiles) + (SELECT count(*) FROM key_settings)")

    assert 0 == left
