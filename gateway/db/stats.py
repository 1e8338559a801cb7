"""How much there is of everything, at a bounded cost: counted while tables are small, else estimated."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import msgspec

from gateway.db.api_keys import FREE_PREFIX
from gateway.db.usage import DayOfUse
from shared.stores.postgres import Connection, Pool, connection

EXACT_UP_TO: Final = 1_000_000
"""Rows of a table that are counted one by one; of more the planner's estimate is given."""

_SAMPLED: Final = 200_000  # rows of a larger table by which the whole is judged
DAYS: Final = 30


class Count(msgspec.Struct, frozen=True):
    """How many there are, or about how many."""

    count: int
    is_estimate: bool


class PictureCount(msgspec.Struct, frozen=True):
    """How many pictures, and how many bytes they are."""

    count: int
    bytes: int


class StoredPictureCounts(msgspec.Struct, frozen=True, kw_only=True):
    """All stored pictures, and those of each kind; one whose look was removed is of none."""

    count: int
    bytes: int
    is_estimate: bool
    by_kind: Mapping[str, PictureCount]


class KeyCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many keys there are, the free one not among them; their use is noted to the hour."""

    all: int
    disabled: int
    used_last_day: int


class RequestCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many pictures all keys together asked for, the free one among them; days and months are in UTC."""

    today: int
    this_month: int
    by_day: list[DayOfUse]


async def count_pictures(pool: Pool, *, exact_up_to: int = EXACT_UP_TO) -> StoredPictureCounts:
    """Count the stored pictures, their bytes and their kinds. Raises ``StoreDown``."""
    # Summed by look first: there are far fewer looks than pictures.
    query = """
        SELECT r.kind, sum(s.pictures)::bigint AS count, sum(s.bytes)::bigint AS bytes FROM (
            SELECT hash, count(*) AS pictures, sum(bytes) AS bytes
            FROM images TABLESAMPLE SYSTEM ($1) GROUP BY hash
        ) s LEFT JOIN settings_registry r USING (hash) GROUP BY r.kind ORDER BY r.kind
    """
    async with connection(pool) as db:
        rows = await _estimated(db, "images")
        is_estimate = rows > exact_up_to
        percent = min(100.0, 100.0 * _SAMPLED / rows) if is_estimate else 100.0
        found = await db.fetch(query, percent)
    sampled = sum(row["count"] for row in found)
    factor = rows / sampled if is_estimate and sampled else 1.0
    by_kind = {row["kind"]: PictureCount(round(row["count"] * factor), round(row["bytes"] * factor)) for row in found}
    return StoredPictureCounts(
        count=sum(each.count for each in by_kind.values()),
        bytes=sum(each.bytes for each in by_kind.values()),
        is_estimate=is_estimate,
        by_kind={kind: each for kind, each in by_kind.items() if kind is not None},
    )


async def count_titles(pool: Pool, *, exact_up_to: int = EXACT_UP_TO) -> Count:
    """Count the titles of which anything is kept. Raises ``StoreDown``."""
    async with connection(pool) as db:
        return await _count(db, "titles", exact_up_to)


async def count_settings(pool: Pool, *, exact_up_to: int = EXACT_UP_TO) -> Count:
    """Count the looks that were issued and are kept. Raises ``StoreDown``."""
    async with connection(pool) as db:
        return await _count(db, "settings_registry", exact_up_to)


async def count_images(pool: Pool, *, exact_up_to: int = EXACT_UP_TO) -> Count:
    """Count the stored pictures. Raises ``StoreDown``."""
    async with connection(pool) as db:
        return await _count(db, "images", exact_up_to)


async def count_keys(pool: Pool) -> KeyCount:
    """Count the keys. Raises ``StoreDown``."""
    query = """
        SELECT count(*), count(disabled_at), count(*) FILTER (WHERE last_used_at > now() - interval '1 day')
        FROM api_keys WHERE key_prefix <> $1
    """
    async with connection(pool) as db:
        total, disabled, used = await db.fetchrow(query, FREE_PREFIX)
    return KeyCount(all=total, disabled=disabled, used_last_day=used)


async def count_requests(pool: Pool, today: date) -> RequestCounts:
    """Count the requests up to a day, by day also for those on which there were none. Raises ``StoreDown``."""
    by_day = """
        SELECT d::date, coalesce(used.requests, 0)::bigint AS requests
        FROM generate_series($1::date, $2::date, interval '1 day') AS d LEFT JOIN (
            SELECT day, sum(requests) AS requests FROM usage_daily WHERE day BETWEEN $1 AND $2 GROUP BY day
        ) used ON used.day = d ORDER BY d
    """
    by_month = "SELECT coalesce(sum(requests), 0)::bigint FROM usage_monthly WHERE month = $1"
    async with connection(pool) as db:
        days = [DayOfUse(*row) for row in await db.fetch(by_day, today - timedelta(days=DAYS - 1), today)]
        this_month = await db.fetchval(by_month, today.replace(day=1))
    return RequestCounts(today=days[-1].requests, this_month=this_month, by_day=days)


async def _estimated(db: Connection, table: str) -> int:
    """Return about how many rows a table has, without reading it; 0 before anybody looked."""
    rows = await db.fetchval("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass($1)", table)
    return max(0, rows or 0)


async def _count(db: Connection, table: str, exact_up_to: int) -> Count:
    estimated = await _estimated(db, table)
    if estimated > exact_up_to:
        return Count(estimated, is_estimate=True)
    # The estimate may be old: what has grown since is counted no further either.
    query = f"SELECT count(*) FROM (SELECT FROM {table} LIMIT $1) AS counted"  # noqa: S608 - one of our own tables
    counted = await db.fetchval(query, exact_up_to + 1)
    return Count(min(counted, exact_up_to), is_estimate=counted > exact_up_to)
