"""Pictures and settings not requested for long are deleted; everything else stays."""

import asyncio
from datetime import UTC, datetime
from functools import partial

import msgspec
import pytest

from renderer.db.retention import AccessedPicture, record_access, retention_lock
from renderer.maintenance.retention import Retention, RetentionRule
from shared.domain.cache_lifetime import OVERDUE_S
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash
from shared.settings.parameters import parse
from shared.stores.image_rows import mark_checked
from shared.stores.invalidation_message import InvalidationMessage
from shared.stores.postgres import connection
from shared.stores.settings_registry import SettingsRegistry
from shared.stores.settings_registry import settings_key as look_key
from shared.stores.settings_rows import SettingsUse, keep_settings, load_settings, mark_settings_used, save_settings
from tests.renderer.maintenance.picture_stores import FILM, OTHER, PLAIN, SPLIT, PictureStores, picture
from tests.waiting import until

DAYS = 30
LONE = parse(Kind.POSTER, Format.JPG, {"blur": "yes"})


def keeper(stores: PictureStores, days: int = DAYS, free_key_days: int = 0, image_stale_s: int = 0) -> Retention:
    rule = RetentionRule(days=days, free_key_days=free_key_days, image_stale_s=image_stale_s)
    return Retention(stores.pool, stores.deletion, rule=rule, metrics=stores.metrics, pause_s=0.0)


async def age(stores: PictureStores, table: str, days: int, condition: str = "true") -> None:
    async with connection(stores.pool) as db:
        await db.execute(f"UPDATE {table} SET asked_on = current_date - {days} WHERE {condition}")  # noqa: S608 - constants


async def ages(stores: PictureStores, table: str) -> list[int]:
    async with connection(stores.pool) as db:
        rows = await db.fetch(f"SELECT current_date - asked_on AS days FROM {table} ORDER BY hash")  # noqa: S608 - constants
    return [row["days"] for row in rows]


async def registered(stores: PictureStores) -> set[str]:
    async with connection(stores.pool) as db:
        return {row["hash"] for row in await db.fetch("SELECT hash FROM settings_registry")}


async def test_expired_pictures_are_deleted_with_their_objects(
    stores: PictureStores, messages: list[InvalidationMessage]
) -> None:
    old, at_the_edge = await stores.draw(PLAIN, FILM), await stores.draw(PLAIN, OTHER)
    new = await stores.draw(SPLIT, FILM)
    await age(stores, "images", DAYS + 1, "media_id = 'movie-278' AND ext = 'jpg'")
    await age(stores, "images", DAYS, "media_id = 'movie-27'")

    await keeper(stores).delete_expired()

    assert {at_the_edge, new} == await stores.stored() == await stores.indexed()
    await until(lambda: len(messages) == 1)
    assert [InvalidationMessage(keys=(old,))] == messages
    assert 1 == stores.count("renderer_pictures_removed_total", reason="housekeeping")


async def test_expired_settings_are_deleted_when_no_picture_uses_them(
    stores: PictureStores, messages: list[InvalidationMessage]
) -> None:
    await stores.draw(PLAIN, FILM)
    registry = SettingsRegistry(stores.pool, stores.redis)
    lone = await registry.remember(LONE)
    await save_settings(stores.pool, settings_hash(SPLIT), SPLIT)
    await age(stores, "settings_registry", DAYS + 1, f"hash IN ('{lone}', '{settings_hash(PLAIN)}')")

    await keeper(stores).delete_expired()

    assert {settings_hash(PLAIN), settings_hash(SPLIT)} == await registered(stores)
    assert not await stores.redis.exists(look_key(lone))
    await until(lambda: len(messages) == 1)
    assert [InvalidationMessage(settings_hashes=(lone,))] == messages
    assert 1 == stores.count("renderer_looks_removed_total")
    registry.invalidate(lone)
    assert None is await registry.find(lone)


@pytest.mark.parametrize("days", [0, 7, 30, 36_500])
async def test_settings_without_a_picture_expire_after_a_week_whatever_is_configured(
    stores: PictureStores, days: int
) -> None:
    drawn = await stores.draw(PLAIN, FILM)
    for settings in (LONE, SPLIT):
        await save_settings(stores.pool, settings_hash(settings), settings)
    await age(stores, "settings_registry", 8, f"hash <> '{settings_hash(SPLIT)}'")
    await age(stores, "settings_registry", 7, f"hash = '{settings_hash(SPLIT)}'")

    await keeper(stores, days).delete_expired()

    assert {settings_hash(PLAIN), settings_hash(SPLIT)} == await registered(stores)
    assert {drawn} == await stores.stored() == await stores.indexed()


