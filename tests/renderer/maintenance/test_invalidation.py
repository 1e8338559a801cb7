"""What a replica drops on an invalidation message, and when it may have missed one."""

import pytest
from redis.asyncio import Redis

from renderer.content.picture_result import CacheStatus
from renderer.maintenance.deletion import Deletion
from renderer.maintenance.invalidation import Invalidation
from renderer.storage.base import Picture
from renderer.storage.storage_key import storage_key
from shared.domain.errors import ArtNotFound, Cause
from shared.domain.pictures import Format, Kind
from shared.settings.content_url import ContentAddress
from shared.settings.digest import SettingsHash
from shared.stores.invalidation_message import InvalidationMessage, publish_invalidation, settings_folder
from shared.stores.postgres import Pool, connection, open_pool
from tests.renderer.steps.test_steps import drawn
from tests.renderer.studio import IMDB, MOVIE, Studio
from tests.waiting import until


def invalidation(studio: Studio, pool: Pool) -> Invalidation:
    dependencies = studio.dependencies
    return Invalidation(
        pool=pool,
        storage=dependencies.storage,
        content=studio.content,
        settings_registry=dependencies.settings_registry,
    )


async def a_drawing(studio: Studio) -> Picture:
    return (await drawn(studio)).picture


async def address(studio: Studio) -> ContentAddress:
    return ContentAddress((await studio.job()).settings_hash, Kind.POSTER, IMDB, Format.JPG)


async def test_a_deleted_picture_is_redrawn(working: Studio, pool: Pool, redis: Redis) -> None:
    asked = await address(working)
    first = await working.content.find(asked)
    key = storage_key(asked.settings_hash, MOVIE, Format.JPG)
    await Deletion(working.storage, redis).objects([key])

    invalidation(working, pool).drop(InvalidationMessage(keys=(key,), purge=True))
    second = await working.content.find(asked)
    third = await working.content.find(asked)

    assert (CacheStatus.MISS, CacheStatus.MISS, CacheStatus.HIT) == (first.cache, second.cache, third.cache)


async def test_permanent_errors_are_rechecked_after_a_purge(working: Studio, pool: Pool) -> None:
    asked = await address(working)
    working.content._missing._permanent_errors[asked.picture] = Cause.ART_NOT_FOUND
    with pytest.raises(ArtNotFound):
        await working.content.find(asked)

    invalidation(working, pool).drop(InvalidationMessage(purge=True))

    assert CacheStatus.MISS is (await working.content.find(asked)).cache


async def test_a_folder_drops_the_copies_of_its_settings_only(studio: Studio, pool: Pool) -> None:
    plain, split = await studio.job(), await studio.job(IMDB, Kind.POSTER, split="yes")
    keys = [storage_key(job.settings_hash, MOVIE, Format.JPG) for job in (plain, split)]
    picture = await a_drawing(studio)
    for key in keys:
        await studio.storage.put(key, picture)

    invalidation(studio, pool).drop(InvalidationMessage(folder=settings_folder(plain.settings_hash)))

    assert (None, picture) == (await studio.storage.get(keys[0]), await studio.storage.get(keys[1]))


async def test_deleted_settings_are_unknown(studio: Studio, pool: Pool, redis: Redis) -> None:
    settings = (await studio.job()).settings_hash
    async with connection(pool) as db:
        await db.execute("DELETE FROM settings_registry")
    await redis.flushdb()

    invalidation(studio, pool).drop(InvalidationMessage(settings_hashes=(settings,)))

    assert None is await studio.dependencies.settings_registry.find(settings)


@pytest.mark.parametrize(("ended_s", "left"), [(10, 0), (100, 1)])
async def test_a_missed_purge_drops_every_copy(studio: Studio, pool: Pool, ended_s: int, left: int) -> None:
    dropping = invalidation(studio, pool)
    await dropping.on_reconnect(0.0)
    await studio.storage.put("c/look/movie-19.jpg", await a_drawing(studio))
    await studio.storage.remove([storage_key((await studio.job()).settings_hash, MOVIE, Format.JPG)])
    async with connection(pool) as db:
        await db.execute(
            """
            INSERT INTO purges (scope, targets, asked_by, begun_at, finished_at)
            VALUES ('all', '{}', 'root', now() - interval '1 hour', now() - make_interval(secs => $1))
            """,
            ended_s,
        )

    await dropping.on_reconnect(30.0)

    assert left == len(studio.storage._pictures)


async def test_the_first_connection_checks_purges_for_as_long_as_copies_live(studio: Studio, pool: Pool) -> None:
    await studio.storage.put("c/look/movie-19.jpg", await a_drawing(studio))
    async with connection(pool) as db:
        await db.execute(
            """
            INSERT INTO purges (scope, targets, asked_by, begun_at, finished_at)
            VALUES ('all', '{}', 'root', now() - interval '1 hour', now() - interval '50 minutes')
            """
        )

    await invalidation(studio, pool).on_reconnect(0.0)

    assert None is await studio.storage.get("c/look/movie-19.jpg")


async def test_without_postgres_a_purge_may_have_been_missed(studio: Studio) -> None:
    await studio.storage.put("c/look/movie-19.jpg", await a_drawing(studio))

    async with open_pool("postgresql://postgres@127.0.0.1:9/nowhere") as nowhere:
        await invalidation(studio, nowhere).on_reconnect(1.0)

    assert None is await studio.storage.get("c/look/movie-19.jpg")


async def test_a_message_arrives_as_sent_and_an_unreadable_one_is_skipped(
    messages: list[InvalidationMessage], redis: Redis
) -> None:
    message = InvalidationMessage(keys=("c/a/b.jpg",), settings_hashes=(SettingsHash("0" * 32),), purge=True)

    await redis.publish("marquee:forget", b"not a message")
    await publish_invalidation(redis, message)
    await until(lambda: len(messages) > 0)

    assert [message] == messages
