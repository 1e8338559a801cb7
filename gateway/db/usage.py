"""How many requests each key made on each day and in each month."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from shared.stores.postgres import Pool, connection


class DayOfUse(msgspec.Struct, frozen=True):
    """One day on which a key was used."""

    day: date
    requests: int


class MonthOfUse(msgspec.Struct, frozen=True):
    """One month in which a key was used; ``month`` is its first day."""

    month: date
    requests: int


# Rows are locked in order, so that two replicas adding at once do not deadlock: each part refers to the one before it,
# for otherwise the plan would say which comes first, and plans differ between connections. The time of last use is
# precise to the hour, so that a busy key is not rewritten on every flush.
_ADD: Final = """
    WITH counted AS (SELECT * FROM unnest($1::bigint[], $2::bigint[]) AS counted (id, requests)),
    used AS (
        UPDATE api_keys SET last_used_at = now()
        WHERE id IN (
            SELECT id FROM api_keys
            WHERE id = ANY ($1::bigint[]) AND coalesce(last_used_at < now() - interval '1 hour', true)
            ORDER BY id FOR UPDATE
        )
        RETURNING id
    ),
    monthly AS (
        INSERT INTO usage_monthly (key_id, month, requests)
        SELECT id, $4, requests
        FROM api_keys JOIN counted USING (id), (SELECT count(*) FROM used) AS before ORDER BY id
        ON CONFLICT (key_id, month) DO UPDATE SET requests = usage_monthly.requests + excluded.requests
        RETURNING key_id, requests
    ),
    daily AS (
        INSERT INTO usage_daily (key_id, day, requests)
        SELECT id, $3, requests
        FROM api_keys JOIN counted USING (id), (SELECT count(*) FROM monthly) AS before ORDER BY id
        ON CONFLICT (key_id, day) DO UPDATE SET requests = usage_daily.requests + excluded.requests
    )
    SELECT coalesce(array_agg(key_id), '{}'), coalesce(array_agg(requests), '{}')
    FROM monthly JOIN api_keys ON id = key_id WHERE monthly_limit > 0
"""


class UsageCounts:
    """The usage counts of all keys. All methods raise ``StoreDown``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, counts: Mapping[int, int], day: date) -> dict[int, int]:
        """Add requests, by key id, to a day and its month, and mark the keys as used; all or nothing.

        Returns the use in that month, over all replicas, of those keys that have a monthly limit. Deleted keys are
        ignored.
        """
        if not counts:
            return {}
        async with connection(self._pool) as db:
            row = await db.fetchrow(_ADD, list(counts), list(counts.values()), day, day.replace(day=1))
        return dict(zip(*row, strict=True))  # two lists: a row for each key would take several times as long

    async def find(self, key_id: int, month: date) -> int:
        """Return how many requests a key made in the month of this day."""
        query = "SELECT requests FROM usage_monthly WHERE key_id = $1 AND month = $2"
        async with connection(self._pool) as db:
            requests = await db.fetchval(query, key_id, month.replace(day=1))
        return int(requests or 0)

    async def days(self, key_id: int, first: date, last: date) -> list[DayOfUse]:
        """Return the days from ``first`` to ``last`` on which a key was used, in order."""
        query = "SELECT day, requests FROM usage_daily WHERE key_id = $1 AND day BETWEEN $2 AND $3 ORDER BY day"
        async with connection(self._pool) as db:
            return [DayOfUse(*row) for row in await db.fetch(query, key_id, first, last)]

    async def months(self, key_id: int, limit: int) -> list[MonthOfUse]:
        """Return the last ``limit`` months in which a key was used, newest first."""
        query = "SELECT month, requests FROM usage_monthly WHERE key_id = $1 ORDER BY month DESC LIMIT $2"
        async with connection(self._pool) as db:
            return [MonthOfUse(*row) for row in await db.fetch(query, key_id, limit)]