async def test_without_retention_pictures_and_their_settings_stay(stores: PictureStores) -> None:
    drawn = await stores.draw(PLAIN, FILM)
    await age(stores, "images", 4000)
    await age(stores, "settings_registry", 4000)

    await keeper(stores, 0).delete_expired()

    assert {drawn} == await stores.stored() == await stores.indexed()
    assert {settings_hash(PLAIN)} == await registered(stores)


async def test_saved_settings_are_marked_only_where_they_are_stored(stores: PictureStores) -> None:
    await save_settings(stores.pool, settings_hash(PLAIN), PLAIN)
    await age(stores, "settings_registry", 8)

    await keep_settings(stores.pool, [settings_hash(PLAIN), settings_hash(SPLIT)])
    await keeper(stores, 0).delete_expired()

    assert {settings_hash(PLAIN)} == await registered(stores)
    assert [0] == await ages(stores, "settings_registry")


async def test_settings_are_deleted_with_their_last_picture(stores: PictureStores) -> None:
    await stores.draw(PLAIN, FILM)
    await age(stores, "images", DAYS + 1)
    await age(stores, "settings_registry", DAYS + 1)

    await keeper(stores).delete_expired()

    assert (set(), set()) == (await stores.stored(), await registered(stores))


async def test_one_run_deletes_several_batches(stores: PictureStores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("renderer.maintenance.retention.BATCH", 1)
    for settings in (PLAIN, SPLIT):
        for media in (FILM, OTHER):
            await stores.draw(settings, media)
    await age(stores, "images", 400)

    await keeper(stores).delete_expired()

    assert (set(), set()) == (await stores.stored(), await stores.indexed())


async def test_one_run_has_a_limit(stores: PictureStores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("renderer.maintenance.retention.BATCH", 1)
    monkeypatch.setattr("renderer.maintenance.retention.MAX_BATCHES", 2)
    for settings, media in ((PLAIN, FILM), (PLAIN, OTHER), (SPLIT, FILM)):
        await stores.draw(settings, media)
    await age(stores, "images", 400)

    await keeper(stores).delete_expired()

    assert 1 == len(await stores.stored())


async def test_one_renderer_deletes_at_a_time(stores: PictureStores) -> None:
    await stores.draw(PLAIN, FILM)
    await age(stores, "images", 400)

    async with retention_lock(stores.pool) as is_ours:
        await keeper(stores).delete_expired()
        meanwhile = await stores.stored()
    await keeper(stores).delete_expired()

    assert is_ours
    assert (1, set()) == (len(meanwhile), await stores.stored())


async def test_a_requested_picture_is_kept_with_its_settings(stores: PictureStores) -> None:
    await stores.draw(PLAIN, FILM)
    await stores.draw(PLAIN, OTHER)
    await age(stores, "images", 400)
    await age(stores, "settings_registry", 400)

    await record_access(stores.pool, [AccessedPicture(settings_hash(PLAIN), str(FILM), "jpg")] * 2)
    await record_access(stores.pool, [])

    assert {0, 400} == set(await ages(stores, "images"))
    assert [0] == await ages(stores, "settings_registry")


async def test_drawing_and_checking_count_as_requests(stores: PictureStores) -> None:
    await stores.draw(PLAIN, FILM)
    await age(stores, "images", 400)
    await stores.draw(PLAIN, FILM)
    drawn = await ages(stores, "images")
    await age(stores, "images", 400)
    now = picture(PLAIN, FILM).metadata.drawn_at.replace(year=2027)

    await mark_checked(stores.pool, settings_hash(PLAIN), FILM, Format.JPG, now)

    assert ([0], [0]) == (drawn, await ages(stores, "images"))


async def test_settings_that_gateways_use_are_kept_or_registered_again(stores: PictureStores) -> None:
    await save_settings(stores.pool, settings_hash(PLAIN), PLAIN)
    await age(stores, "settings_registry", 400)

    in_use = {settings_hash(each): SettingsUse(partial(msgspec.structs.replace, each)) for each in (PLAIN, SPLIT)}
    await mark_settings_used(stores.pool, in_use)
    await mark_settings_used(stores.pool, {})

    assert [0, 0] == await ages(stores, "settings_registry")
    assert SPLIT == await load_settings(stores.pool, settings_hash(SPLIT))


async def test_settings_deleted_while_they_are_recorded_are_registered_again(stores: PictureStores) -> None:
    name = settings_hash(PLAIN)
    await save_settings(stores.pool, name, PLAIN)
    await age(stores, "settings_registry", 400)

    async with connection(stores.pool) as db, db.transaction():
        await db.execute("DELETE FROM settings_registry WHERE hash = $1", name)
        noting = asyncio.create_task(mark_settings_used(stores.pool, {name: SettingsUse(lambda: PLAIN)}))
        blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%asked_on%'"
        async with connection(stores.pool) as other, asyncio.timeout(2):
            while not await other.fetchval(blocked):  # noqa: ASYNC110 - nothing signals it
                await asyncio.sleep(0.01)
    await noting

    assert PLAIN == await load_settings(stores.pool, name)


async def free_only(stores: PictureStores) -> set[str]:
    async with connection(stores.pool) as db:
        return {row["hash"] for row in await db.fetch("SELECT hash FROM settings_registry WHERE free_only")}


async def test_pictures_of_the_free_key_expire_while_those_of_other_keys_stay(stores: PictureStores) -> None:
    await save_settings(stores.pool, settings_hash(SPLIT), SPLIT, is_free_only=True)
    gone, young = await stores.draw(SPLIT, FILM), await stores.draw(SPLIT, OTHER)
    kept = await stores.draw(PLAIN, FILM)
    await age(stores, "images", 61, f"hash = '{settings_hash(PLAIN)}' OR media_id = '{FILM}'")
    await age(stores, "images", 60, f"media_id = '{OTHER}'")

    await keeper(stores, days=0, free_key_days=60).delete_expired()

    assert gone not in {young, kept} == await stores.stored() == await stores.indexed()
    assert 1 == stores.count("renderer_pictures_removed_total", reason="free_key")


async def test_settings_stop_being_the_free_keys_when_another_key_uses_them(stores: PictureStores) -> None:
    plain, split = settings_hash(PLAIN), settings_hash(SPLIT)
    for settings in (PLAIN, SPLIT):
        await save_settings(stores.pool, settings_hash(settings), settings, is_free_only=True)

    await mark_settings_used(
        stores.pool, {plain: SettingsUse(lambda: PLAIN), split: SettingsUse(lambda: SPLIT, is_free_only=True)}
    )
    claimed = await free_only(stores)
    await mark_settings_used(stores.pool, {plain: SettingsUse(lambda: PLAIN, is_free_only=True)})

    assert {split} == claimed == await free_only(stores)


async def test_removed_settings_of_the_free_key_are_stored_again_as_its_own(stores: PictureStores) -> None:
    await mark_settings_used(
        stores.pool,
        {
            settings_hash(PLAIN): SettingsUse(lambda: PLAIN, is_free_only=True),
            settings_hash(SPLIT): SettingsUse(lambda: SPLIT),
        },
    )

    assert {settings_hash(PLAIN)} == await free_only(stores)


async def test_what_is_too_old_and_was_not_redrawn_is_deleted_with_what_sources_said(stores: PictureStores) -> None:
    old, new = await stores.draw(PLAIN, FILM), await stores.draw(PLAIN, OTHER)
    drawn_at = picture(PLAIN, FILM).metadata.drawn_at
    most_s = int((datetime.now(UTC) - drawn_at).total_seconds()) - OVERDUE_S
    async with connection(stores.pool) as db:
        await db.execute("UPDATE images SET drawn_at = now() WHERE media_id = $1", str(OTHER))
        await db.execute("UPDATE titles SET checked_at = $1", drawn_at)

    await keeper(stores, days=0, image_stale_s=most_s + 60).delete_expired()
    kept = await stores.indexed()
    await keeper(stores, days=0, image_stale_s=most_s - 60).delete_expired()

    assert {old, new} == kept
    assert {new} == await stores.stored() == await stores.indexed()
    assert 1 == stores.count("renderer_pictures_removed_total", reason="overdue")
    async with connection(stores.pool) as db:
        assert [str(OTHER)] == [row["media_id"] for row in await db.fetch("SELECT media_id FROM titles")]
