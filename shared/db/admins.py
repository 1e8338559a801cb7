"""Who may administer this installation."""

from typing import Final

from shared.db.pool import Pool, connection

_FIRST_ADMIN_LOCK: Final = 0x6D61_7271_7565_0002


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
