"""A key's settings and profiles leave as one file, and come back from it, also at another key."""

from typing import Any

import pytest

from gateway.db.audit import audit_entries
from gateway.keys.profiles_api import MAX_PROFILES
from shared.stores.postgres import Pool
from tests.gateway.auth.caller import Caller
from tests.gateway.keys.holder import Holder, new_holder

MINE = "/api/key/me"
FILE = f"{MINE}/settings/file"
SETTINGS = {"poster": {"position": "tl", "ratings_order": ["imdb", "rt"]}, "logo": {"ratings_limit": 1}}
PROFILES = {
    "kids": {"kind": "poster", "settings": {"age_rating": "official"}},
    "wide": {"kind": "backdrop", "settings": {}},
}
FULL = {"marquee": 1, "settings": SETTINGS, "profiles": PROFILES}
EMPTY: dict[str, Any] = {"marquee": 1, "settings": {}, "profiles": {}}


@pytest.fixture
async def holder(pool: Pool, admin: Caller) -> Holder:
    return await new_holder(pool, admin)


async def loaded(who: Caller, body: object, path: str = FILE) -> Any:
    answer = await who.ask("PUT", path, body)
    assert 200 == answer.status, answer.body
    return answer.json


async def test_a_key_without_settings_has_an_empty_file(holder: Holder) -> None:
    assert EMPTY == (await holder.caller.get(FILE)).json


async def test_a_file_brings_everything_to_another_key(pool: Pool, admin: Caller, holder: Holder) -> None:
    await holder.caller.ask("PUT", f"{MINE}/settings", SETTINGS)
    for name, profile in PROFILES.items():
        await holder.caller.ask("PUT", f"{MINE}/profiles/{name}", profile)
    other = await new_holder(pool, admin)

    file = (await admin.get(f"/api/keys/{holder.id}/settings/file")).json
    await loaded(admin, file, f"/api/keys/{other.id}/settings/file")

    assert FULL == file == (await other.caller.get(FILE)).json
    for path in ("settings", "profiles"):
        ours, theirs = [(await each.caller.get(f"{MINE}/{path}")).json for each in (holder, other)]
        assert ours == theirs
    entry = (await audit_entries(pool, before=None, most=1))[0]
    assert ("admin:root", "key_settings_replaced", f"key:{other.id}") == (entry.actor, entry.action, entry.target)


async def test_what_a_file_lacks_is_removed(holder: Holder) -> None:
    await loaded(holder.caller, FULL)

    file = await loaded(holder.caller, {**EMPTY, "profiles": {"new": {"kind": "logo", "settings": {"blur": None}}}})

    assert {**EMPTY, "profiles": {"new": {"kind": "logo", "settings": {}}}} == file
    assert {} == (await holder.caller.get(f"{MINE}/settings")).json["settings"]
    assert EMPTY == await loaded(holder.caller, EMPTY)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({**FULL, "marquee": 2}, "marquee"),
        ({"settings": {}, "profiles": {}}, "marquee"),
        ({**FULL, "key": "x"}, "key"),
        ({**EMPTY, "settings": {"poster": {"position": "middle"}}}, "position must be"),
        ({**EMPTY, "profiles": {"a": {"kind": "logo", "settings": {"position": "tl"}}}}, "logo has no position"),
        ({**EMPTY, "profiles": {"a": {"kind": "poster", "settings": {"ratings_limit": 99}}}}, "ratings_limit must be"),
        ({**EMPTY, "profiles": {"A B": {"kind": "poster", "settings": {}}}}, "A profile name"),
        ({**EMPTY, "profiles": {"poster-default": {"kind": "poster", "settings": {}}}}, "A profile name"),
        (
            {**EMPTY, "profiles": {f"p{n}": {"kind": "poster", "settings": {}} for n in range(MAX_PROFILES + 1)}},
            f"A key can have {MAX_PROFILES} profiles",
        ),
    ],
)
async def test_a_file_that_is_wrong_changes_nothing(holder: Holder, body: object, words: str) -> None:
    await loaded(holder.caller, FULL)

    refused = await holder.caller.ask("PUT", FILE, body)

    assert 400 == refused.status
    assert words in f"{refused.json.get('field', '')} {refused.json['error']}"
    assert FULL == (await holder.caller.get(FILE)).json


async def test_the_free_key_has_no_file(admin: Caller) -> None:
    keys = (await admin.get("/api/keys")).json["keys"]
    (free,) = [key["id"] for key in keys if key["is_free"]]

    assert 409 == (await admin.get(f"/api/keys/{free}/settings/file")).status
    assert 409 == (await admin.ask("PUT", f"/api/keys/{free}/settings/file", FULL)).status
    assert 404 == (await admin.get("/api/keys/987654/settings/file")).status
