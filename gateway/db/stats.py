"""Counts of everything at a bounded cost: exact while tables are small, estimated otherwise."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import msgspec

from gateway.db.api_keys import FREE_PREFIX
from gateway.db.usage import DayOfUse
from shared.stores.postgres import Connection, Pool, connection

EXACT_UP_TO: Final = 1_000_000
"""Tables with more rows get the planner's estimate."""

_SAMPLED: Final = 200_000  # rows sampled from a larger table
DAYS: Final = 30


class Count(msgspec.Struct, frozen=True):
    """A number of rows, exact or estimated."""

    count: int
    is_estimate: bool


class PictureCount(msgspec.Struct, frozen=True):
    """A number of pictures and their total size."""

    count: int
    bytes: int


class StoredPictureCounts(msgspec.Struct, frozen=True, kw_only=True):
    """All stored pictures, and by kind; pictures whose settings were deleted have no kind."""

    count: int
    bytes: int
    is_estimate: bool
    by_kind: Mapping[str, PictureCount]


class KeyCount(msgspec.Struct, frozen=True, kw_only=True):
    """The number of keys without the free key; their last use is precise to the hour."""

    all: int
    disabled: int
    used_last_day: int


class RequestCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The requests for pictures by all keys including the free key; days and months are in UTC."""

    today: int
    this_month: int
    by_day: list[DayOfUse]


async def count_pictures(pool: Pool, *, exact_up_to: int = EXACT_UP_TO) -> StoredPictureCounts:
    """Count the stored pictures and their bytes by kind. Raises ``StoreDown``."""
    # Summed by settings first: there are far fewer settings than pictures.
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
    """Count the known titles. Raises ``StoreDown``."""
    async with connection(pool) as db:
        return await _count(db, "titles", exact_up_to)


async def count_settings(pool: Pool, *, exact_up_to: int = EXACT_UP_TO) -> Count:
    """Count the stored settings. Raises ``StoreDown``."""
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
    """Count the requests up to a day; days without requests are included. Raises ``StoreDown``."""
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
    """Return the planner's row count of a table; 0 before the first ANALYZE."""
    rows = await db.fetchval("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass($1)", table)
    return max(0, rows or 0)


async def _count(db: Connection, table: str, exact_up_to: int) -> Count:
    estimated = await _estimated(db, table)
    if estimated > exact_up_to:
        return Count(estimated, is_estimate=True)
    # The estimate may be outdated, so the exact count is limited as well.
    query = f"SELECT count(*) FROM (SELECT FROM {table} LIMIT $1) AS counted"  # noqa: S608 - the table is a constant
    counted = await db.fetchval(query, exact_up_to + 1)
    return Count(min(counted, exact_up_to), is_estimate=counted > exact_up_to)
