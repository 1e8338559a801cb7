"""What a purge removes, what it leaves, and that it is done to its end."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from renderer.db.purges import next_purge
from renderer.maintenance.invalidation_message import InvalidationMessage, settings_folder
from renderer.storage.base import Picture
from renderer.storage.s3 import Stored
from shared.domain.errors import SourceDown, StoreDown
from shared.settings.digest import settings_hash
from shared.stores.postgres import connection
from shared.stores.purge_rows import CdnState, PurgeScope, PurgeState
from tests.renderer.maintenance.shelf import EPISODE, FILM, OF_ANOTHER, OTHER, PLAIN, SERIES, SPLIT, Namespace, picture
from tests.waiting import until

BOTH = (settings_hash(PLAIN), settings_hash(SPLIT))


async def test_a_purge_of_a_title_removes_all_its_pictures_and_no_others(
    shelf: Namespace, messages: list[InvalidationMessage]
) -> None:
    gone = {await shelf.draw(look, FILM) for look in (PLAIN, SPLIT)}
    kept = await shelf.draw(PLAIN, OTHER)
    await shelf.order(PurgeScope.TITLE, str(FILM))

    assert await shelf.purges().execute_next()

    row = await shelf.last()
    assert ({kept}, {kept}) == (await shelf.stored(), await shelf.indexed())
    assert (PurgeState.DONE, 2, CdnState.DONE, None) == (row.state, row.removed, row.edge, row.error)
    assert {"marquee:fresh:" + f"{BOTH[0]}:{name}" for name in ("movie-27", "imdb:tt0000027")} == await shelf.marks()
    await until(lambda: len(messages) == 2)
    assert [(set(), True), (gone, True)] == [(set(message.keys), message.purge) for message in messages]
    assert 2 == shelf.count("renderer_pictures_removed_total", reason="purge")
    assert 1 == shelf.count("renderer_admin_purges_total", outcome="done")


async def test_a_purge_of_a_series_includes_its_episodes(
    shelf: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("renderer.maintenance.purge_jobs.BATCH", 1)
    await shelf.draw(PLAIN, SERIES)
    await shelf.draw(PLAIN, EPISODE)
    kept = await shelf.draw(PLAIN, OF_ANOTHER)
    await shelf.order(PurgeScope.TITLE, str(SERIES))

    assert await shelf.purges().execute_next()

    row = await shelf.last()
    assert ({kept}, {kept}) == (await shelf.stored(), await shelf.indexed())
    assert (PurgeState.DONE, 2, CdnState.DONE) == (row.state, row.removed, row.edge)
    assert any("S1E2" in url for url in shelf.edge.urls)


async def test_a_purge_of_an_episode_leaves_its_series(shelf: Namespace) -> None:
    kept = await shelf.draw(PLAIN, SERIES)
    await shelf.draw(PLAIN, EPISODE)
    await shelf.order(PurgeScope.TITLE, str(EPISODE))

    assert await shelf.purges().execute_next()

    assert {kept} == await shelf.stored()


async def test_the_cdn_is_purged_under_all_external_ids_and_settings(shelf: Namespace) -> None:
    for look in (PLAIN, SPLIT):
        await shelf.draw(look, FILM)
    await shelf.order(PurgeScope.TITLE, str(FILM))

    await shelf.purges().execute_next()

    place = "https://posters.example/c"
    assert {
        f"{place}/{look}/{name}.{ext}{query}"
        for look, ext in zip(BOTH, ("jpg", "webp"), strict=True)
        for name in ("imdb/poster-default/tt0111161", "tmdb/poster-default/movie-278")
        for query in ("", "?fallback=true")
    } == set(shelf.edge.urls)
    assert [] == shelf.edge.prefixes


async def test_a_purge_of_settings_includes_unindexed_pictures(
    shelf: Namespace, messages: list[InvalidationMessage]
) -> None:
    await shelf.draw(PLAIN, FILM)
    await shelf.draw(PLAIN, OTHER, indexed=False)
    kept = await shelf.draw(SPLIT, FILM)
    await shelf.order(PurgeScope.LOOK, BOTH[0])

    await shelf.purges().execute_next()

    row = await shelf.last()
    assert ({kept}, {kept}) == (await shelf.stored(), await shelf.indexed())
    assert (PurgeState.DONE, 2) == (row.state, row.removed)
    assert [f"posters.example/c/{BOTH[0]}/"] == shelf.edge.prefixes
    assert {BOTH[1]} == {mark.split(":")[2] for mark in await shelf.marks()}
    folder = InvalidationMessage(folder=settings_folder(BOTH[0]), purge=True)
    await until(lambda: len(messages) == 3)
    assert (folder, folder) == (messages[0], messages[-1])


async def test_a_purge_of_all_leaves_nothing(shelf: Namespace) -> None:
    for look in (PLAIN, SPLIT):
        await shelf.draw(look, FILM)
        await shelf.draw(look, OTHER, indexed=False)
    await shelf.s3.put("c/foreign", picture(PLAIN, FILM))
    await shelf.s3.put("another/folder", picture(PLAIN, FILM))
    await shelf.order(PurgeScope.ALL)

    await shelf.purges().execute_next()

    row = await shelf.last()
    assert ({"another/folder"}, set(), set()) == (await shelf.stored(), await shelf.indexed(), await shelf.marks())
    assert (PurgeState.DONE, 5) == (row.state, row.removed)
    assert ["posters.example/c/"] == shelf.edge.prefixes


async def test_a_picture_drawn_during_the_purge_stays(
    shelf: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shelf.draw(PLAIN, FILM)
    listed = shelf.s3.names
    drawn: list[str] = []

    async def drawing_meanwhile(folder: str) -> AsyncIterator[Stored]:
        drawn.append(await shelf.draw(SPLIT, OTHER))
        async for stored in listed(folder):
            yield stored

    monkeypatch.setattr(shelf.s3, "names", drawing_meanwhile)
    await shelf.order(PurgeScope.ALL)

    await shelf.purges().execute_next()

    monkeypatch.setattr(shelf.s3, "names", listed)
    assert (set(drawn), set(drawn)) == (await shelf.stored(), await shelf.indexed())
    assert 1 == (await shelf.last()).removed


async def test_without_a_cdn_none_is_purged(shelf: Namespace) -> None:
    await shelf.draw(PLAIN, FILM)
    await shelf.order(PurgeScope.TITLE, str(FILM))

    await shelf.purges(has_cdn=False).execute_next()

    row = await shelf.last()
    assert (PurgeState.DONE, CdnState.NONE, []) == (row.state, row.edge, shelf.edge.calls)


async def test_a_cdn_that_stays_down_fails_and_the_pictures_are_deleted_anyway(shelf: Namespace) -> None:
    await shelf.draw(PLAIN, FILM)
    shelf.edge.error = SourceDown("cloudflare", "status 500")
    await shelf.order(PurgeScope.TITLE, str(FILM))

    await shelf.purges().execute_next()

    row = await shelf.last()
    assert (PurgeState.DONE, CdnState.FAILED, 1) == (row.state, row.edge, row.removed)
    assert (set(), set()) == (await shelf.stored(), await shelf.indexed())
    assert [4] * 6 == shelf.edge.calls
    assert 1 == shelf.count("renderer_admin_purges_total", outcome="edge_failed")


class _Failing:
    """A storage that loses its S3 after so many calls."""

    def __init__(self, shelf: Namespace, calls: int) -> None:
        self._shelf, self._calls = shelf, calls

    async def remove(self, keys: list[str]) -> None:
        self._calls -= 1
        if self._calls < 0:
            raise StoreDown("s3: SlowDown")
        await self._shelf.storage.remove(keys)


async def test_a_purge_interrupted_by_a_store_continues(
    shelf: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for look in (PLAIN, SPLIT):
        await shelf.draw(look, FILM)
    await shelf.order(PurgeScope.ALL)
    monkeypatch.setattr("renderer.maintenance.purge_jobs.BATCH", 1)
    monkeypatch.setattr(shelf.deletion, "_storage", _Failing(shelf, 1))

    with pytest.raises(StoreDown):
        await shelf.purges().execute_next()
    half = await shelf.last()
    monkeypatch.setattr(shelf.deletion, "_storage", shelf.storage)
    again = await shelf.purges().execute_next()

    whole = await shelf.last()
    assert (PurgeState.RUNNING, 1, "s3: SlowDown") == (half.state, half.removed, half.error)
    assert again
    assert (PurgeState.DONE, 2, None) == (whole.state, whole.removed, whole.error)
    assert set() == await shelf.stored()


async def test_an_unreadable_purge_fails_and_blocks_no_other(shelf: Namespace) -> None:
    await shelf.order(PurgeScope.TITLE, "no media id")
    await shelf.order(PurgeScope.TITLE, str(FILM))
    purges = shelf.purges()

    done = [await purges.execute_next(), await purges.execute_next(), await purges.execute_next()]

    async with connection(shelf.pool) as db:
        rows = await db.fetch("SELECT finished_at IS NOT NULL AS ended, error IS NULL AS well FROM purges ORDER BY id")
    assert [True, True, False] == done
    assert [(True, False), (True, True)] == [(row["ended"], row["well"]) for row in rows]


async def test_two_renderers_never_execute_the_same_purge_at_once(shelf: Namespace) -> None:
    await shelf.draw(PLAIN, FILM)
    await shelf.order(PurgeScope.TITLE, str(FILM))

    async with next_purge(shelf.pool) as held:
        other = await shelf.purges().execute_next()
    after = await shelf.purges().execute_next()

    assert held is not None
    assert (False, True) == (other, after)


async def test_a_purge_whose_renderer_died_is_taken_over(shelf: Namespace) -> None:
    await shelf.draw(PLAIN, FILM)
    await shelf.order(PurgeScope.TITLE, str(FILM))
    taken = asyncio.Event()

    async def hold() -> None:
        async with next_purge(shelf.pool):
            taken.set()
            await asyncio.Event().wait()

    holder = asyncio.create_task(hold())
    await taken.wait()
    async with connection(shelf.pool) as db:  # as Postgres does when the holder's connection is gone
        await db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
        )

    while not await shelf.purges().execute_next():  # noqa: ASYNC110 - Postgres ends the other's lock, a moment later
        await asyncio.sleep(0.01)

    assert PurgeState.DONE is (await shelf.last()).state
    holder.cancel()
    await asyncio.gather(holder, return_exceptions=True)


async def test_the_copies_of_the_renderer_that_purges_are_gone_too(shelf: Namespace) -> None:
    key = await shelf.draw(PLAIN, FILM)
    warm: Picture | None = await shelf.storage.get(key)
    await shelf.order(PurgeScope.TITLE, str(FILM))

    await shelf.purges().execute_next()

    assert warm is not None
    assert None is await shelf.storage.get(key)


async def test_more_pictures_than_one_batch_are_all_removed(shelf: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("renderer.maintenance.purge_jobs.BATCH", 2)
    for look in (PLAIN, SPLIT):
        await shelf.draw(look, FILM)
        await shelf.draw(look, OTHER, indexed=look is PLAIN)
    await shelf.order(PurgeScope.ALL)

    await shelf.purges().execute_next()

    assert (set(), 4) == (await shelf.stored(), (await shelf.last()).removed)


async def test_a_hold_ends_with_its_purge(shelf: Namespace) -> None:
    await shelf.order(PurgeScope.ALL)
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"

    async with next_purge(shelf.pool), connection(shelf.pool) as db:
        held = await db.fetchval(locks)
    async with connection(shelf.pool) as db:
        after = await db.fetchval(locks)

    assert (1, 0) == (held, after)
