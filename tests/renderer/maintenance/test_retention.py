"""What nobody asked for in a long time goes; everything else stays."""

import asyncio

import pytest

from renderer.db.retention import Asked, record_access, retention_lock
from renderer.maintenance.invalidation_message import InvalidationMessage
from renderer.maintenance.retention import Retention
from shared.domain.pictures import Format, Kind
from shared.queue.redis_keys import settings_key as look_key
from shared.settings.digest import settings_hash
from shared.settings.parameters import parse
from shared.stores.image_rows import mark_checked
from shared.stores.postgres import connection
from shared.stores.settings_registry import SettingsRegistry
from shared.stores.settings_rows import load_settings, mark_settings_used, save_settings
from tests.renderer.maintenance.shelf import FILM, OTHER, PLAIN, SPLIT, Namespace, picture
from tests.waiting import until

DAYS = 30
LONE = parse(Kind.POSTER, Format.JPG, {"blur": "yes"})


def keeper(shelf: Namespace) -> Retention:
    return Retention(shelf.pool, shelf.removal, days=DAYS, metrics=shelf.metrics, pause_s=0.0)


async def age(shelf: Namespace, table: str, days: int, condition: str = "true") -> None:
    async with connection(shelf.pool) as db:
        await db.execute(f"UPDATE {table} SET asked_on = current_date - {days} WHERE {condition}")  # noqa: S608 - ours


async def ages(shelf: Namespace, table: str) -> list[int]:
    async with connection(shelf.pool) as db:
        rows = await db.fetch(f"SELECT current_date - asked_on AS days FROM {table} ORDER BY hash")  # noqa: S608 - ours
    return [row["days"] for row in rows]


async def looks_kept(shelf: Namespace) -> set[str]:
    async with connection(shelf.pool) as db:
        return {row["hash"] for row in await db.fetch("SELECT hash FROM settings_registry")}


async def test_old_pictures_go_with_their_objects_and_the_others_stay(
    shelf: Namespace, words: list[InvalidationMessage]
) -> None:
    old, at_the_edge = await shelf.draw(PLAIN, FILM), await shelf.draw(PLAIN, OTHER)
    new = await shelf.draw(SPLIT, FILM)
    await age(shelf, "images", DAYS + 1, "media_id = 'movie-278' AND ext = 'jpg'")
    await age(shelf, "images", DAYS, "media_id = 'movie-27'")

    await keeper(shelf).keep_house()

    assert {at_the_edge, new} == await shelf.stored() == await shelf.indexed()
    await until(lambda: len(words) == 1)
    assert [InvalidationMessage(keys=(old,))] == words
    assert 1 == shelf.count("renderer_pictures_removed_total", reason="housekeeping")


async def test_old_looks_go_when_no_picture_needs_them(shelf: Namespace, words: list[InvalidationMessage]) -> None:
    await shelf.draw(PLAIN, FILM)
    registry = SettingsRegistry(shelf.pool, shelf.redis)
    lone = await registry.remember(LONE)
    await save_settings(shelf.pool, settings_hash(SPLIT), SPLIT)
    await age(shelf, "settings_registry", DAYS + 1, f"hash IN ('{lone}', '{settings_hash(PLAIN)}')")

    await keeper(shelf).keep_house()

    assert {settings_hash(PLAIN), settings_hash(SPLIT)} == await looks_kept(shelf)
    assert not await shelf.redis.exists(look_key(lone))
    await until(lambda: len(words) == 1)
    assert [InvalidationMessage(looks=(lone,))] == words
    assert 1 == shelf.count("renderer_looks_removed_total")
    registry.forget(lone)
    assert None is await registry.find(lone)


async def test_a_look_goes_with_its_last_picture(shelf: Namespace) -> None:
    await shelf.draw(PLAIN, FILM)
    await age(shelf, "images", DAYS + 1)
    await age(shelf, "settings_registry", DAYS + 1)

    await keeper(shelf).keep_house()

    assert (set(), set()) == (await shelf.stored(), await looks_kept(shelf))


