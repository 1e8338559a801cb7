"""Statements that lock many rows lock them in the same order, whichever way the database chooses to run them.

The way differs between connections: it follows from what the tables held when a statement was prepared.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias

import msgspec
import pytest

from gateway.db.usage import UsageCounts
from renderer.db.index_rebuild import delete_image_rows, image_names, restore_images
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Format
from shared.settings.digest import SettingsHash
from shared.stores.image_rows import ImageRow
from shared.stores.postgres import Pool, connection, open_pool
from shared.stores.title_rows import TitleMetadata, find_external_ids, save_title
from tests.stack.api_keys import create_key

Write: TypeAlias = Callable[[Pool], Coroutine[Any, Any, object]]

UNUSED = [
    (),
    ("hashjoin",),
    ("hashjoin", "mergejoin"),
    ("hashjoin", "nestloop"),
    ("nestloop", "mergejoin"),
    ("seqscan",),
]
CONNECTIONS = 2
ROWS = 30
DAY = date(2026, 11, 1)
MIDNIGHT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
async def pools(pool: Pool, postgres_url: str) -> AsyncIterator[list[Pool]]:
    """Open pools of connections that leave one or another way of running a statement unused."""
    async with AsyncExitStack() as stack, connection(pool) as db:
        opened = []
        for ways in UNUSED:
            for way in ways:
                await db.execute(f"ALTER DATABASE marquee SET enable_{way} = off")
            opened.append(await stack.enter_async_context(open_pool(postgres_url, most_connections=CONNECTIONS)))
            async with connection(opened[-1]), connection(opened[-1]):
                await db.execute("ALTER DATABASE marquee RESET ALL")
        yield opened


async def write_at_once(pool: Pool, pools: list[Pool], middle: str, write: Write) -> None:
    """Write by every connection, and let each come as far as the row that ``middle`` locks before any goes on."""
    writers = pools * CONNECTIONS
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with asyncio.TaskGroup() as tasks, connection(pool) as db, db.transaction():
        assert await db.fetchrow(f"{middle} FOR UPDATE") is not None
        for each in writers:
            tasks.create_task(write(each))
        while await db.fetchval(waiting) < len(writers):
            await db.execute("SELECT pg_sleep(0.01)")


async def test_usage(pool: Pool, pools: list[Pool]) -> None:
    keys = [await create_key(pool, name=f"{n}", key_hash=n.to_bytes(32), key_prefix=f"{n}") for n in range(ROWS)]
    counts = {key.id: 1 for key in keys}
    await UsageCounts(pool).add(counts, DAY)
    middle = f"SELECT FROM usage_daily WHERE key_id = {keys[ROWS // 2].id}"

    await write_at_once(pool, pools, middle, lambda each: UsageCounts(each).add(counts, DAY))

    expected = 1 + CONNECTIONS * len(pools)
    assert [expected] * ROWS == [await UsageCounts(pool).find(key.id, DAY) for key in keys]


async def test_ids_of_titles(pool: Pool, pools: list[Pool]) -> None:
    ids = [ExternalId(IdType.IMDB, 1 + number) for number in range(ROWS)]
    one, other = (TitleMetadata(media=MediaId(TitleKind.MOVIE, 1 + n), name="A film") for n in range(2))
    await save_title(pool, one, ids)
    middle = f"SELECT FROM title_aliases WHERE alias = '{ids[ROWS // 2].alias}'"

    async def save(each: Pool) -> None:
        await save_title(each, *((other, ids) if each in pools[::2] else (one, ids[::-1])))

    await write_at_once(pool, pools, middle, save)

    assert set(ids) == {ref for film in (one, other) for ref in await find_external_ids(pool, film.media)}


async def test_rows_of_the_index(pool: Pool, pools: list[Pool]) -> None:
    rows = [image(number) for number in range(ROWS)]
    middle = f"SELECT FROM images WHERE hash = '{rows[ROWS // 2].hash}'"
    newer = [msgspec.structs.replace(row, drawn_at=MIDNIGHT + timedelta(hours=1)) for row in rows]
    await restore_images(pool, rows)

    async def restore(each: Pool) -> None:
        await restore_images(each, newer if each in pools[::2] else newer[::-1])

    async def delete(each: Pool) -> None:
        await delete_image_rows(each, names if each in pools[::2] else names[::-1])

    await write_at_once(pool, pools, middle, restore)
    names = await image_names(pool, None, ROWS)
    await write_at_once(pool, pools, middle, delete)

    assert ROWS == len(names)
    assert [] == await image_names(pool, None, ROWS)


def image(number: int) -> ImageRow:
    return ImageRow(
        hash=SettingsHash(f"{number:032x}"),
        media=MediaId(TitleKind.MOVIE, 1 + number),
        ext=Format.JPG,
        etag="e" * 32,
        bytes=80_000,
        fingerprint="f" * 32,
        degraded=False,
        drawn_at=MIDNIGHT,
    )
