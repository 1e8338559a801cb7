"""Purges as a renderer executes them: each is locked by one renderer until it is finished."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from shared.stores.postgres import Connection, Pool, connection, database_errors, lasting_transaction
from shared.stores.purge_rows import COLUMNS, LOCKS, MOST_OPEN, CdnState, PurgeRow, PurgeScope
from shared.stores.title_rows import Correction

_KEPT: Final = 1000
_LONGEST_ERROR: Final = 500


async def had_recent_purge(pool: Pool, seconds: float) -> bool:
    """Return whether a purge was running within the last ``seconds``. Raises ``StoreDown``."""
    query = """
        SELECT EXISTS (
            SELECT FROM purges WHERE begun_at IS NOT NULL
                AND (finished_at IS NULL OR finished_at > now() - make_interval(secs => $1))
        )
    """
    async with connection(pool) as db:
        return bool(await db.fetchval(query, seconds))


async def order_purge(pool: Pool, corrections: Sequence[Correction]) -> None:
    """Order a purge of the pictures of titles, also under ids that no longer lead to them. Raises ``StoreDown``.

    Not limited in number as admins are: each id is corrected once.
    """
    query = """
        INSERT INTO purges (scope, targets, asked_by) SELECT $1, $2::text[], $3
        WHERE NOT EXISTS (SELECT FROM purges WHERE begun_at IS NULL AND scope = $1 AND targets @> $2::text[])
    """
    titles = {str(correction.was) for correction in corrections}
    targets = [*sorted(titles), *sorted({correction.ref.alias for correction in corrections})]
    async with connection(pool) as db:
        await db.execute(query, PurgeScope.TITLE.value, targets, "renderer")


class HeldPurge:
    """A purge locked by this process; every write about it raises ``StoreDown`` when the lock is lost."""

    def __init__(self, lock: Connection, pool: Pool, row: PurgeRow) -> None:
        self._lock, self._pool = lock, pool
        self.row = row

    async def removed(self, pictures: int) -> None:
        """Count deleted pictures; with 0, only check that the lock is still held."""
        await self._write("UPDATE purges SET removed = removed + $2 WHERE id = $1", self.row.id, pictures)

    async def failed(self, reason: str) -> None:
        """Record the error of a purge that will be retried."""
        await self._write("UPDATE purges SET error = $2 WHERE id = $1", self.row.id, reason[:_LONGEST_ERROR])

    async def finish(self, edge: CdnState, error: str | None = None) -> None:
        """Record that the purge is finished, and delete the oldest finished purges above the number that is kept."""
        end = "UPDATE purges SET finished_at = now(), edge = $2, error = $3 WHERE id = $1"
        said = None if error is None else error[:_LONGEST_ERROR]
        await self._write(end, self.row.id, edge.value, said)
        drop = """
            DELETE FROM purges WHERE finished_at IS NOT NULL
                AND id <= (SELECT id FROM purges ORDER BY id DESC OFFSET $1 LIMIT 1)
        """
        await self._write(drop, _KEPT)

    async def _write(self, query: str, *values: object) -> None:
        """Write on another connection, because the one with the lock commits nothing before the purge ends."""
        with database_errors():
            await self._lock.execute("SELECT 1")  # fails when the lock is lost
        async with connection(self._pool) as db:
            await db.execute(query, *values)


@asynccontextmanager
async def next_purge(pool: Pool) -> AsyncIterator[HeldPurge | None]:
    """Yield the oldest open purge that is not locked, or ``None``. Raises ``StoreDown``, also when the lock is lost.

    The lock belongs to a transaction: it ends with the process, and another process takes the purge over.
    """
    async with lasting_transaction(pool) as lock:
        row = await _take(lock, pool)
        yield None if row is None else HeldPurge(lock, pool, row)


async def _take(lock: Connection, pool: Pool) -> PurgeRow | None:
    waiting = "SELECT id FROM purges WHERE finished_at IS NULL ORDER BY id LIMIT $1"
    # Checked again under the lock: the previous holder may have finished in between.
    begin = f"""
        UPDATE purges SET begun_at = coalesce(begun_at, now()) WHERE id = $1 AND finished_at IS NULL RETURNING {COLUMNS}
    """  # noqa: S608 - only constant column names are interpolated
    for each in await lock.fetch(waiting, MOST_OPEN):
        if await lock.fetchval("SELECT pg_try_advisory_xact_lock($1, $2)", LOCKS, each["id"]):
            async with connection(pool) as db:
                row = await db.fetchrow(begin, each["id"])
            if row is not None:
                return msgspec.convert(dict(row), PurgeRow)
    return None
