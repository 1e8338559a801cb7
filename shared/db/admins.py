"""Who may administer this installation."""

from typing import Final

import msgspec

from shared.db.pool import Pool, connection

_FIRST_ADMIN_LOCK: Final = 0x6D61_7271_7565_0002


class AdminRow(msgspec.Struct, frozen=True):
    """An admin's account; it does not show its hash when printed."""

    id: int
    username: str
    password_hash: str

    def __repr__(self) -> str:
        return f"AdminRow({self.id})"


async def ensure_admin(pool: Pool, username: str, password_hash: str) -> bool:
    """Make the first admin; do nothing when there is one. Tells whether it was made. Raises ``StoreDown``.

    However many replicas start at once, one admin is made.
    """
    query = """
        INSERT INTO admin_users (username, password_hash)
        SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM admin_users) RETURNING id
    """
    async with connection(pool) as db, db.transaction():
        await db.execute("SELECT pg_advisory_xact_lock($1)", _FIRST_ADMIN_LOCK)
        return await db.fetchval(query, username, password_hash) is not None


async def is_any_admin(pool: Pool) -> bool:
    """Tell whether there is an admin. Raises ``StoreDown``."""
    async with connection(pool) as db:
        return bool(await db.fetchval("SELECT EXISTS (SELECT FROM admin_users)"))


async def find_admin(pool: Pool, username: str) -> AdminRow | None:
    """Return the admin of exactly this name, or ``None``. Raises ``StoreDown``."""
    query = "SELECT id, username, password_hash FROM admin_users WHERE username = $1"
    async with connection(pool) as db:
        row = await db.fetchrow(query, username)
    return None if row is None else AdminRow(*row)


async def change_password(pool: Pool, admin: AdminRow, password_hash: str, *, keep_family: int) -> bool:
    """Replace the password, and end every sign-in of this admin but one; both or neither. Raises ``StoreDown``.

    Tells whether it was done: it is not when the password is no longer the one of ``admin``.
    """
    change = "UPDATE admin_users SET password_hash = $3 WHERE id = $1 AND password_hash = $2 RETURNING id"
    revoke = """
        UPDATE token_families SET revoked_at = now() WHERE admin_id = $1 AND id <> $2 AND revoked_at IS NULL
    """
    async with connection(pool) as db, db.transaction():
        if await db.fetchval(change, admin.id, admin.password_hash, password_hash) is None:
            return False
        await db.execute(revoke, admin.id, keep_family)
        return True
