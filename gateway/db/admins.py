"""The admins of this installation."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from gateway.db.audit import Action, changing
from shared.stores.postgres import Connection, Pool, connection

MAX_ADMINS: Final = 100

_ADMINS_LOCK: Final = 0x6D61_7271_7565_0002
"""Held while an admin is added or removed: these decisions depend on the other admins, so they run one at a time."""


class AdminRow(msgspec.Struct, frozen=True):
    """An admin's account; its repr hides the hash."""

    id: int
    username: str
    password_hash: str

    def __repr__(self) -> str:
        return f"AdminRow({self.id})"


class AdminAccount(msgspec.Struct, frozen=True):
    """An admin as other admins see them."""

    id: int
    username: str
    created_at: datetime


class AdminRemoval(StrEnum):
    """The outcome of removing an admin."""

    DONE = "done"
    UNKNOWN = "unknown"
    LAST = "last"  # no admin would be left


async def ensure_admin(pool: Pool, username: str, password_hash: str, *, actor: str = "config") -> bool:
    """Create the first admin unless there is one; returns whether it did. Raises ``StoreDown``.

    If several replicas start at once, one admin is created. ``actor`` is for the audit log.
    """
    query = """
        INSERT INTO admin_users (username, password_hash)
        SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM admin_users) RETURNING id
    """
    async with changing(pool, actor, Action.ADMIN_CREATED) as change:
        await _one_at_a_time(change.db)
        change.is_done = await change.db.fetchval(query, username, password_hash) is not None
        change.target = f"admin:{username}"
    return change.is_done


async def add_admin(db: Connection, username: str, password_hash: str) -> AdminAccount | None:
    """Add an admin within a transaction; returns ``None`` if the name is taken or there are ``MAX_ADMINS`` already."""
    query = """
        INSERT INTO admin_users (username, password_hash)
        SELECT $1, $2 WHERE (SELECT count(*) FROM admin_users) < $3
        ON CONFLICT (username) DO NOTHING RETURNING id, username, created_at
    """
    await _one_at_a_time(db)
    row = await db.fetchrow(query, username, password_hash, MAX_ADMINS)
    return None if row is None else AdminAccount(*row)


async def remove_admin(db: Connection, admin_id: int) -> tuple[AdminRemoval, AdminAccount | None]:
    """Remove an admin and their sign-ins within a transaction; the last admin stays."""
    await _one_at_a_time(db)
    row = await db.fetchrow("SELECT id, username, created_at FROM admin_users WHERE id = $1", admin_id)
    if row is None:
        return AdminRemoval.UNKNOWN, None
    if await db.fetchval("SELECT count(*) FROM admin_users") == 1:
        return AdminRemoval.LAST, None
    await db.execute("DELETE FROM admin_users WHERE id = $1", admin_id)
    return AdminRemoval.DONE, AdminAccount(*row)


async def find_admins(pool: Pool) -> list[AdminAccount]:
    """Return all admins, oldest first. Raises ``StoreDown``."""
    query = "SELECT id, username, created_at FROM admin_users ORDER BY id LIMIT $1"
    async with connection(pool) as db:
        return [AdminAccount(*row) for row in await db.fetch(query, MAX_ADMINS)]


async def is_any_admin(pool: Pool) -> bool:
    """Return whether there is an admin. Raises ``StoreDown``."""
    async with connection(pool) as db:
        return bool(await db.fetchval("SELECT EXISTS (SELECT FROM admin_users)"))


async def find_admin(pool: Pool, username: str) -> AdminRow | None:
    """Return the admin with exactly this name, or ``None``. Raises ``StoreDown``."""
    query = "SELECT id, username, password_hash FROM admin_users WHERE username = $1"
    async with connection(pool) as db:
        row = await db.fetchrow(query, username)
    return None if row is None else AdminRow(*row)


async def change_password(pool: Pool, admin: AdminRow, password_hash: str, *, keep_family: int) -> bool:
    """Replace the password and end all sign-ins of this admin except one, in one transaction. Raises ``StoreDown``.

    Returns ``False`` if the stored password is no longer the one of ``admin``.
    """
    query = "UPDATE admin_users SET password_hash = $3 WHERE id = $1 AND password_hash = $2 RETURNING id"
    async with changing(pool, f"admin:{admin.username}", Action.PASSWORD_CHANGED) as change:
        change.target = f"admin:{admin.username}"
        change.is_done = await change.db.fetchval(query, admin.id, admin.password_hash, password_hash) is not None
        if change.is_done:
            await _end_sign_ins(change.db, admin.id, but=keep_family)
    return change.is_done


async def reset_password(pool: Pool, username: str, password_hash: str, *, actor: str) -> bool:
    """Replace an admin's password and end all sign-ins; ``False`` if there is no such admin. Raises ``StoreDown``."""
    query = "UPDATE admin_users SET password_hash = $2 WHERE username = $1 RETURNING id"
    async with changing(pool, actor, Action.PASSWORD_CHANGED) as change:
        change.target = f"admin:{username}"
        admin_id = await change.db.fetchval(query, username, password_hash)
        change.is_done = admin_id is not None
        if change.is_done:
            await _end_sign_ins(change.db, admin_id, but=None)
    return change.is_done


async def renew_hash(pool: Pool, admin: AdminRow, password_hash: str) -> None:
    """Store a new hash of the same password, unless the password has changed since. Raises ``StoreDown``."""
    query = "UPDATE admin_users SET password_hash = $3 WHERE id = $1 AND password_hash = $2"
    async with connection(pool) as db:
        await db.execute(query, admin.id, admin.password_hash, password_hash)


async def _one_at_a_time(db: Connection) -> None:
    await db.execute("SELECT pg_advisory_xact_lock($1)", _ADMINS_LOCK)


async def _end_sign_ins(db: Connection, admin_id: int, *, but: int | None) -> None:
    query = """
        UPDATE token_families SET revoked_at = now()
        WHERE admin_id = $1 AND id IS DISTINCT FROM $2 AND revoked_at IS NULL
    """
    await db.execute(query, admin_id, but)
