"""Looks and titles through memory, Redis and Postgres, with any of them lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date

import pytest
from redis.asyncio import Redis

from renderer.jobs.title_index import TitleIndex
from shared.domain.errors import StoreDown
from shared.domain.ids import ExternalId, MediaId
from shared.domain.pictures import Format, Kind
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.parameters import parse
from shared.stores.postgres import Pool, connection, open_pool
from shared.stores.redis import connect
from shared.stores.settings_registry import SettingsRegistry
from shared.stores.settings_rows import save_settings
from shared.stores.title_rows import TitleMetadata, save_title

LOOK = parse(Kind.POSTER, Format.JPG, {"ratings_limit": "4"})
NAME = settings_hash(LOOK)
FILM = MediaId.parse("movie-278")
IMDB, TMDB = ExternalId.from_alias("imdb:tt0111161"), ExternalId.from_alias("tmdb:movie-278")


@pytest.fixture
async def no_redis() -> AsyncIterator[Redis]:
    client = connect("redis://127.0.0.1:9/0")
    yield client
    await client.aclose()


@pytest.fixture
async def no_pool() -> AsyncIterator[Pool]:
    async with open_pool("postgresql://postgres@127.0.0.1:9/marquee") as pool:
        yield pool


async def test_a_look_that_one_replica_remembers_every_replica_finds(pool: Pool, redis: Redis) -> None:
    one, other = SettingsRegistry(pool, redis), SettingsRegistry(pool, redis)

    name = await one.remember(LOOK)

    assert NAME == name
    assert (True, False) == (one.is_known(NAME), other.is_known(NAME))
    assert LOOK == await other.find(NAME)
    assert NAME == await other.remember(LOOK)
    assert other.is_known(NAME)


async def test_a_look_that_was_deleted_is_not_known_however_often_it_was_asked_for(pool: Pool, redis: Redis) -> None:
    registry = SettingsRegistry(pool, redis)
    await registry.remember(LOOK)
    assert [True] * 3 == [registry.is_known(NAME) for _ in range(3)]

    registry.invalidate(NAME)

    assert (False, 1) == (registry.is_known(NAME), registry.deletions)
    await registry.remember(LOOK)
    assert (True, 1) == (registry.is_known(NAME), registry.deletions)


async def test_a_remembered_look_survives_an_emptied_redis(pool: Pool, redis: Redis) -> None:
    await SettingsRegistry(pool, redis).remember(LOOK)
    await redis.flushall()

    assert LOOK == await SettingsRegistry(pool, redis).find(NAME)
    assert 1 == await redis.exists(f"marquee:look:{NAME}")


async def test_a_look_is_durable_before_remember_returns(pool: Pool, no_redis: Redis) -> None:
    await SettingsRegistry(pool, no_redis).remember(LOOK)

    assert LOOK == await SettingsRegistry(pool, no_redis).find(NAME)


async def test_a_look_that_redis_holds_needs_no_postgres(pool: Pool, no_pool: Pool, redis: Redis) -> None:
    await SettingsRegistry(pool, redis).remember(LOOK)
    registry = SettingsRegistry(no_pool, redis)

    assert NAME == await registry.remember(LOOK)
    assert LOOK == await SettingsRegistry(no_pool, redis).find(NAME)


async def test_a_look_in_memory_needs_nobody(pool: Pool, redis: Redis, no_pool: Pool, no_redis: Redis) -> None:
    registry, lost = SettingsRegistry(pool, redis), SettingsRegistry(no_pool, no_redis)
    await registry.remember(LOOK)
    await registry.find(NAME)
    registry._pool = no_pool
    registry._cache._load, registry._cache._remote = lost._cache._load, lost._cache._remote

    assert NAME == await registry.remember(LOOK)
    assert LOOK == await registry.find(NAME)


async def test_a_new_look_that_cannot_be_kept_is_not_known(no_pool: Pool, redis: Redis) -> None:
    registry = SettingsRegistry(no_pool, redis)

    with pytest.raises(StoreDown):
        await registry.remember(LOOK)

    assert not registry.is_known(NAME)
    assert 0 == await redis.exists(f"marquee:look:{NAME}")


async def test_a_look_that_cannot_be_looked_up_is_not_called_unknown(no_pool: Pool, redis: Redis) -> None:
    with pytest.raises(StoreDown):
        await SettingsRegistry(no_pool, redis).find(NAME)


async def test_a_look_that_nobody_issued_is_none(pool: Pool, redis: Redis) -> None:
    assert None is await SettingsRegistry(pool, redis).find(SettingsHash("0" * 32))


async def test_a_look_that_redis_garbled_comes_from_postgres(pool: Pool, redis: Redis) -> None:
    await save_settings(pool, NAME, LOOK)
    await redis.set(f"marquee:look:{NAME}", b'{"kind":"hologram"}')

    assert LOOK == await SettingsRegistry(pool, redis).find(NAME)


async def test_many_who_remember_one_look_write_it_once(pool: Pool, redis: Redis) -> None:
    registry = SettingsRegistry(pool, redis)

    names = await asyncio.gather(*(registry.remember(LOOK) for _ in range(50)))

    async with connection(pool) as db:
        rows = await db.fetchval("SELECT count(*) FROM settings_registry")
    assert {NAME} == set(names)
    assert 1 == rows


async def test_memory_of_looks_is_bounded(pool: Pool, redis: Redis) -> None:
    registry = SettingsRegistry(pool, redis, most_cached=2)
    for limit in range(1, 4):
        await registry.find(await registry.remember(parse(Kind.POSTER, Format.JPG, {"ratings_limit": str(limit)})))

    assert 2 == len(registry._cache._memory)


async def test_a_title_that_one_replica_remembers_every_replica_finds(pool: Pool, redis: Redis) -> None:
    await TitleIndex(pool, redis).remember(
        TitleMetadata(media=FILM, name="Film", film_date=date(1994, 9, 23)), [IMDB, TMDB]
    )

    assert [FILM, FILM] == [await TitleIndex(pool, redis).find(ref) for ref in (IMDB, TMDB)]


async def test_a_title_that_was_never_drawn_is_none_until_it_is(pool: Pool, redis: Redis) -> None:
    index = TitleIndex(pool, redis)
    before = await index.find(IMDB)

    await index.remember(TitleMetadata(media=FILM, name="Film"), [IMDB])

    assert (None, FILM) == (before, await index.find(IMDB))


async def test_a_title_is_found_with_either_store_lost(
    pool: Pool, redis: Redis, no_pool: Pool, no_redis: Redis
) -> None:
    await TitleIndex(pool, redis).remember(TitleMetadata(media=FILM, name="Film"), [IMDB])

    assert FILM == await TitleIndex(no_pool, redis).find(IMDB)
    assert FILM == await TitleIndex(pool, no_redis).find(IMDB)


async def test_what_nobody_knew_is_not_asked_again_at_once(
    pool: Pool, redis: Redis, no_redis: Redis, no_pool: Pool
) -> None:
    index = TitleIndex(pool, redis)
    first = await index.find(IMDB)
    lost = TitleIndex(no_pool, no_redis)
    index._cache._load, index._cache._remote = lost._cache._load, lost._cache._remote

    again = await index.find(IMDB)

    assert [None, None] == [first, again]
    with pytest.raises(StoreDown):
        await index.find(TMDB)


async def test_a_title_is_remembered_with_either_store_lost(
    pool: Pool, redis: Redis, no_pool: Pool, no_redis: Redis
) -> None:
    await TitleIndex(no_pool, redis).remember(TitleMetadata(media=FILM, name="Film"), [IMDB])
    await TitleIndex(pool, no_redis).remember(TitleMetadata(media=FILM, name="Film"), [TMDB])

    assert [FILM, FILM] == [await TitleIndex(pool, redis).find(ref) for ref in (IMDB, TMDB)]


async def test_with_both_stores_lost_only_memory_knows(no_pool: Pool, no_redis: Redis) -> None:
    index = TitleIndex(no_pool, no_redis)
    with pytest.raises(StoreDown):
        await index.find(IMDB)

    with pytest.raises(StoreDown):
        await index.remember(TitleMetadata(media=FILM, name="Film"), [IMDB])

    assert FILM == await index.find(IMDB)


async def test_a_title_in_postgres_alone_is_put_in_redis(pool: Pool, no_pool: Pool, redis: Redis) -> None:
    await save_title(pool, TitleMetadata(media=FILM, name="Film"), [IMDB])

    await TitleIndex(pool, redis).find(IMDB)

    assert FILM == await TitleIndex(no_pool, redis).find(IMDB)
