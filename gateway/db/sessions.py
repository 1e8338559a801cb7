"""Sign-ins and their refresh tokens: stored as digests, valid once; the tokens of one sign-in are a family."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from gateway.db.admins import AdminRow
from gateway.db.audit import Action, changing
from shared.stores.postgres import Connection, Pool, connection

LIFETIME: Final = timedelta(days=7)
"""How long an unused token is valid."""

MAX_FAMILIES: Final = 50
"""Sign-ins per admin or key; another one ends the oldest."""


class SessionRow(msgspec.Struct, frozen=True):
    """A valid sign-in, either of an admin or of a key holder."""

    family: int
    admin_id: int | None
    key_id: int | None
    name: str
    """The name of the admin or of the key."""
    expires_at: datetime
    """When it ends unless it is renewed; each renewal changes it."""

    @property
    def actor(self) -> str:
        """Return the name for the audit log."""
        return f"admin:{self.name}" if self.key_id is None else f"key:{self.key_id}"


class Spending(StrEnum):
    """The outcome of spending a refresh token."""

    GOOD = "good"
    REUSED = "reused"  # spent before; its family is revoked now
    REFUSED = "refused"  # unknown, expired, or its family has ended


async def begin_family(pool: Pool, admin: AdminRow, token_hash: bytes) -> SessionRow | None:
    """Begin a sign-in with its first token. Raises ``StoreDown``.

    Returns ``None`` if the admin was removed or the password has changed since.
    """
    # FOR SHARE waits for a password change in progress and then sees the changed row.
    find = "SELECT id FROM admin_users WHERE id = $1 AND password_hash = $2 FOR SHARE"
    async with changing(pool, f"admin:{admin.username}", Action.SIGNED_IN) as change:
        change.target = f"admin:{admin.username}"
        change.is_done = await change.db.fetchval(find, admin.id, admin.password_hash) is not None
        if not change.is_done:
            return None
        family, expires_at = await _begin(change.db, admin.id, None, token_hash)
    return SessionRow(family, admin.id, None, admin.username, expires_at)


async def begin_key_family(pool: Pool, key_id: int, token_hash: bytes) -> SessionRow | None:
    """Begin a key holder's sign-in with its first token. Raises ``StoreDown``.

    Returns ``None`` if the key was deleted or disabled.
    """
    find = "SELECT name FROM api_keys WHERE id = $1 AND disabled_at IS NULL FOR SHARE"
    async with changing(pool, f"key:{key_id}", Action.SIGNED_IN) as change:
        change.target = f"key:{key_id}"
        name = await change.db.fetchval(find, key_id)
        change.is_done = name is not None
        if not change.is_done:
            return None
        family, expires_at = await _begin(change.db, None, key_id, token_hash)
    return SessionRow(family, None, key_id, name, expires_at)


async def spend_token(pool: Pool, token_hash: bytes, next_hash: bytes) -> tuple[Spending, SessionRow | None]:
    """Spend a token and store its successor. Raises ``StoreDown``.

    If a token is spent several times at once, one succeeds; the others count as reuse, which revokes the family
    including the successor.
    """
    async with connection(pool) as db, db.transaction():
        family = await db.fetchval("SELECT family_id FROM refresh_tokens WHERE token_hash = $1", token_hash)
        # Concurrent spends of this family wait here; later statements see the result of the earlier ones.
        await db.execute("SELECT FROM token_families WHERE id = $1 FOR UPDATE", family)
        session = await _session(db, family)
        token = await db.fetchrow(
            "SELECT spent_at, expires_at > now() AS is_young FROM refresh_tokens WHERE token_hash = $1", token_hash
        )
        if session is None or token is None or not token["is_young"]:
            return Spending.REFUSED, None
        if token["spent_at"] is not None:
            await db.execute("UPDATE token_families SET revoked_at = now() WHERE id = $1", family)
            return Spending.REUSED, session
        await _replace(db, session.family, token_hash, next_hash)
        return Spending.GOOD, session


async def find_session(pool: Pool, family: int) -> SessionRow | None:
    """Return a sign-in unless it has ended. Raises ``StoreDown``."""
    async with connection(pool) as db:
        return await _session(db, family)


async def find_session_of(pool: Pool, token_hash: bytes) -> SessionRow | None:
    """Return the sign-in of a token that could be spent, without spending it. Raises ``StoreDown``."""
    query = """
        SELECT family_id FROM refresh_tokens WHERE token_hash = $1 AND spent_at IS NULL AND expires_at > now()
    """
    async with connection(pool) as db:
        return await _session(db, await db.fetchval(query, token_hash))


async def revoke_family_of(pool: Pool, token_hash: bytes) -> None:
    """End the sign-in of a token, spent or not; an unknown token is ignored. Raises ``StoreDown``."""
    query = """
        UPDATE token_families SET revoked_at = now()
        WHERE id = (SELECT family_id FROM refresh_tokens WHERE token_hash = $1) AND revoked_at IS NULL
    """
    async with connection(pool) as db:
        await db.execute(query, token_hash)


async def revoke_family(pool: Pool, family: int) -> None:
    """End a sign-in. Raises ``StoreDown``."""
    async with connection(pool) as db:
        await db.execute("UPDATE token_families SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL", family)


async def _begin(db: Connection, admin_id: int | None, key_id: int | None, token_hash: bytes) -> tuple[int, datetime]:
    query = """
        INSERT INTO token_families (admin_id, key_id, expires_at) VALUES ($1, $2, now() + $3) RETURNING id, expires_at
    """
    await _sweep(db, admin_id, key_id)
    family, expires_at = await db.fetchrow(query, admin_id, key_id, LIFETIME)
    await _add_token(db, family, token_hash)
    return family, expires_at


async def _session(db: Connection, family: int | None) -> SessionRow | None:
    query = """
        SELECT f.id, a.id, k.id, coalesce(a.username, k.name), f.expires_at FROM token_families f
        LEFT JOIN admin_users a ON a.id = f.admin_id
        LEFT JOIN api_keys k ON k.id = f.key_id AND k.disabled_at IS NULL
        WHERE f.id = $1 AND f.revoked_at IS NULL AND f.expires_at > now() AND (a.id IS NOT NULL OR k.id IS NOT NULL)
    """
    row = await db.fetchrow(query, family)
    return None if row is None else SessionRow(*row)


async def _add_token(db: Connection, family: int, token_hash: bytes) -> None:
    await db.execute(
        "INSERT INTO refresh_tokens (token_hash, family_id, expires_at) VALUES ($1, $2, now() + $3)",
        token_hash,
        family,
        LIFETIME,
    )


async def _replace(db: Connection, family: int, token_hash: bytes, next_hash: bytes) -> None:
    await db.execute("UPDATE refresh_tokens SET spent_at = now() WHERE token_hash = $1", token_hash)
    # A spent token that has expired would be refused anyway.
    await db.execute("DELETE FROM refresh_tokens WHERE family_id = $1 AND expires_at < now()", family)
    await db.execute("UPDATE token_families SET expires_at = now() + $2 WHERE id = $1", family, LIFETIME)
    await _add_token(db, family, next_hash)


async def _sweep(db: Connection, admin_id: int | None, key_id: int | None) -> None:
    """Delete up to 100 expired sign-ins, and the oldest ones of an admin or key with too many."""
    expired = """
        DELETE FROM token_families WHERE id IN
        (SELECT id FROM token_families WHERE expires_at < now() LIMIT 100 FOR UPDATE SKIP LOCKED)
    """
    oldest = """
        DELETE FROM token_families WHERE id IN
        (SELECT id FROM token_families WHERE admin_id = $1 OR key_id = $2 ORDER BY id DESC OFFSET $3)
    """
    await db.execute(expired)
    await db.execute(oldest, admin_id, key_id, MAX_FAMILIES - 1)
