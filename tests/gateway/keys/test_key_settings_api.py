"""What a key chose for its pictures, as its holder and an admin see and change it."""

import asyncio
from typing import Any

import pytest

from gateway.db.audit import ChangeLog, audit_entries
from gateway.db.global_settings import GlobalRow, write_globals
from shared.stores.postgres import Pool, connection
from tests.gateway.auth.caller import Caller
from tests.gateway.keys.holder import Holder, new_holder, new_key

MINE = "/api/key/me/settings"
METHODS = ("GET", "PUT", "DELETE")


@pytest.fixture
async def holder(pool: Pool, admin: Caller) -> Holder:
    return await new_holder(pool, admin)


async def choose(who: Caller, path: str, **kinds: dict[str, Any]) -> Any:
    answer = await who.ask("PUT", path, kinds)
    assert 200 == answer.status, answer.body
    return answer.json


async def test_a_new_key_chose_nothing_and_looks_like_everybody(pool: Pool, holder: Holder) -> None:
    async with connection(pool) as db:
        await write_globals(db, GlobalRow('{"poster": {"position": "tl"}}', free_key_enabled=False))

    page = (await holder.caller.get(MINE)).json

    assert {} == page["settings"]
    assert ("tl", "v", 3) == tuple(
        page["effective"]["poster"][name] for name in ("position", "direction", "ratings_limit")
    )
    assert ["backdrop", "episode", "logo", "poster"] == sorted(page["effective"])


async def test_only_what_is_named_is_changed(holder: Holder) -> None:
    first = await choose(holder.caller, MINE, poster={"position": "tl", "split": True}, logo={"ratings_limit": 1})

    second = await choose(holder.caller, MINE, poster={"position": "br"}, episode={"blur": True})

    assert {"poster": {"position": "tl", "split": True}, "logo": {"ratings_limit": 1}} == first["settings"]
    assert {
        "poster": {"position": "br", "split": True},
        "logo": {"ratings_limit": 1},
        "episode": {"blur": True},
    } == second["settings"]
    assert second == (await holder.caller.get(MINE)).json
    assert ("br", True) == (second["effective"]["poster"]["position"], second["effective"]["poster"]["split"])


async def test_null_takes_a_choice_back(holder: Holder) -> None:
    await choose(holder.caller, MINE, poster={"position": "tl", "lang": "de"})

    page = await choose(holder.caller, MINE, poster={"lang": None, "awards": None})

    assert {"poster": {"position": "tl"}} == page["settings"]
    assert None is page["effective"]["poster"]["lang"]


async def test_a_reset_takes_every_choice_back(holder: Holder) -> None:
    before = (await holder.caller.get(MINE)).json
    await choose(holder.caller, MINE, poster={"position": "tl"}, logo={"lang": "fr"})

    answer = await holder.caller.ask("DELETE", MINE)

    assert (200, before) == (answer.status, answer.json)
    assert before == (await holder.caller.get(MINE)).json


async def test_an_admin_sees_and_changes_what_the_holder_does(admin: Caller, holder: Holder) -> None:
    path = f"/api/keys/{holder.id}/settings"
    await choose(holder.caller, MINE, poster={"position": "tl"})

    page = await choose(admin, path, poster={"split": True})

    assert {"poster": {"position": "tl", "split": True}} == page["settings"]
    assert page == (await admin.get(path)).json == (await holder.caller.get(MINE)).json
    assert {} == (await admin.ask("DELETE", path)).json["settings"]


BAD_CHOICES: list[tuple[object, str]] = [
    ({"poster": {"position": "middle"}}, "poster.position must be one of bc, tc, l, r, tl, tr, bl, br."),
    ({"logo": {"ratings_limit": 11}}, "logo.ratings_limit must be a whole number from 0 to 10."),
    ({"backdrop": {"edge_inset_x": -1}}, "backdrop.edge_inset_x must be a whole number from 0 to 50."),
    ({"poster": {"ratings_order": ["imdb", "x"]}}, "poster.ratings_order must be a list of imdb, tmdb"),
    ({"poster": {"lang": "english"}}, "poster.lang must be up to 4 words"),
    ({"poster": {"lang": "de\n"}}, "poster.lang must be up to 4 words"),
    ({"poster": {"imageSize": "small"}}, "poster.imageSize must be one of medium, large, very-large"),
    ({"poster": {"split": "perhaps"}}, "poster.split must be one of true"),
    ({"poster": {"split": "true"}}, "poster.split: Use true or false."),
    ({"poster": {"ratings_limit": "3"}}, "poster.ratings_limit: Use a whole number from 0 to 10."),
    ({"poster": {"ratings_order": "imdb"}}, "poster.ratings_order: Use a list of at most 14 entries."),
    ({"poster": {"ratings_order": ["imdb"] * 15}}, "poster.ratings_order: Use a list of at most 14 entries."),
    ({"poster": {"weights": "imdb:0,rt:0"}}, "poster.weights must be equal, or up to 12 weights"),
    ({"poster": {"badge_colour": "reddish"}}, "poster.badge_colour must be auto, a CSS colour name"),
    ({"poster": {"badges": ["16k"]}}, "poster.badges: Each entry: use one of: "),
    ({"poster": {"chips": ["genre", "none"]}}, "poster.chips must be a list of genre"),
    ({"poster": {"colour": "red"}}, "colour"),
    ({"logo": {"position": "tl"}}, "position"),
    ({"banner": {}}, "banner"),
    ({"poster": None}, "poster: Use a JSON object."),
    ({"poster": [1]}, "poster: Use a JSON object."),
]


