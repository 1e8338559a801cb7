"""Purges that an admin asked for: a queue in Postgres, from which one renderer at a time takes each."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from shared.db.changes import Action, changing
from shared.db.pool import Connection, Pool, connection, database_errors, session

MOST_OPEN: Final = 100
"""Purges that may wait or be under way."""

_KEPT: Final = 1000
_LOCKS: Final = 0x6D71_7067  # the first half of our advisory locks' names
_LONGEST_ERROR: Final = 500
_SEEN: Final = "id, scope, targets, asked_at, begun_at, finished_at, removed, edge, error"


class Scope(StrEnum):
    """What a purge removes: the pictures of titles, of looks, or all."""

    TITLE = "title"
    LOOK = "look"
    ALL = "all"


class EdgeState(StrEnum):
    """What became of the copies at the edge; ``none`` where there is no edge to be told."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    NONE = "none"


class PurgeState(StrEnum):
    """How far a purge is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class PurgeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One purge: ``targets`` are media ids or settings hashes, ``removed`` counts pictures so far.

    ``error`` is what last went wrong; a purge that stores kept from going on is tried again.
    """

    id: int
    scope: Scope
    targets: tuple[str, ...]
    asked_at: datetime
    begun_at: datetime | None
    finished_at: datetime | None
    removed: int
    edge: EdgeState
    error: str | None

    @property
    def state(self) -> PurgeState:
        """Return how far it is."""
        if self.finished_at is not None:
            return PurgeState.DONE if self.error is None else PurgeState.FAILED
        return PurgeState.WAITING if self.begun_at is None else PurgeState.RUNNING


async def add_purge(pool: Pool, scope: Scope, targets: Sequence[str], asked_by: str) -> PurgeRow | None:
    """Queue a purge and return it; ``None`` while ``MOST_OPEN`` are not finished. Raises ``StoreDown``."""
    try:
        async with changing(pool, asked_by, Action.PURGE_ASKED) as change:
            row = await _insert(change.db, scope, targets, asked_by)
            change.target = f"{scope}:{targets[0]}" if len(targets) == 1 else scope.value
            change.details = {"purge": row.id, "targets": len(targets)}
            return row
    except _NoPlace:
        return None


async def _insert(db: Connection, scope: Scope, targets: Sequence[str], asked_by: str) -> PurgeRow:
    query = f"""
        INSERT INTO purges (scope, targets, asked_by) SELECT $1, $2, $3
        WHERE (SELECT count(*) FROM purges WHERE finished_at IS NULL) < $4
        RETURNING {_SEEN}
    """  # noqa: S608 - only our own column names are put in
    await db.execute("SELECT pg_advisory_xact_lock($1, 0)", _LOCKS)  # two at once would both see the last place
    row = await db.fetchrow(query, scope.value, list(targets), asked_by, MOST_OPEN)
    if row is None:
        raise _NoPlace
    return msgspec.convert(dict(row), PurgeRow)


class _NoPlace(Exception):
    """As many purges are open as may be; nothing is written down."""


async def find_purges(pool: Pool, most: int) -> list[PurgeRow]:
    """Return the newest purges. Raises ``StoreDown``."""
    query = f"SELECT {_SEEN} FROM purges ORDER BY id DESC LIMIT $1"  # noqa: S608 - only our own column names
    async with connection(pool) as db:
        return [msgspec.convert(dict(row), PurgeRow) for row in await db.fetch(query, most)]


async def purges_lately(pool: Pool, seconds: float) -> bool:
    """Tell whether a purge was under way in the last so many seconds. Raises ``StoreDown``."""
    query = """
        SELECT EXISTS (
            SELECT FROM purges WHERE begun_at IS NOT NULL
                AND (finished_at IS NULL OR finished_at > now() - make_interval(secs => $1))
        )
    """
    async with connection(pool) as db:
        return bool(await db.fetchval(query, seconds))


class HeldPurge:
    """A purge in this process's hands; whatever is noted of it raises ``StoreDown`` when the hold is lost."""

    def __init__(self, db: Connection, row: PurgeRow) -> None:
        self._db = db
        self.row = row

    async def removed(self, pictures: int) -> None:
        """Count pictures that were removed; with 0, only prove that the purge is still held."""
        await self._write("UPDATE purges SET removed = removed + $2 WHERE id = $1", self.row.id, pictures)

    async def failed(self, reason: str) -> None:
        """Note what went wrong with a purge that is to be tried again."""
        await self._write("UPDATE purges SET error = $2 WHERE id = $1", self.row.id, reason[:_LONGEST_ERROR])

    async def finish(self, edge: EdgeState, error: str | None = None) -> None:
        """Note that nothing more is to be done, and drop the oldest finished purges beyond those that are kept."""
        end = "UPDATE purges SET finished_at = now(), edge = $2, error = $3 WHERE id = $1"
        said = None if error is None else error[:_LONGEST_ERROR]
        await self._write(end, self.row.id, edge.value, said)
        drop = """
            DELETE FROM purges WHERE finished_at IS NOT NULL
                AND id <= (SELECT id FROM purges ORDER BY id DESC OFFSET $1 LIMIT 1)
        """
        await self._write(drop, _KEPT)

    async def _write(self, query: str, *values: object) -> None:
        with database_errors():
            await self._db.execute(query, *values)


@asynccontextmanager
async def next_purge(pool: Pool) -> AsyncIterator[HeldPurge | None]:
    """Lend the oldest open purge that nobody holds, or ``None``. Raises ``StoreDown``, also for what happens meanwhile.

    The hold is a lock of the connection: it ends with the process, and another takes the purge over.
    """
    async with session(pool) as db:
        # Postgres must notice within a minute when the machine of the holder is gone without a word.
        for name, value in _KEEPALIVE.items():
            await db.execute("SELECT set_config($1, $2, false)", name, value)
        row = await _take(db)
        yield None if row is None else HeldPurge(db, row)


_KEEPALIVE: Final = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}


async def _take(db: Connection) -> PurgeRow | None:
    waiting = "SELECT id FROM purges WHERE finished_at IS NULL ORDER BY id LIMIT $1"
    # Looked at again under the lock: whoever held it may have finished in between.
    begin = f"""
        UPDATE purges SET begun_at = coalesce(begun_at, now()) WHERE id = $1 AND finished_at IS NULL RETURNING {_SEEN}
    """  # noqa: S608 - only our own column names are put in
    for each in await db.fetch(waiting, MOST_OPEN):
        if await db.fetchval("SELECT pg_try_advisory_lock($1, $2)", _LOCKS, each["id"]):
            row = await db.fetchrow(begin, each["id"])
            if row is not None:
                return msgspec.convert(dict(row), PurgeRow)
            await db.execute("SELECT pg_advisory_unlock($1, $2)", _LOCKS, each["id"])
    return None
