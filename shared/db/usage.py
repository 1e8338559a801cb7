"""How many requests each key made in each month."""

from collections.abc import Mapping
from datetime import date

from shared.db.pool import Pool, connection


async def add_usage(pool: Pool, counts: Mapping[int, int], month: date) -> None:
    """Add requests, by key id, to any day's month, and note that the keys are in use; deleted keys are passed over.

    All or nothing. Raises ``StoreDown``.
    """
    if not counts:
        return
    # Locked in order, so that two replicas that add at once wait for each other and do not lock up; and the time of use
    # is kept to the hour, so that a busy key is not written again and again.
    query = """
        WITH counted AS (SELECT * FROM unnest($1::bigint[], $2::bigint[]) AS counted (id, requests)),
        used AS (
            UPDATE api_keys SET last_used_at = now()
            WHERE id IN (
                SELECT id FROM api_keys
                WHERE id = ANY ($1::bigint[]) AND coalesce(last_used_at < now() - interval '1 hour', true)
                ORDER BY id FOR UPDATE
            )
        )
        INSERT INTO usage_monthly (key_id, month, requests)
        SELECT id, $3, requests FROM api_keys JOIN counted USING (id) ORDER BY id
        ON CONFLICT (key_id, month) DO UPDATE SET requests = usage_monthly.requests + excluded.requests
    """
    async with connection(pool) as db:
        await db.execute(query, list(counts), list(counts.values()), month.replace(day=1))


async def requests_this_month(pool: Pool, key_id: int, month: date) -> int:
    """Return how many requests a key made in the month of this day. Raises ``StoreDown``."""
    query = "SELECT requests FROM usage_monthly WHERE key_id = $1 AND month = $2"
    async with connection(pool) as db:
        requests = await db.fetchval(query, key_id, month.replace(day=1))
    return int(requests or 0)