async def test_what_a_query_would_refuse_is_refused(holder: Holder) -> None:
    answers = [await holder.caller.ask("PUT", MINE, kinds) for kinds, _ in BAD_CHOICES]

    assert [400] * len(BAD_CHOICES) == [answer.status for answer in answers]
    said = zip(BAD_CHOICES, answers, strict=True)
    assert [] == [(words, answer.complaint) for (_, words), answer in said if words not in answer.complaint]
    assert {} == (await holder.caller.get(MINE)).json["settings"]


async def test_the_free_key_has_no_settings_of_its_own(admin: Caller, pool: Pool) -> None:
    async with connection(pool) as db:
        free = await db.fetchval("SELECT id FROM api_keys WHERE key_prefix = 't0-free-'")

    answers = [await admin.ask(method, f"/api/keys/{free}/settings", {}) for method in METHODS]

    assert [409] * 3 == [answer.status for answer in answers]
    assert all("free key" in answer.json["error"] for answer in answers)


async def test_there_are_no_settings_of_no_key(admin: Caller) -> None:
    numbers = ["999999", "0", "-1", "x", "9" * 40, "%00"]

    got = [
        (await admin.ask(method, f"/api/keys/{number}/settings", {})).status for number in numbers for method in METHODS
    ]

    assert [404] * 18 == got


@pytest.mark.parametrize("method", METHODS)
async def test_nobody_reaches_settings_that_are_not_theirs(
    pool: Pool, admin: Caller, holder: Holder, method: str
) -> None:
    other, _ = await new_key(pool)
    who = {"stranger": admin.stranger(), "holder": holder.caller, "admin": admin}
    paths = {"any": f"/api/keys/{other}/settings", "own": MINE}

    got = {
        (name, which): (await caller.ask(method, path, {})).status
        for name, caller in who.items()
        for which, path in paths.items()
    }

    assert {
        ("stranger", "any"): 401,
        ("stranger", "own"): 401,
        ("holder", "any"): 403,
        ("holder", "own"): 200,
        ("admin", "any"): 200,
        ("admin", "own"): 403,
    } == got


async def test_two_changes_at_once_lose_nothing(holder: Holder) -> None:
    names = ("position", "badge_size", "badge_shape", "badge_background", "label_style", "image_source")
    values = ("tl", "xl", "p", "k", "t", "f")

    await asyncio.gather(
        *(
            choose(holder.caller, MINE, poster={name: value}, logo={"ratings_limit": number})
            for number, (name, value) in enumerate(zip(names, values, strict=True))
        )
    )

    chosen = (await holder.caller.get(MINE)).json["settings"]
    assert dict(zip(names, values, strict=True)) == chosen["poster"]


async def test_a_change_is_told_and_written_down(pool: Pool, admin: Caller, holder: Holder) -> None:
    last = (await ChangeLog(pool).after(-1)).last

    await choose(holder.caller, MINE, poster={"ratings_order": ["rt", "imdb"], "split": True, "lang": None})
    await admin.ask("DELETE", f"/api/keys/{holder.id}/settings")

    assert {holder.id} == (await ChangeLog(pool).after(last)).key_ids
    reset, change = await audit_entries(pool, before=None, most=2)
    assert (f"key:{holder.id}", "key_settings_changed", f"key:{holder.id}") == (
        change.actor,
        change.action,
        change.target,
    )
    assert {"poster.ratings_order": "rt,imdb", "poster.split": True, "poster.lang": None} == change.details
    assert ("admin:root", "key_settings_reset", f"key:{holder.id}") == (reset.actor, reset.action, reset.target)


async def test_a_change_that_is_refused_leaves_no_trace(pool: Pool, admin: Caller) -> None:
    before = await audit_entries(pool, before=None, most=10)

    await admin.ask("PUT", "/api/keys/999999/settings", {"poster": {"split": True}})

    assert before == await audit_entries(pool, before=None, most=10)


async def test_what_a_newer_version_chose_is_kept_and_not_shown(pool: Pool, holder: Holder) -> None:
    newer = '{"poster": {"halo": "gold", "position": "zz", "split": true}, "banner": {"x": 1}}'
    async with connection(pool) as db:
        await db.execute("INSERT INTO key_settings (key_id, settings) VALUES ($1, $2)", holder.id, newer)

    page = await choose(holder.caller, MINE, poster={"blur": True})

    assert {"poster": {"split": True, "blur": True}} == page["settings"]
    async with connection(pool) as db:
        kept = await db.fetchval("SELECT settings->'banner'->>'x' FROM key_settings WHERE key_id = $1", holder.id)
    assert "1" == kept


async def test_settings_do_not_grow_beyond_their_bound(pool: Pool, holder: Holder) -> None:
    async with connection(pool) as db:
        query = "INSERT INTO key_settings (key_id, settings) VALUES ($1, jsonb_build_object('banner', repeat('x', $2)))"
        await db.execute(query, holder.id, 16_400)

    answer = await holder.caller.ask("PUT", MINE, {"poster": {"blur": True}})

    assert 400 == answer.status
    assert "16384" in answer.json["error"]
