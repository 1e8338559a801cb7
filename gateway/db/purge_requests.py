"""Purges requested by admins: queued in Postgres, where a renderer picks them up."""

from collections.abc import Sequence

import msgspec

from gateway.db.audit import Action, changing
from shared.stores.postgres import Connection, Pool, connection
from shared.stores.purge_rows import COLUMNS, LOCKS, MOST_OPEN, PurgeRow, PurgeScope


async def add_purge(pool: Pool, scope: PurgeScope, targets: Sequence[str], asked_by: str) -> PurgeRow | None:
    """Queue a purge and return it; ``None`` if ``MOST_OPEN`` are unfinished. Raises ``StoreDown``."""
    try:
        async with changing(pool, asked_by, Action.PURGE_ASKED) as change:
            row = await _insert(change.db, scope, targets, asked_by)
            change.target = f"{scope}:{targets[0]}" if len(targets) == 1 else scope.value
            change.details = {"purge": row.id, "targets": len(targets)}
            return row
    except _TooManyOpenError:
        return None


async def _insert(db: Connection, scope: PurgeScope, targets: Sequence[str], asked_by: str) -> PurgeRow:
    query = f"""
        INSERT INTO purges (scope, targets, asked_by) SELECT $1, $2, $3
        WHERE (SELECT count(*) FROM purges WHERE finished_at IS NULL) < $4
        RETURNING {COLUMNS}
    """  # noqa: S608 - the columns are a constant
    await db.execute("SELECT pg_advisory_xact_lock($1, 0)", LOCKS)  # so that two do not both take the last slot
    row = await db.fetchrow(query, scope.value, list(targets), asked_by, MOST_OPEN)
    if row is None:
        raise _TooManyOpenError
    return msgspec.convert(dict(row), PurgeRow)


class _TooManyOpenError(Exception):
    """The maximum number of purges is open; rolls the transaction back."""


async def find_purges(pool: Pool, limit: int) -> list[PurgeRow]:
    """Return the newest purges. Raises ``StoreDown``."""
    query = f"SELECT {COLUMNS} FROM purges ORDER BY id DESC LIMIT $1"  # noqa: S608 - the columns are a constant
    async with connection(pool) as db:
        return [msgspec.convert(dict(row), PurgeRow) for row in await db.fetch(query, limit)]
