"""Designs over HTTP: profiles, presets, defaults, files, previews, the schema, and what a look is as a design."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from gateway.app_keys import CHANGE_FEED
from gateway.db.audit import audit_entries
from gateway.db.presets import MOST_PRESETS
from gateway.keys.token import FREE_KEY
from gateway.pictures.saved_settings import SavedSettings
from shared.designs.as_settings import design_settings
from shared.designs.document import canonical_text
from shared.designs.read import read_design
from shared.domain.pictures import Format, Kind
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.parameters import parse
from shared.stores.postgres import Pool, connection
from shared.stores.settings_rows import load_settings
from tests.gateway.auth.caller import Caller, gateway
from tests.gateway.keys.holder import Holder, new_holder
from tests.shared.designs.written import SPECIMEN
from tests.stack.caller import Answer

MINE = "/api/key/me/profiles"
SETTINGS = "/api/key/me/settings"
ADMINS = "/api/admin/presets"
DESIGN: dict[str, Any] = {"kind": "poster", "elements": [{"type": "rating", "site": "imdb", "scale": 150}]}
HASH = settings_hash(design_settings(read_design(DESIGN), Format.JPG, {}))
CANONICAL: dict[str, Any] = msgspec.json.decode(canonical_text(read_design(SPECIMEN)))


@pytest.fixture
async def holder(pool: Pool, admin: Caller) -> Holder:
    return await new_holder(pool, admin)


async def hash_at(who: Caller, key: str, style: str = "poster-default") -> SettingsHash:
    answer = await who.get(f"/{key}/imdb/{style}/tt0111161.jpg")
    assert 302 == answer.status, answer.body
    return SettingsHash(answer.headers["Location"].split("/c/")[1].split("/")[0])


async def put(who: Caller, path: str, body: object, status: int = 200) -> Answer:
    answer = await who.ask("PUT", path, body)
    assert status == answer.status, answer.body
    return answer


async def test_a_profile_is_a_design_or_settings_and_becomes_the_other(admin: Caller, holder: Holder) -> None:
    made = await put(holder.caller, f"{MINE}/den", {"design": SPECIMEN}, 201)
    assert ("poster", {}, CANONICAL) == tuple(made.json[name] for name in ("kind", "settings", "design"))
    assert {"imageSize", "badges", "region", "art"} == made.json["effective"].keys()
    assert made.json == (await holder.caller.get(f"{MINE}/den")).json
    assert [made.json] == (await holder.caller.get(MINE)).json["profiles"]

    await put(holder.caller, f"{MINE}/den", {"design": DESIGN})
    drawn = await hash_at(admin, holder.key, "den")
    renamed = await put(holder.caller, f"{MINE}/den", {"name": "lair"})
    plain = await put(holder.caller, f"{MINE}/lair", {"settings": {"split": True}})

    assert HASH == drawn
    assert DESIGN == renamed.json["design"]
    assert ({"split": True}, False) == (plain.json["settings"], "design" in plain.json)
    assert settings_hash(parse(Kind.POSTER, Format.JPG, {"split": "1"})) == await hash_at(admin, holder.key, "lair")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"design": {"elements": []}}, "kind: kind is required."),
    ({"design": DESIGN | {"elements": [{"type": "award", "x": -1}]}}, "elements[0].x: elements[0].x must be a whole"),
    ({"design": DESIGN | {"elements": [{"type": "text", "text": "{x}"}]}}, "elements[0].text: elements[0].text must"),
    ({"design": DESIGN, "kind": "logo"}, "kind: kind must be poster, as in the design."),
    ({"design": DESIGN, "settings": {"split": True}}, "There can be settings or a design, but not both."),
    ({"design": None}, "A design must be an object."),
]


async def test_a_wrong_design_is_refused_with_its_place(admin: Caller, holder: Holder) -> None:
    for who, path in ((holder.caller, f"{MINE}/den"), (admin, f"{ADMINS}/den")):
        for body, words in WRONG:
            answer = await who.ask("PUT", path, body)
            assert 400 == answer.status
            assert words in answer.complaint

    named = await holder.caller.ask("PUT", f"{MINE}/preset-den", {"design": DESIGN})
    assert (400, "A profile name does not start with preset-: presets are named like that.") == (
        named.status,
        named.json["error"],
    )


async def test_the_default_profile_follows_its_profile(admin: Caller, holder: Holder) -> None:
    await put(holder.caller, f"{MINE}/den", {"design": DESIGN}, 201)
    usual = await hash_at(admin, holder.key)
    kept = {"poster": {"imageSize": "large"}, "default_profile": {"poster": "den"}}

    shown = await put(holder.caller, SETTINGS, kept)
    by_default = await hash_at(admin, holder.key)
    refused = [
        await holder.caller.ask("PUT", SETTINGS, {"default_profile": default})
        for default in ({"poster": "none"}, {"backdrop": "den"}, {"poster": "preset-none"}, {"banner": "den"})
    ]
    await put(holder.caller, f"{MINE}/den", {"name": "lair"})
    renamed = (await holder.caller.get(SETTINGS)).json["settings"]
    await holder.caller.ask("DELETE", f"{MINE}/lair")
    deleted = (await holder.caller.get(SETTINGS)).json["settings"]
    await put(holder.caller, SETTINGS, {"poster": {"imageSize": None}})

    assert kept == shown.json["settings"]
    large = parse(Kind.POSTER, Format.JPG, {"imageSize": "large"})
    assert settings_hash(design_settings(read_design(DESIGN), Format.JPG, {"size": large.size})) == by_default
    assert [400] * 4 == [answer.status for answer in refused]
    assert "default_profile.poster must be the name of a profile of that kind" in refused[0].json["error"]
    assert kept | {"default_profile": {"poster": "lair"}} == renamed
    assert {"poster": {"imageSize": "large"}} == deleted
    assert usual == await hash_at(admin, holder.key)


async def test_null_takes_a_default_profile_back(admin: Caller, holder: Holder) -> None:
    await put(holder.caller, f"{MINE}/den", {"design": DESIGN}, 201)
    await put(holder.caller, SETTINGS, {"default_profile": {"poster": "den"}})

    answer = await put(holder.caller, SETTINGS, {"default_profile": {"poster": None}})

    assert {} == answer.json["settings"]
    assert settings_hash(parse(Kind.POSTER, Format.JPG, {})) == await hash_at(admin, holder.key)


async def test_a_file_has_designs_and_default_profiles(pool: Pool, admin: Caller, holder: Holder) -> None:
    other = await new_holder(pool, admin)
    await put(holder.caller, f"{MINE}/den", {"design": SPECIMEN}, 201)
    await put(holder.caller, SETTINGS, {"default_profile": {"poster": "den"}})

    file = (await holder.caller.get(f"{SETTINGS}/file")).json
    taken = await put(other.caller, f"{SETTINGS}/file", file)
    broken = file | {"profiles": {"den": {"kind": "poster", "settings": {}, "design": {"kind": "poster", "x": 1}}}}
    refused = [await other.caller.ask("PUT", f"{SETTINGS}/file", body) for body in (broken, file | {"profiles": {}})]

    assert {"den": {"kind": "poster", "settings": {}, "design": CANONICAL}} == file["profiles"]
    assert file == taken.json == (await other.caller.get(f"{SETTINGS}/file")).json
    assert await hash_at(admin, holder.key) == await hash_at(admin, other.key)
    assert [400, 400] == [answer.status for answer in refused]
    assert "Profile den: x does not belong here." == refused[0].json["error"]
    assert "default_profile.poster" == refused[1].json["field"]


@pytest.fixture
async def second(admin: Caller, postgres_url: str, valkey_url: str) -> AsyncIterator[Caller]:  # noqa: ARG001 - the first
    """Another replica on the same stores."""
    async with gateway(postgres_url, valkey_url) as caller:
        yield caller


async def test_a_preset_is_published_on_every_replica_and_taken_back(
    pool: Pool, admin: Caller, second: Caller, holder: Holder
) -> None:
    before = (await admin.get("/api/presets")).json["presets"]
    made = await put(admin, f"{ADMINS}/den", {"design": DESIGN}, 201)
    listed = (await admin.get("/api/presets")).json["presets"]
    async with asyncio.timeout(60):
        while 422 == (await second.get(f"/{holder.key}/imdb/preset-den/tt0111161.jpg")).status:  # noqa: ASYNC110 - a replica has no event to wait for
            await asyncio.sleep(0.05)
    assert HASH == await hash_at(second, holder.key, "preset-den")
    default = await put(holder.caller, SETTINGS, {"default_profile": {"poster": "preset-den"}})
    by_default = await hash_at(admin, holder.key)
    deleted = [await admin.ask("DELETE", f"{ADMINS}/den") for _ in range(2)]

    page = {"name": "den", "style": "preset-den", "kind": "poster", "settings": {}, "builtin": False}
    assert page | {"design": DESIGN} == made.json
    assert [made.json] == [each for each in listed if each not in before]
    assert ({"poster": "preset-den"}, HASH) == (default.json["settings"]["default_profile"], by_default)
    assert [200, 404] == [answer.status for answer in deleted]
    assert before == deleted[0].json["presets"]
    assert settings_hash(parse(Kind.POSTER, Format.JPG, {})) == await hash_at(admin, holder.key)
    log = [(entry.action, entry.target) for entry in await audit_entries(pool, before=None, most=3)]
    assert [("preset_deleted", "preset:den"), ("key_settings_changed", f"key:{holder.id}")] == log[:2]
    assert ("preset_saved", "preset:den") == log[2]


async def test_a_built_in_preset_is_replaced_and_there_again(admin: Caller, holder: Holder) -> None:
    before = (await admin.get("/api/presets")).json["presets"]
    usual = await hash_at(admin, holder.key, "preset-minimal")

    refused = await admin.ask("DELETE", f"{ADMINS}/minimal")
    saved = await put(admin, f"{ADMINS}/minimal", {"design": DESIGN})
    replaced = await hash_at(admin, holder.key, "preset-minimal")
    restored = await admin.ask("DELETE", f"{ADMINS}/minimal")

    assert {True} == {preset["builtin"] for preset in before}
    assert (409, False, HASH) == (refused.status, saved.json["builtin"], replaced)
    assert before == restored.json["presets"]
    assert usual == await hash_at(admin, holder.key, "preset-minimal")


async def test_presets_have_a_limit_and_are_for_admins_to_change(pool: Pool, admin: Caller, holder: Holder) -> None:
    async with connection(pool) as db:
        query = "INSERT INTO presets SELECT 'p' || n, 'poster', '{}' FROM generate_series(1, $1::int) AS n"
        await db.execute(query, MOST_PRESETS)

    more = await admin.ask("PUT", f"{ADMINS}/more", {"design": DESIGN})
    kept = await admin.ask("PUT", f"{ADMINS}/p1", {"design": DESIGN})
    answers = [
        await holder.caller.ask("PUT", f"{ADMINS}/den", {"design": DESIGN}),
        await admin.stranger().ask("PUT", f"{ADMINS}/den", {"design": DESIGN}),
        await admin.ask("PUT", f"{ADMINS}/Den", {"design": DESIGN}),
        await admin.ask("PUT", f"{ADMINS}/{'a' * 58}", {"design": DESIGN}),
        await admin.ask("PUT", f"{ADMINS}/den", {}),
    ]

    assert (409, 200) == (more.status, kept.status)
    assert [403, 401, 400, 400, 400] == [answer.status for answer in answers]


async def test_saved_designs_do_not_expire(pool: Pool, admin: Caller, holder: Holder) -> None:
    await put(admin, f"{ADMINS}/den", {"design": DESIGN}, 201)
    await put(holder.caller, f"{MINE}/own", {"design": SPECIMEN}, 201)
    saved = {await hash_at(admin, holder.key, style) for style in ("preset-den", "own")}
    async with connection(pool) as db:
        await db.execute("UPDATE settings_registry SET asked_on = current_date - 8")

    await SavedSettings(pool, admin.app[CHANGE_FEED], pause_s=0.0).keep()

    async with connection(pool) as db:
        rows = await db.fetch("SELECT hash FROM settings_registry WHERE asked_on = current_date")
    assert saved == {row["hash"] for row in rows}


async def test_a_preview_of_a_design_says_where_its_picture_is(pool: Pool, caller: Caller) -> None:
    answer = await caller.ask("POST", "/api/preview/design?id=tt0013442&imageSize=large&blur=1", DESIGN)

    size = parse(Kind.POSTER, Format.JPG, {"imageSize": "large"}).size
    settings = design_settings(read_design(DESIGN), Format.JPG, {"size": size})
    assert 200 == answer.status
    assert answer.json["location"].endswith(f"/c/{settings_hash(settings)}/imdb/poster-default/tt0013442.jpg")
    assert settings == await load_settings(pool, settings_hash(settings))


async def test_previews_make_no_different_settings_of_a_day(postgres_url: str, valkey_url: str) -> None:
    async with gateway(postgres_url, valkey_url, FREE_KEY_SETTINGS_PER_DAY="1") as caller:
        for x in range(100):
            (element,) = DESIGN["elements"]
            moved = DESIGN | {"elements": [element | {"x": x}]}
            assert 200 == (await caller.ask("POST", "/api/preview/design", moved)).status

        path = f"/{FREE_KEY}/imdb/poster-default/tt0111161.jpg?ratings_limit="
        assert [302, 429] == [(await caller.get(f"{path}{limit}")).status for limit in (1, 2)]


async def test_a_hostile_body_is_refused_in_a_sentence(caller: Caller) -> None:
    deep = b'{"kind":"poster","elements":[{"type":"text","text":' + b"[" * 30_000 + b"]" * 30_000 + b"}]}"
    bodies: dict[bytes, tuple[int, str]] = {
        deep: (400, "The body is nested too deeply."),
        b'{"kind":"poster","elements":[' + b"{}," * 10_000 + b"{}]}": (
            400,
            "elements must be a list of at most 24 entries.",
        ),
        b'{"kind":"poster","elements":[{"type":"award","x":NaN}]}': (400, "The body is not JSON."),
        b'{"kind":"poster","elements":[{"type":"award","x":1e999}]}': (400, "a whole number from 0 to 1,000"),
        b'{"kind":"poster","elements":[{"type":"text","text":"\\ud800"}]}': (400, "The body is not JSON."),
        b'{"kind":"poster","elements":[{"type":"text","text":"\\u0000"}]}': (400, "must not have line breaks"),
        b'{"kind":"\xff"}': (400, "The body is not JSON."),
        b'{"kind":"poster"}' + b" " * 65_536: (413, "The body must not be larger than 65536 bytes."),
    }

    answers = [await caller.ask("POST", "/api/preview/design", body) for body in bodies]

    assert [status for status, _ in bodies.values()] == [answer.status for answer in answers]
    for (_, words), answer in zip(bodies.values(), answers, strict=True):
        assert words in answer.json["error"]


async def test_the_design_of_a_look_leads_back_to_it(admin: Caller) -> None:
    await put(admin, "/api/admin/settings", {"settings": {"poster": {"position": "tl", "badge_style": "h"}}})

    look = await admin.get("/api/design/from?kind=poster&badge_size=l&sash=new")
    preview = await admin.ask("POST", "/api/preview/design", look.json["design"])
    wrong = [await admin.get(f"/api/design/from?{query}") for query in ("", "kind=banner", "kind=poster&sash=x")]

    plain = parse(Kind.POSTER, Format.JPG, {"position": "tl", "badge_style": "h", "badge_size": "l", "sash": "new"})
    assert ["ratings", "award", "sash"] == [element["type"] for element in look.json["design"]["elements"]]
    assert f"/c/{settings_hash(plain)}/" in preview.json["location"]
    assert [400, 400, 400] == [answer.status for answer in wrong]


async def test_the_schema_is_served(caller: Caller) -> None:
    answer = await caller.get("/api/design.schema.json")

    validator = Draft202012Validator(answer.json)
    assert "https://json-schema.org/draft/2020-12/schema" == answer.json["$schema"]
    assert [] == list(validator.iter_errors(SPECIMEN))
    assert [] != list(validator.iter_errors(SPECIMEN | {"more": 1}))
