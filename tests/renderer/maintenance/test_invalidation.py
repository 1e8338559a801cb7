"""What a replica drops at the word of a removal, also when it may have missed one."""

import pytest
from redis.asyncio import Redis

from renderer.content.service import CacheStatus
from renderer.maintenance.deletion import Deletion
from renderer.maintenance.invalidation import Invalidation
from renderer.maintenance.invalidation_message import InvalidationMessage, look_folder, publish_invalidation
from renderer.storage.base import Picture
from renderer.storage.storage_key import storage_key
from shared.domain.errors import ArtNotFound, Cause
from shared.domain.pictures import Format, Kind
from shared.settings.content_url import ContentAddress
from shared.settings.digest import SettingsHash
from shared.stores.postgres import Pool, connection, open_pool
from tests.renderer.steps.test_steps import drawn
from tests.renderer.studio import IMDB, MOVIE, Studio
from tests.waiting import until


def forgetting(studio: Studio, pool: Pool) -> Invalidation:
    tools = studio.tools
    return Invalidation(pool=pool, storage=tools.storage, library=studio.library, looks=tools.looks)


async def a_drawing(studio: Studio) -> Picture:
    picture = (await drawn(studio)).picture
    assert picture is not None
    return picture


async def address(studio: Studio) -> ContentAddress:
    return ContentAddress((await studio.job()).settings_hash, Kind.POSTER, IMDB, Format.JPG)


async def test_a_picture_that_was_removed_is_drawn_anew(working: Studio, pool: Pool, redis: Redis) -> None:
    asked = await address(working)
    first = await working.library.find(asked)
    key = storage_key(asked.settings_hash, MOVIE, Format.JPG)
    await Deletion(working.storage, redis).objects([key])

    forgetting(working, pool).drop(InvalidationMessage(keys=(key,), purge=True))
    second = await working.library.find(asked)
    third = await working.library.find(asked)

    assert (CacheStatus.MISS, CacheStatus.MISS, CacheStatus.HIT) == (first.cache, second.cache, third.cache)


async def test_facts_are_asked_anew_after_a_purge(working: Studio, pool: Pool) -> None:
    asked = await address(working)
    working.library._facts[asked.picture] = Cause.ART_NOT_FOUND
    with pytest.raises(ArtNotFound):
        await working.library.find(asked)

    forgetting(working, pool).drop(InvalidationMessage(purge=True))

    assert CacheStatus.MISS is (await working.library.find(asked)).cache


async def test_a_folder_drops_the_copies_of_one_look_alone(studio: Studio, pool: Pool) -> None:
    plain, split = await studio.job(), await studio.job(IMDB, Kind.POSTER, split="yes")
    keys = [storage_key(job.settings_hash, MOVIE, Format.JPG) for job in (plain, split)]
    picture = await a_drawing(studio)
    for key in keys:
        await studio.storage.put(key, picture)

    forgetting(studio, pool).drop(InvalidationMessage(folder=look_folder(plain.settings_hash)))

    assert (None, picture) == (await studio.storage.get(keys[0]), await studio.storage.get(keys[1]))


async def test_a_look_that_was_removed_is_unknown(studio: Studio, pool: Pool, redis: Redis) -> None:
    look = (await studio.job()).settings_hash
    async with connection(pool) as db:
        await db.execute("DELETE FROM settings_registry")
    await redis.flushdb()

    forgetting(studio, pool).drop(InvalidationMessage(looks=(look,)))

    assert None is await studio.tools.looks.find(look)


@pytest.mark.parametrize(("ended_s", "left"), [(10, 0), (100, 1)])
async def test_a_purge_that_was_missed_costs_every_copy(studio: Studio, pool: Pool, ended_s: int, left: int) -> None:
    dropping = forgetting(studio, pool)
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


async def test_a_first_word_looks_back_for_as_long_as_copies_live(studio: Studio, pool: Pool) -> None:
    await studio.storage.put("c/look/movie-19.jpg", await a_drawing(studio))
    async with connection(pool) as db:
        await db.execute(
            """
            INSERT INTO purges (scope, targets, asked_by, begun_at, finished_at)
            VALUES ('all', '{}', 'root', now() - interval '1 hour', now() - interval '50 minutes')
            """
        )

    await forgetting(studio, pool).on_reconnect(0.0)

    assert None is await studio.storage.get("c/look/movie-19.jpg")


async def test_without_postgres_a_purge_may_have_been_missed(studio: Studio) -> None:
    await studio.storage.put("c/look/movie-19.jpg", await a_drawing(studio))

    async with open_pool("postgresql://postgres@127.0.0.1:9/nowhere") as nowhere:
        await forgetting(studio, nowhere).on_reconnect(1.0)

    assert None is await studio.storage.get("c/look/movie-19.jpg")


async def test_a_word_is_heard_as_it_was_told_and_what_is_none_is_passed_over(
    words: list[InvalidationMessage], redis: Redis
) -> None:
    word = InvalidationMessage(keys=("c/a/b.jpg",), looks=(SettingsHash("0" * 32),), purge=True)

    await redis.publish("marquee:forget", b"not a word of ours")
    await publish_invalidation(redis, word)
    await until(lambda: len(words) > 0)

    assert [word] == words
