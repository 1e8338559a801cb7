"""What a purge deletes, what it leaves, and that it is completed."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from renderer.db.purges import next_purge
from renderer.storage.base import Picture
from renderer.storage.bucket_calls import StoredObject
from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import SourceDown, StoreDown
from shared.domain.ids import MediaId
from shared.settings.digest import settings_hash
from shared.stores.invalidation_message import InvalidationMessage, settings_folder
from shared.stores.postgres import connection
from shared.stores.purge_rows import CdnState, PurgeScope, PurgeState
from tests.renderer.maintenance.picture_stores import (
    COLLECTION,
    EPISODE,
    FILM,
    OF_ANOTHER,
    OTHER,
    PLAIN,
    SEASON,
    SERIES,
    SPLIT,
    PictureStores,
    picture,
)
from tests.waiting import until

BOTH = (settings_hash(PLAIN), settings_hash(SPLIT))


async def test_a_purge_of_a_title_removes_all_its_pictures_and_no_others(
    stores: PictureStores, messages: list[InvalidationMessage]
) -> None:
    gone = {await stores.draw(settings, FILM) for settings in (PLAIN, SPLIT)}
    kept = await stores.draw(PLAIN, OTHER)
    await stores.order(PurgeScope.TITLE, str(FILM))

    assert await stores.purges().execute_next()

    row = await stores.last()
    assert ({kept}, {kept}) == (await stores.stored(), await stores.indexed())
    assert (PurgeState.DONE, 2, CdnState.DONE, None) == (row.state, row.removed, row.edge, row.error)
    assert {"marquee:fresh:" + f"{BOTH[0]}:{name}" for name in ("movie-27", "imdb:tt0000027")} == await stores.marks()
    await until(lambda: len(messages) == 2)
    assert [(set(), True), (gone, True)] == [(set(message.keys), message.purge) for message in messages]
    assert 2 == stores.count("renderer_pictures_removed_total", reason="purge")
    assert 1 == stores.count("renderer_admin_purges_total", outcome="done")


async def test_a_purge_of_a_series_includes_its_episodes_and_seasons(
    stores: PictureStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("renderer.maintenance.purge_jobs.BATCH", 1)
    await stores.draw(PLAIN, SERIES)
    await stores.draw(PLAIN, EPISODE)
    await stores.draw(PLAIN, SEASON)
    kept = {await stores.draw(PLAIN, other) for other in (OF_ANOTHER, COLLECTION)}
    await stores.order(PurgeScope.TITLE, str(SERIES))

    assert await stores.purges().execute_next()

    row = await stores.last()
    assert (kept, kept) == (await stores.stored(), await stores.indexed())
    assert (PurgeState.DONE, 3, CdnState.DONE) == (row.state, row.removed, row.edge)
    assert any("S1E2" in url for url in stores.edge.urls)
    assert {"season-139-S2.jpg", "30272.jpg"} <= {url.rpartition("/")[2] for url in stores.edge.urls}


@pytest.mark.parametrize("part", [EPISODE, SEASON])
async def test_a_purge_of_a_part_leaves_its_series(stores: PictureStores, part: MediaId) -> None:
    kept = await stores.draw(PLAIN, SERIES)
    await stores.draw(PLAIN, part)
    await stores.order(PurgeScope.TITLE, str(part))

    assert await stores.purges().execute_next()

    assert {kept} == await stores.stored()


async def test_the_cdn_is_purged_under_all_external_ids_and_settings(stores: PictureStores) -> None:
    for settings in (PLAIN, SPLIT):
        await stores.draw(settings, FILM)
    await stores.order(PurgeScope.TITLE, str(FILM))

    await stores.purges().execute_next()

    place = "https://posters.example/c"
    assert {
        f"{place}/{settings}/{name}.{ext}{query}"
        for settings, ext in zip(BOTH, ("jpg", "webp"), strict=True)
        for name in ("imdb/poster-default/tt0111161", "tmdb/poster-default/movie-278")
        for query in ("", "?fallback=true")
    } == set(stores.edge.urls)
    assert [] == stores.edge.prefixes


async def test_a_purge_of_settings_includes_unindexed_pictures(
    stores: PictureStores, messages: list[InvalidationMessage]
) -> None:
    await stores.draw(PLAIN, FILM)
    await stores.draw(PLAIN, OTHER, indexed=False)
    kept = await stores.draw(SPLIT, FILM)
    await stores.order(PurgeScope.LOOK, BOTH[0])

    await stores.purges().execute_next()

    row = await stores.last()
    assert ({kept}, {kept}) == (await stores.stored(), await stores.indexed())
    assert (PurgeState.DONE, 2) == (row.state, row.removed)
    assert [f"posters.example/c/{BOTH[0]}/"] == stores.edge.prefixes
    assert {BOTH[1]} == {mark.split(":")[2] for mark in await stores.marks()}
    folder = InvalidationMessage(folder=settings_folder(BOTH[0]), purge=True)
    await until(lambda: len(messages) == 3)
    assert (folder, folder) == (messages[0], messages[-1])


async def test_a_purge_of_all_leaves_nothing(stores: PictureStores) -> None:
    for settings in (PLAIN, SPLIT):
        await stores.draw(settings, FILM)
        await stores.draw(settings, OTHER, indexed=False)
    await stores.s3.put("c/foreign", picture(PLAIN, FILM))
    await stores.s3.put("another/folder", picture(PLAIN, FILM))
    await stores.order(PurgeScope.ALL)

    await stores.purges().execute_next()

    row = await stores.last()
    assert ({"another/folder"}, set(), set()) == (await stores.stored(), await stores.indexed(), await stores.marks())
    assert (PurgeState.DONE, 5) == (row.state, row.removed)
    assert ["posters.example/c/"] == stores.edge.prefixes


async def test_a_picture_drawn_during_the_purge_stays(stores: PictureStores, monkeypatch: pytest.MonkeyPatch) -> None:
    await stores.draw(PLAIN, FILM)
    listed = stores.s3.names
    drawn: list[str] = []

    async def drawing_meanwhile(folder: str) -> AsyncIterator[StoredObject]:
        drawn.append(await stores.draw(SPLIT, OTHER))
        async for stored in listed(folder):
            yield stored

    monkeypatch.setattr(stores.s3, "names", drawing_meanwhile)
    await stores.order(PurgeScope.ALL)

    await stores.purges().execute_next()

    monkeypatch.setattr(stores.s3, "names", listed)
    assert (set(drawn), set(drawn)) == (await stores.stored(), await stores.indexed())
    assert 1 == (await stores.last()).removed


async def test_without_a_cdn_none_is_purged(stores: PictureStores) -> None:
    await stores.draw(PLAIN, FILM)
    await stores.order(PurgeScope.TITLE, str(FILM))

    await stores.purges(has_cdn=False).execute_next()

    row = await stores.last()
    assert (PurgeState.DONE, CdnState.NONE, []) == (row.state, row.edge, stores.edge.calls)


async def test_a_cdn_that_stays_down_fails_and_the_pictures_are_deleted_anyway(stores: PictureStores) -> None:
    await stores.draw(PLAIN, FILM)
    stores.edge.error = SourceDown("cloudflare", "status 500")
    await stores.order(PurgeScope.TITLE, str(FILM))

    await stores.purges().execute_next()

    row = await stores.last()
    assert (PurgeState.DONE, CdnState.FAILED, 1) == (row.state, row.edge, row.removed)
    assert (set(), set()) == (await stores.stored(), await stores.indexed())
    assert [4] * 6 == stores.edge.calls
    assert 1 == stores.count("renderer_admin_purges_total", outcome="edge_failed")


class _Failing:
    """A storage that loses its S3 after a number of calls."""

    def __init__(self, stores: PictureStores, calls: int) -> None:
        self._stores, self._calls = stores, calls

    async def remove(self, keys: list[str]) -> None:
        self._calls -= 1
        if self._calls < 0:
            raise StoreDown("s3: SlowDown")
        await self._stores.storage.remove(keys)


async def test_a_purge_interrupted_by_a_store_continues(stores: PictureStores, monkeypatch: pytest.MonkeyPatch) -> None:
    for settings in (PLAIN, SPLIT):
        await stores.draw(settings, FILM)
    await stores.order(PurgeScope.ALL)
    monkeypatch.setattr("renderer.maintenance.purge_jobs.BATCH", 1)
    monkeypatch.setattr(stores.deletion, "_storage", _Failing(stores, 1))

    with pytest.raises(StoreDown):
        await stores.purges().execute_next()
    half = await stores.last()
    monkeypatch.setattr(stores.deletion, "_storage", stores.storage)
    again = await stores.purges().execute_next()

    whole = await stores.last()
    assert (PurgeState.RUNNING, 1, "s3: SlowDown") == (half.state, half.removed, half.error)
    assert again
    assert (PurgeState.DONE, 2, None) == (whole.state, whole.removed, whole.error)
    assert set() == await stores.stored()


async def test_an_unreadable_purge_fails_and_blocks_no_other(stores: PictureStores) -> None:
    await stores.order(PurgeScope.TITLE, "no media id")
    await stores.order(PurgeScope.TITLE, str(FILM))
    purges = stores.purges()

    done = [await purges.execute_next(), await purges.execute_next(), await purges.execute_next()]

    async with connection(stores.pool) as db:
        rows = await db.fetch("SELECT finished_at IS NOT NULL AS ended, error IS NULL AS well FROM purges ORDER BY id")
    assert [True, True, False] == done
    assert [(True, False), (True, True)] == [(row["ended"], row["well"]) for row in rows]


async def test_two_renderers_never_execute_the_same_purge_at_once(stores: PictureStores) -> None:
    await stores.draw(PLAIN, FILM)
    await stores.order(PurgeScope.TITLE, str(FILM))

    async with next_purge(stores.pool) as held:
        other = await stores.purges().execute_next()
    after = await stores.purges().execute_next()

    assert held is not None
    assert (False, True) == (other, after)


async def test_a_purge_whose_renderer_died_is_taken_over(stores: PictureStores) -> None:
    await stores.draw(PLAIN, FILM)
    await stores.order(PurgeScope.TITLE, str(FILM))
    taken = asyncio.Event()

    async def hold() -> None:
        async with next_purge(stores.pool):
            taken.set()
            await asyncio.Event().wait()

    holder = asyncio.create_task(hold())
    await taken.wait()
    async with connection(stores.pool) as db:  # as Postgres does when the holder's connection is lost
        await db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
        )

    while not await stores.purges().execute_next():  # noqa: ASYNC110 - Postgres ends the other's lock, a moment later
        await asyncio.sleep(0.01)

    assert PurgeState.DONE is (await stores.last()).state
    await cancel_and_wait(holder)


async def test_the_copies_of_the_renderer_that_purges_are_gone_too(stores: PictureStores) -> None:
    key = await stores.draw(PLAIN, FILM)
    warm: Picture | None = await stores.storage.get(key)
    await stores.order(PurgeScope.TITLE, str(FILM))

    await stores.purges().execute_next()

    assert warm is not None
    assert None is await stores.storage.get(key)


async def test_more_pictures_than_one_batch_are_all_removed(
    stores: PictureStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("renderer.maintenance.purge_jobs.BATCH", 2)
    for settings in (PLAIN, SPLIT):
        await stores.draw(settings, FILM)
        await stores.draw(settings, OTHER, indexed=settings is PLAIN)
    await stores.order(PurgeScope.ALL)

    await stores.purges().execute_next()

    assert (set(), 4) == (await stores.stored(), (await stores.last()).removed)


async def test_a_hold_ends_with_its_purge(stores: PictureStores) -> None:
    await stores.order(PurgeScope.ALL)
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"

    async with next_purge(stores.pool), connection(stores.pool) as db:
        held = await db.fetchval(locks)
    async with connection(stores.pool) as db:
        after = await db.fetchval(locks)

    assert (1, 0) == (held, after)
