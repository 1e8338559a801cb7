"""How many stored pictures an older version of the drawing code drew."""

from typing import Final

from shared.stores.postgres import Pool, connection

MOST_COUNTED: Final = 1_000_000
"""Counting goes no further: it takes Postgres about half a second."""


async def count_outdated(pool: Pool, drawing: int) -> int:
    """Return how many pictures an older version than ``drawing`` drew, up to ``MOST_COUNTED``. Raises ``StoreDown``."""
    query = "SELECT count(*) FROM (SELECT FROM images WHERE drawing < $1 LIMIT $2) AS outdated"
    async with connection(pool) as db:
        return int(await db.fetchval(query, drawing, MOST_COUNTED))
