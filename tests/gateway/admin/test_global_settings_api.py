"""What admins choose for everybody."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.db.audit import ChangeLog, audit_entries
from shared.stores.postgres import Pool, connection
from tests.gateway.auth.caller import Caller, OpenGateway
from tests.gateway.keys.holder import new_holder
from tests.stack.caller import Answer

PATH = "/api/admin/settings"


@pytest.fixture
async def free_admin(open_gateway: OpenGateway) -> AsyncIterator[Caller]:
    """An admin of a gateway whose configuration says nothing of the free key."""
    async with open_gateway(FREE_KEY_ENABLED="") as caller:
        await caller.sign_in("/api/auth/setup")
        yield caller


async def put(admin: Caller, **body: Any) -> Answer:
    return await admin.ask("PUT", PATH, body)


async def test_at_first_nothing_is_chosen_for_everybody(free_admin: Caller) -> None:
    page = (await free_admin.get(PATH)).json

    assert ({}, {"enabled": False, "locked": False}) == (page["settings"], page["free_key"])
    assert {"poster": "medium", "logo": "medium", "backdrop": "medium", "episode": "medium"} == {
        kind: chosen["imageSize"] for kind, chosen in page["effective"].items()
    }


async def test_only_what_is_named_is_chosen_anew(free_admin: Caller) -> None:
    answers = [
        await put(free_admin, settings={"poster": {"position": "tl", "lang": "de"}, "logo": {"ratings_limit": 1}}),
        await put(free_admin, free_key_enabled=True),
        await put(free_admin, settings={"poster": {"lang": None, "split": True}}),
        await put(free_admin),
    ]

    expected = {"poster": {"position": "tl", "split": True}, "logo": {"ratings_limit": 1}}
    assert [200] * 4 == [answer.status for answer in answers]
    assert [False, True, True, True] == [answer.json["free_key"]["enabled"] for answer in answers]
    assert expected == answers[-1].json["settings"]
    assert ("tl", "v", True) == tuple(
        answers[-1].json["effective"]["poster"][name] for name in ("position", "direction", "split")
    )
    assert answers[-1].json == (await free_admin.get(PATH)).json


async def test_the_free_key_is_switched(free_admin: Caller, pool: Pool) -> None:
    await put(free_admin, free_key_enabled=True)
    on = (await free_admin.get(PATH)).json["free_key"]
    await put(free_admin, free_key_enabled=False)

    assert {"enabled": True, "locked": False} == on
    async with connection(pool) as db:
        assert not await db.fetchval("SELECT free_key_enabled FROM global_settings")


async def test_the_configuration_locks_the_switch(admin: Caller, pool: Pool) -> None:
    shown = (await admin.get(PATH)).json["free_key"]
    refused = await put(admin, free_key_enabled=False, settings={"poster": {"split": True}})
    as_it_is = await put(admin, free_key_enabled=True)

    assert {"enabled": True, "locked": True} == shown
    assert 409 == refused.status
    assert "FREE_KEY_ENABLED" in refused.json["error"]
    assert (200, {}) == (as_it_is.status, as_it_is.json["settings"])
    assert ["global_settings_changed"] == [
        entry.action
        for entry in await audit_entries(pool, before=None, most=10)
        if entry.action == "global_settings_changed"
    ]


BAD_CHOICES: list[tuple[object, str]] = [
    ({"settings": {"poster": {"position": "middle"}}}, "poster.position must be one of bc, tc"),
    ({"settings": {"poster": {"lang": "de\n"}}}, "poster.lang must be up to 4 words"),
    ({"settings": {"poster": {"colour": "red"}}}, "colour"),
    ({"settings": {"banner": {}}}, "banner"),
    ({"settings": 1}, "settings: Use a JSON object."),
    ({"settings": None}, "settings: Use a JSON object."),
    ({"free_key_enabled": "yes"}, "free_key_enabled: Use true or false."),
    ({"free_key": True}, "free_key"),
    ([], "object"),
]


async def test_a_bad_choice_gets_a_sentence(admin: Caller) -> None:
    answers = [await admin.ask("PUT", PATH, body) for body, _ in BAD_CHOICES]

    assert [400] * len(BAD_CHOICES) == [answer.status for answer in answers]
    said = zip(BAD_CHOICES, answers, strict=True)
    assert [] == [(words, answer.complaint) for (_, words), answer in said if words not in answer.complaint]


async def test_only_admins_choose_for_everybody(admin: Caller, pool: Pool) -> None:
    holder = await new_holder(pool, admin)

    got = [
        (await who.ask(method, PATH, {})).status
        for method in ("GET", "PUT")
        for who in (admin.stranger(), holder.caller, admin)
    ]

    assert [401, 403, 200] * 2 == got


async def test_two_changes_at_once_lose_nothing(admin: Caller) -> None:
    chosen = {"position": "tl", "badge_size": "xl", "badge_shape": "p", "label_style": "t", "blur": True}

    await asyncio.gather(*(put(admin, settings={"poster": {name: value}}) for name, value in chosen.items()))

    assert {"poster": chosen} == (await admin.get(PATH)).json["settings"]


async def test_a_change_is_told_to_all_and_written_down(free_admin: Caller, pool: Pool) -> None:
    last = (await ChangeLog(pool).after(-1)).last

    await put(free_admin, settings={"logo": {"ratings_order": ["rt", "imdb"]}}, free_key_enabled=True)

    assert {None} == (await ChangeLog(pool).after(last)).key_ids
    entry = (await audit_entries(pool, before=None, most=1))[0]
    assert ("admin:root", "global_settings_changed", "everybody") == (entry.actor, entry.action, entry.target)
    assert {"logo.ratings_order": "rt,imdb", "free_key_enabled": True} == entry.details
