"""A new database over a full bucket: what a purge then says, and rows that this version cannot read."""

from redis.asyncio import Redis
from structlog.testing import capture_logs

from renderer.db.index_rebuild import image_names
from renderer.db.retention import expired_pictures
from renderer.jobs.title_index import TitleIndex
from renderer.maintenance.index_restore import IndexRestore
from renderer.maintenance.purge_jobs import INDEX_INCOMPLETE
from renderer.storage.s3_check import CHECK_FOLDER
from shared.domain.ids import ExternalId, MediaId
from shared.settings.digest import settings_hash
from shared.stores.postgres import Pool, connection, open_pool
from shared.stores.purge_rows import PurgeScope, PurgeState
from shared.stores.title_rows import find_answer, find_external_ids, find_title, save_external_ids
from tests.renderer.maintenance.picture_stores import FILM, NAMES, OTHER, PLAIN, SPLIT, PictureStores, picture

IMDB = ExternalId.from_alias("imdb:tt0111161")


async def forget_all(pool: Pool) -> None:
    """Make the database what a new one is."""
    async with connection(pool) as db:
        await db.execute("DELETE FROM images; DELETE FROM title_aliases; DELETE FROM titles")


async def test_a_purge_that_finds_nothing_in_a_new_index_names_the_command(stores: PictureStores) -> None:
    await stores.draw(PLAIN, FILM)
    await stores.draw(SPLIT, FILM)
    await forget_all(stores.pool)
    await stores.order(PurgeScope.TITLE, str(FILM))

    await stores.purges().execute_all()

    row = await stores.last()
    assert (PurgeState.FAILED, 0, INDEX_INCOMPLETE) == (row.state, row.removed, row.error)
    assert "rebuild-index" in INDEX_INCOMPLETE
    assert 1 == stores.count("renderer_admin_purges_total", outcome="unindexed")


async def test_after_rebuild_index_the_same_purge_removes_everything(stores: PictureStores) -> None:
    await stores.draw(PLAIN, FILM)
    await stores.draw(SPLIT, FILM)
    await forget_all(stores.pool)

    restore = IndexRestore(stores.s3, stores.pool, at_once=4, on_batch=lambda _: None, on_skip=lambda *_: None)
    await restore.restore()
    await stores.order(PurgeScope.TITLE, str(FILM))
    await stores.purges().execute_all()

    row = await stores.last()
    assert (PurgeState.DONE, 2, None) == (row.state, row.removed, row.error)
    assert set() == await stores.stored()


async def test_a_purge_of_a_title_without_pictures_is_done_while_the_index_is_whole(stores: PictureStores) -> None:
    await stores.draw(PLAIN, OTHER)
    await stores.order(PurgeScope.TITLE, str(FILM))

    await stores.purges().execute_all()

    row = await stores.last()
    assert (PurgeState.DONE, 0, None) == (row.state, row.removed, row.error)


async def test_one_unreadable_alias_fails_no_purge(stores: PictureStores) -> None:
    key = await stores.draw(PLAIN, FILM)
    async with connection(stores.pool) as db:
        await db.execute("INSERT INTO title_aliases (alias, media_id) VALUES ('wikidata:Q172241', $1)", str(FILM))
        await db.execute("INSERT INTO title_aliases (alias, media_id) VALUES ('imdb:what', $1)", str(FILM))
    await stores.order(PurgeScope.TITLE, str(FILM), "tvdb:not-an-id")

    with capture_logs() as logs:
        await stores.purges().execute_all()

    row = await stores.last()
    assert (PurgeState.DONE, 1) == (row.state, row.removed)
    assert key not in await stores.stored()
    assert {"wikidata:Q172241", "imdb:what", "tvdb:not-an-id"} >= {
        event["alias"] for event in logs if event["event"] == "alias_unreadable"
    }
    assert set(NAMES[FILM]) == set(await find_external_ids(stores.pool, FILM))


async def test_rows_of_pictures_that_cannot_be_read_are_passed_over(stores: PictureStores) -> None:
    """As they are after a rollback from a version with another format, on pages of their own too."""
    await stores.draw(PLAIN, FILM)
    await stores.draw(SPLIT, FILM)
    async with connection(stores.pool) as db:
        await db.execute(
            """
            INSERT INTO images (hash, media_id, ext, etag, bytes, fingerprint, degraded, drawn_at, checked_at, asked_on)
            SELECT hash, media_id, other, 'x', 1, 'f', false, now(), now(), '2020-01-01'
            FROM images, unnest(ARRAY['avif', 'heic', 'jxl']) AS other
            """
        )
    names = [await image_names(stores.pool, None, 1)]
    while names[-1]:
        names.append(await image_names(stores.pool, names[-1][-1], 1))
    await stores.order(PurgeScope.TITLE, str(FILM))
    await stores.purges().execute_all()

    row = await stores.last()
    assert (PurgeState.DONE, 2) == (row.state, row.removed)
    assert 2 == sum(map(len, names))
    assert [] == await expired_pictures(stores.pool, 30, 10)


async def test_an_id_of_a_title_that_is_not_stored_is_kept_with_the_title(pool: Pool) -> None:
    await forget_all(pool)

    await save_external_ids(pool, FILM, [IMDB])

    record = await find_title(pool, FILM)
    assert record is not None
    assert ("", ("imdb:tt0111161",)) == (record.facts.name, record.aliases)
    assert FILM == await find_answer(pool, IMDB)


async def test_pictures_of_a_new_database_log_nothing_each(pool: Pool, redis: Redis) -> None:
    await forget_all(pool)
    index = TitleIndex(pool, redis)

    with capture_logs() as logs:
        for number in range(1, 30):
            assert () == tuple(
                await index.answer(MediaId.parse(f"movie-{number}"), ExternalId.from_alias(f"imdb:tt000{number:04}"))
                or ()
            )

    assert [] == logs


async def test_a_database_that_is_away_is_logged_once_and_not_for_each_title(redis: Redis) -> None:
    async with open_pool("postgresql://postgres@127.0.0.1:9/marquee") as away:
        index = TitleIndex(away, redis)
        with capture_logs() as logs:
            for number in range(1, 5):
                ref = ExternalId.from_alias(f"imdb:tt000{number:04}")
                assert None is await index.answer(MediaId.parse(f"movie-{number}"), ref)

    assert ["title_not_saved"] == [event["event"] for event in logs]


async def test_a_check_of_the_bucket_is_no_foreign_object(stores: PictureStores) -> None:
    await stores.draw(PLAIN, FILM)
    await stores.s3.put(f"{CHECK_FOLDER}0123.jpg", picture(PLAIN, FILM))

    restore = IndexRestore(stores.s3, stores.pool, at_once=4, on_batch=lambda _: None, on_skip=lambda *_: None)
    await restore.restore()

    assert (1, 0) == (restore.counts.objects, restore.counts.skipped)
    assert settings_hash(PLAIN) in restore.counts.last
