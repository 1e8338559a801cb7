"""Lists of titles, each with the day on which it was fetched; one renderer fetches them for all."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Final

import msgspec

from shared.stores.postgres import Pool, connection, lasting_transaction

_FETCHING: Final = 0x6D71_6C73
"""The advisory lock that a process holds while it fetches lists."""


class TitleList(msgspec.Struct, frozen=True):
    """A list: where it comes from, its day if it was ever fetched, and its titles' media ids, best first."""

    name: str
    origin: str
    day: date | None
    titles: tuple[str, ...]
    tried_at: datetime


async def load_title_lists(pool: Pool) -> list[TitleList]:
    """Return all lists. Raises ``StoreDown``."""
    async with connection(pool) as db:
        rows = await db.fetch("SELECT name, origin, day, titles, tried_at FROM title_lists ORDER BY name")
    return [TitleList(row["name"], row["origin"], row["day"], tuple(row["titles"]), row["tried_at"]) for row in rows]


async def note_attempt(pool: Pool, name: str, origin: str, now: datetime) -> None:
    """Record that a list is being fetched; one of another origin loses its titles. Raises ``StoreDown``."""
    query = """
        INSERT INTO title_lists (name, origin, tried_at) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET
            tried_at = excluded.tried_at,
            day = CASE WHEN title_lists.origin = excluded.origin THEN title_lists.day END,
            titles = CASE WHEN title_lists.origin = excluded.origin THEN title_lists.titles ELSE '{}' END,
            origin = excluded.origin
    """
    async with connection(pool) as db:
        await db.execute(query, name, origin, now)


async def save_title_list(pool: Pool, name: str, titles: Sequence[str], day: date) -> None:
    """Store the titles of a list whose attempt was recorded. Raises ``StoreDown``."""
    async with connection(pool) as db:
        await db.execute("UPDATE title_lists SET titles = $2, day = $3 WHERE name = $1", name, list(titles), day)


@asynccontextmanager
async def fetching_lock(pool: Pool) -> AsyncIterator[None]:
    """Hold the lock until the block ends; waits for another process that holds it. Raises ``StoreDown``."""
    async with lasting_transaction(pool) as db:
        await db.execute("SELECT pg_advisory_xact_lock($1)", _FETCHING)
        yield