async def test_more_than_one_batch_goes_in_one_go(shelf: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("renderer.maintenance.retention.BATCH", 1)
    for look in (PLAIN, SPLIT):
        for media in (FILM, OTHER):
            await shelf.draw(look, media)
    await age(shelf, "images", 400)

    await keeper(shelf).keep_house()

    assert (set(), set()) == (await shelf.stored(), await shelf.indexed())


async def test_one_go_has_an_end(shelf: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("renderer.maintenance.retention.BATCH", 1)
    monkeypatch.setattr("renderer.maintenance.retention.MOST_ROUNDS", 2)
    for look, media in ((PLAIN, FILM), (PLAIN, OTHER), (SPLIT, FILM)):
        await shelf.draw(look, media)
    await age(shelf, "images", 400)

    await keeper(shelf).keep_house()

    assert 1 == len(await shelf.stored())


async def test_one_renderer_keeps_house_at_a_time(shelf: Namespace) -> None:
    await shelf.draw(PLAIN, FILM)
    await age(shelf, "images", 400)

    async with retention_lock(shelf.pool) as is_ours:
        await keeper(shelf).keep_house()
        meanwhile = await shelf.stored()
    await keeper(shelf).keep_house()

    assert is_ours
    assert (1, set()) == (len(meanwhile), await shelf.stored())


async def test_asking_for_a_picture_keeps_it_and_its_look(shelf: Namespace) -> None:
    await shelf.draw(PLAIN, FILM)
    await shelf.draw(PLAIN, OTHER)
    await age(shelf, "images", 400)
    await age(shelf, "settings_registry", 400)

    await record_access(shelf.pool, [Asked(settings_hash(PLAIN), str(FILM), "jpg")] * 2)
    await record_access(shelf.pool, [])

    assert {0, 400} == set(await ages(shelf, "images"))
    assert [0] == await ages(shelf, "settings_registry")


async def test_drawing_and_finding_right_count_as_asking(shelf: Namespace) -> None:
    await shelf.draw(PLAIN, FILM)
    await age(shelf, "images", 400)
    await shelf.draw(PLAIN, FILM)
    drawn = await ages(shelf, "images")
    await age(shelf, "images", 400)
    now = picture(PLAIN, FILM).facts.drawn_at.replace(year=2027)

    await mark_checked(shelf.pool, settings_hash(PLAIN), FILM, Format.JPG, now)

    assert ([0], [0]) == (drawn, await ages(shelf, "images"))


async def test_a_look_that_gateways_use_is_kept_or_kept_anew(shelf: Namespace) -> None:
    await save_settings(shelf.pool, settings_hash(PLAIN), PLAIN)
    await age(shelf, "settings_registry", 400)

    await mark_settings_used(shelf.pool, {settings_hash(look): look for look in (PLAIN, SPLIT)})
    await mark_settings_used(shelf.pool, {})

    assert [0, 0] == await ages(shelf, "settings_registry")
    assert SPLIT == await load_settings(shelf.pool, settings_hash(SPLIT))


async def test_a_look_that_is_removed_while_it_is_noted_is_there_again(shelf: Namespace) -> None:
    name = settings_hash(PLAIN)
    await save_settings(shelf.pool, name, PLAIN)
    await age(shelf, "settings_registry", 400)

    async with connection(shelf.pool) as db, db.transaction():
        await db.execute("DELETE FROM settings_registry WHERE hash = $1", name)
        noting = asyncio.create_task(mark_settings_used(shelf.pool, {name: PLAIN}))
        blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%asked_on%'"
        async with connection(shelf.pool) as other, asyncio.timeout(2):
            while not await other.fetchval(blocked):  # noqa: ASYNC110 - nobody signals it
                await asyncio.sleep(0.01)
    await noting

    assert PLAIN == await load_settings(shelf.pool, name)
