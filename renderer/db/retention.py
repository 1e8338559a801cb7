"""When pictures and settings were last requested, which of them have expired, and the lock for deleting them."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from renderer.db.index_rebuild import ImageName, readable_names
from shared.domain.ids import MediaId
from shared.domain.pictures import Kind
from shared.settings.digest import SettingsHash
from shared.stores.postgres import Connection, Pool, connection, lasting_transaction

_HOUSEKEEPING: Final = 0x6D71_686B
"""The advisory lock that a process holds while it deletes what has expired."""


class AccessedPicture(msgspec.Struct, frozen=True):
    """A picture that was requested."""

    hash: SettingsHash
    media: str
    ext: str


async def record_access(pool: Pool, accessed: Sequence[AccessedPicture]) -> None:
    """Record that these pictures, and their settings, were requested today. Raises ``StoreDown``.

    Rows that another process is changing are skipped: it most likely writes the same.
    """
    pictures = """
        WITH due AS (
            SELECT images.hash, images.media_id, images.ext
            FROM images JOIN unnest($1::bpchar[], $2::text[], $3::text[]) AS asked (hash, media_id, ext)
                USING (hash, media_id, ext)
            WHERE images.asked_on < current_date FOR UPDATE OF images SKIP LOCKED
        )
        UPDATE images SET asked_on = current_date FROM due
        WHERE images.hash = due.hash AND images.media_id = due.media_id AND images.ext = due.ext
    """
    settings = """
        WITH due AS (
            SELECT hash FROM settings_registry WHERE hash = ANY($1::bpchar[]) AND asked_on < current_date
            FOR UPDATE SKIP LOCKED
        )
        UPDATE settings_registry SET asked_on = current_date FROM due WHERE settings_registry.hash = due.hash
    """
    if not accessed:
        return
    columns = list(zip(*((each.hash, each.media, each.ext) for each in accessed), strict=True))
    async with connection(pool) as db:
        await db.execute(pictures, *columns)
        await db.execute(settings, list({each.hash for each in accessed}))


async def find_pictures(
    pool: Pool,
    *,
    settings_hash: SettingsHash | None = None,
    media: MediaId | None = None,
    after: ImageName | None,
    most: int,
) -> list[ImageName]:
    """Return the next pictures of these settings, this title, or all, ordered by key. Raises ``StoreDown``."""
    start = None if after is None else (after.hash, str(after.media), after.ext.value)
    async with connection(pool) as db:
        while rows := await _page(db, start, most, hash=settings_hash, media_id=media):
            if names := readable_names(rows):
                return names
            start = (rows[-1]["hash"], rows[-1]["media_id"], rows[-1]["ext"])
    return []


async def _page(
    db: Connection, start: tuple[str, str, str] | None, most: int, **wanted: SettingsHash | MediaId | None
) -> list[asyncpg.Record]:
    # Only the conditions that apply: a query for all cases would use no index.
    given = list(start or ())
    conditions = ["(hash, media_id, ext) > ($2::bpchar, $3::text, $4::text)"] if start else []
    for column, value in wanted.items():
        if value is not None:
            given.append(str(value))
            conditions.append(f"{column} = ${len(given) + 1}")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    query = f"""
        SELECT hash, media_id, ext, drawn_at FROM images {where} ORDER BY hash, media_id, ext LIMIT $1
    """  # noqa: S608 - only constants are interpolated
    rows: list[asyncpg.Record] = await db.fetch(query, most, *given)
    return rows


async def expired_pictures(pool: Pool, days: int, most: int) -> list[ImageName]:
    """Return pictures not requested for ``days`` days, the oldest first. Raises ``StoreDown``."""
    query = """
        SELECT hash, media_id, ext, drawn_at FROM images WHERE asked_on < current_date - $1::int
        ORDER BY asked_on LIMIT $2
    """
    async with connection(pool) as db:
        return readable_names(await db.fetch(query, days, most))


async def free_key_expired_pictures(pool: Pool, days: int, most: int) -> list[ImageName]:
    """Return pictures not requested for ``days`` days, in settings of the free key alone. Raises ``StoreDown``."""
    query = """
        SELECT hash, media_id, ext, drawn_at FROM images
        WHERE hash = ANY(ARRAY(SELECT hash FROM settings_registry WHERE free_only))
            AND asked_on < current_date - $1::int
        LIMIT $2
    """
    async with connection(pool) as db:
        return readable_names(await db.fetch(query, days, most))


async def pictures_drawn_before(pool: Pool, moment: datetime, most: int) -> list[ImageName]:
    """Return pictures drawn before a moment, the oldest first. Raises ``StoreDown``."""
    query = "SELECT hash, media_id, ext, drawn_at FROM images WHERE drawn_at < $1 ORDER BY drawn_at LIMIT $2"
    async with connection(pool) as db:
        return readable_names(await db.fetch(query, moment, most))


async def remove_titles_checked_before(pool: Pool, moment: datetime, most: int) -> int:
    """Delete what sources said of titles that have no picture and were last checked before a moment; return how many.

    Raises ``StoreDown``.
    """
    query = """
        DELETE FROM titles WHERE media_id IN (
            SELECT media_id FROM titles AS old WHERE checked_at < $1
                AND NOT EXISTS (SELECT FROM images WHERE images.media_id = old.media_id)
            LIMIT $2 FOR UPDATE SKIP LOCKED
        ) RETURNING media_id
    """
    async with connection(pool) as db:
        return len(await db.fetch(query, moment, most))


async def remove_expired_settings(pool: Pool, days: int, most: int) -> list[SettingsHash]:
    """Delete settings without a picture, not requested for ``days`` days; return which. Raises ``StoreDown``."""
    query = """
        DELETE FROM settings_registry WHERE hash IN (
            SELECT hash FROM settings_registry AS look WHERE asked_on < current_date - $1::int
                AND NOT EXISTS (SELECT FROM images WHERE images.hash = look.hash)
            ORDER BY asked_on LIMIT $2 FOR UPDATE SKIP LOCKED
        ) RETURNING hash
    """
    async with connection(pool) as db:
        return [SettingsHash(row["hash"]) for row in await db.fetch(query, days, most)]


async def known_pictures(pool: Pool, keys: Sequence[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """Return which of these pictures (settings hash, media id, extension) are indexed. Raises ``StoreDown``."""
    query = """
        SELECT hash, media_id, ext FROM images
        JOIN unnest($1::bpchar[], $2::text[], $3::text[]) AS named (hash, media_id, ext) USING (hash, media_id, ext)
    """
    if not keys:
        return set()
    async with connection(pool) as db:
        rows = await db.fetch(query, *zip(*keys, strict=True))
    return {(row["hash"], row["media_id"], row["ext"]) for row in rows}


async def kinds_of(pool: Pool, hashes: Collection[SettingsHash]) -> dict[SettingsHash, Kind]:
    """Return the kind of each of these settings that is registered. Raises ``StoreDown``."""
    query = "SELECT hash, kind FROM settings_registry WHERE hash = ANY($1::bpchar[])"
    async with connection(pool) as db:
        rows = await db.fetch(query, list(hashes))
    return {SettingsHash(row["hash"]): Kind(row["kind"]) for row in rows}


@asynccontextmanager
async def retention_lock(pool: Pool) -> AsyncIterator[bool]:
    """Yield whether this process holds the lock until the block ends. Raises ``StoreDown``."""
    async with lasting_transaction(pool) as db:
        yield bool(await db.fetchval("SELECT pg_try_advisory_xact_lock($1)", _HOUSEKEEPING))
