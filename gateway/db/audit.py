"""A change by an admin or key holder: applied, logged and published to the gateways in one transaction."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from gateway.db.global_settings import GlobalRow, find_globals
from gateway.db.presets import PRESETS, PresetRow, find_presets
from gateway.db.title_pins import EVERYBODY, NamedPin, find_named_pins
from shared.stores.postgres import Connection, Pool, connection

_PUBLISH_LOCK: Final = 0x6D61_7271_7565_0004
_KEPT: Final = "1 day"
CHANGES_PER_READ: Final = 1000
"""Changes returned by one read; a gateway that is further behind reads again."""

MAX_ENTRIES: Final = 1_000_000
"""The oldest entries beyond this number are deleted."""


class Action(StrEnum):
    """What was done, as the audit log names it."""

    KEY_CREATED = "key_created"
    KEY_CHANGED = "key_changed"
    KEY_DELETED = "key_deleted"
    SHARE_REPLACED = "share_replaced"
    KEY_SETTINGS_CHANGED = "key_settings_changed"
    KEY_SETTINGS_REPLACED = "key_settings_replaced"
    KEY_SETTINGS_RESET = "key_settings_reset"
    PROFILE_SAVED = "profile_saved"
    PROFILE_DELETED = "profile_deleted"
    PRESET_SAVED = "preset_saved"
    PRESET_DELETED = "preset_deleted"
    ART_PINNED = "art_pinned"
    ART_UNPINNED = "art_unpinned"
    GLOBAL_SETTINGS_CHANGED = "global_settings_changed"
    ADMIN_CREATED = "admin_created"
    ADMIN_DELETED = "admin_deleted"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an action, not a password
    SIGNED_IN = "signed_in"
    PURGE_ASKED = "purge_asked"
    WARM_UP_ASKED = "warm_up_asked"
    REDRAW_ASKED = "redraw_asked"
    LETTER_RETRIED = "letter_retried"
    LETTER_DROPPED = "letter_dropped"


class Change:
    """A change in progress: ``db`` is its transaction; set its target, and what gateways must reload.

    Set ``is_done`` to false if nothing was changed: then nothing is logged or published.
    """

    def __init__(self, db: Connection) -> None:
        self.db = db
        self.target = ""
        self.details: dict[str, str | int | bool | None] = {}
        self.key_ids: set[int] = set()
        self.all_keys = False
        self.pins = False
        self.presets = False
        self.is_done = True


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit log: who did what to what, and when. It contains no secrets."""

    id: int
    at: datetime
    actor: str
    action: str
    target: str
    details: dict[str, str | int | bool | None]


class ChangeSet(msgspec.Struct, frozen=True):
    """Some changes: the id of the last one, and the keys to reload.

    ``None`` means all of them, ``EVERYBODY`` pins, ``PRESETS`` presets.
    """

    last: int
    key_ids: frozenset[int | None]


@asynccontextmanager
async def changing(pool: Pool, actor: str, action: Action) -> AsyncIterator[Change]:
    """Open a transaction that commits, logs and publishes at the end of the block. Raises ``StoreDown``.

    ``actor`` looks like ``admin:root``, ``key:7`` or ``cli``.
    """
    async with connection(pool) as db, db.transaction():
        change = Change(db)
        yield change
        if not change.is_done:
            return
        await _write(db, change, actor, action)
        ids: list[int | None] = [None] if change.all_keys else list(change.key_ids)
        if change.pins:
            ids.append(EVERYBODY)
        if change.presets:
            ids.append(PRESETS)
        if ids:
            # One at a time until the commit, so that ids become visible in order and no reader skips one.
            await db.execute("SELECT pg_advisory_xact_lock($1)", _PUBLISH_LOCK)
            await db.execute("INSERT INTO key_changes (key_id) SELECT unnest($1::bigint[])", ids)
            await db.execute(f"DELETE FROM key_changes WHERE at < now() - interval '{_KEPT}'")  # noqa: S608 - a constant


async def _write(db: Connection, change: Change, actor: str, action: Action) -> None:
    entry = await db.fetchval(
        "INSERT INTO audit_log (actor, action, target, details) VALUES ($1, $2, $3, $4) RETURNING id",
        actor,
        action.value,
        change.target,
        msgspec.json.encode(change.details).decode(),
    )
    await db.execute("DELETE FROM audit_log WHERE id <= $1", entry - MAX_ENTRIES)


class ChangeLog:
    """What the gateways poll. All methods raise ``StoreDown``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def after(self, last: int) -> ChangeSet:
        """Return up to ``CHANGES_PER_READ`` changes after this id; with -1 none, and the latest id."""
        if last < 0:
            async with connection(self._pool) as db:
                return ChangeSet(await db.fetchval("SELECT coalesce(max(id), 0) FROM key_changes"), frozenset())
        query = "SELECT id, key_id FROM key_changes WHERE id > $1 ORDER BY id LIMIT $2"
        async with connection(self._pool) as db:
            rows = await db.fetch(query, last, CHANGES_PER_READ)
        return ChangeSet(rows[-1]["id"] if rows else last, frozenset(row["key_id"] for row in rows))

    async def globals(self) -> GlobalRow:
        """Return the global settings."""
        return await find_globals(self._pool)

    async def pins(self) -> Sequence[NamedPin]:
        """Return all pins with the ids of their titles."""
        return await find_named_pins(self._pool)

    async def presets(self) -> Sequence[PresetRow]:
        """Return all presets that admins published."""
        return await find_presets(self._pool)


async def audit_entries(pool: Pool, *, before: int | None, most: int) -> Sequence[AuditEntry]:
    """Return the newest entries, with ``before`` those with lower ids. Raises ``StoreDown``."""
    query = """
        SELECT id, at, actor, action, target, details FROM audit_log
        WHERE $1::bigint IS NULL OR id < $1 ORDER BY id DESC LIMIT $2
    """
    async with connection(pool) as db:
        rows = await db.fetch(query, before, most)
    return [
        AuditEntry(**{**row, "details": msgspec.json.decode(row["details"])}) for row in (dict(row) for row in rows)
    ]
