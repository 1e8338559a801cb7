"""API keys as those see them who manage them: listed, changed, deleted; never the key itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from shared.stores.postgres import Connection, Pool, connection

MOST_KEYS: Final = 1_000_000

FREE_PREFIX: Final = "t0-free-"
"""What the free key's row is known by; the prefix of a key has hex digits only."""

_ADDING: Final = 0x6D61_7271_7565_0005
_COLUMNS: Final = f"""
    k.id, k.name, k.key_prefix, k.key_prefix = '{FREE_PREFIX}' AS is_free, k.share_hash IS NOT NULL AS has_share,
    k.tier, k.monthly_limit, k.direct, k.disabled_at IS NOT NULL AS disabled, k.created_at, k.last_used_at,
    coalesce((
        SELECT u.requests FROM usage_monthly u
        WHERE u.key_id = k.id AND u.month = date_trunc('month', now() AT TIME ZONE 'UTC')::date
    ), 0) AS requests_this_month
"""  # noqa: S608 - the prefix is a constant


class ManagedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key and how it is used; ``monthly_limit`` 0 is no limit, ``last_used_at`` is exact to the hour."""

    id: int
    name: str
    key_prefix: str
    is_free: bool
    has_share: bool
    tier: int
    monthly_limit: int
    direct: bool
    disabled: bool
    created_at: datetime
    last_used_at: datetime | None
    requests_this_month: int


class KeyChange(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a key; ``None`` leaves it as it is."""

    name: str | None = None
    tier: int | None = None
    monthly_limit: int | None = None
    direct: bool | None = None
    disabled: bool | None = None


async def page_of_keys(pool: Pool, *, search: str, page: int, size: int) -> tuple[list[ManagedKey], int]:
    """Return a page, counted from 1, of the keys in order of their numbers, and how many there are on all pages.

    With ``search`` only those whose name contains it, in any case, or whose prefix begins so. Raises ``StoreDown``.
    """
    fits = "$1 = '' OR strpos(lower(k.name), lower($1)) > 0 OR starts_with(k.key_prefix, lower($1))"
    count = f"SELECT count(*) FROM api_keys k WHERE {fits}"  # noqa: S608 - the condition is a constant
    query = f"""
        SELECT {_COLUMNS} FROM
        (SELECT * FROM api_keys k WHERE {fits} ORDER BY k.id LIMIT $2 OFFSET $3) AS k ORDER BY k.id
    """  # noqa: S608 - the columns and the condition are constants
    async with connection(pool) as db:
        total: int = await db.fetchval(count, search)
        rows = await db.fetch(query, search, size, (page - 1) * size)
    return [ManagedKey(**row) for row in rows], total


async def find_key(pool: Pool, key_id: int) -> ManagedKey | None:
    """Return the key of a number, or ``None``. Raises ``StoreDown``."""
    query = f"SELECT {_COLUMNS} FROM api_keys k WHERE k.id = $1"  # noqa: S608 - the columns are a constant
    async with connection(pool) as db:
        row = await db.fetchrow(query, key_id)
    return None if row is None else ManagedKey(**row)


async def find_keys_called(pool: Pool, prefix: str, most: int) -> Sequence[ManagedKey]:
    """Return the keys of a prefix, at most so many: prefixes are not unique. Raises ``StoreDown``."""
    query = f"""
        SELECT {_COLUMNS} FROM api_keys k WHERE k.key_prefix = $1 ORDER BY k.id LIMIT $2
    """  # noqa: S608 - the columns are a constant
    async with connection(pool) as db:
        return [ManagedKey(**row) for row in await db.fetch(query, prefix, most)]


async def add_key(
    db: Connection,
    *,
    name: str,
    key_hash: bytes,
    key_prefix: str,
    share_hash: bytes,
    tier: int,
    monthly_limit: int,
    direct: bool,
) -> ManagedKey | None:
    """Store a new key within a transaction; ``None`` when there are ``MOST_KEYS`` already."""
    query = f"""
        INSERT INTO api_keys AS k (name, key_hash, key_prefix, share_hash, tier, monthly_limit, direct)
        SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM api_keys) < $8 RETURNING {_COLUMNS}
    """  # noqa: S608 - the columns are a constant
    # One at a time, so that two do not both see the last free place.
    await db.execute("SELECT pg_advisory_xact_lock($1)", _ADDING)
    row = await db.fetchrow(query, name, key_hash, key_prefix, share_hash, tier, monthly_limit, direct, MOST_KEYS)
    return None if row is None else ManagedKey(**row)


async def hold_key(db: Connection, key_id: int) -> ManagedKey | None:
    """Return a key that nobody else changes until the transaction ends, or ``None``."""
    query = f"SELECT {_COLUMNS} FROM api_keys k WHERE k.id = $1 FOR UPDATE"  # noqa: S608 - the columns are a constant
    row = await db.fetchrow(query, key_id)
    return None if row is None else ManagedKey(**row)


async def change_key(db: Connection, key_id: int, change: KeyChange) -> ManagedKey:
    """Change a key that is held, and return it. A key that is disabled has no sign-ins from then on."""
    query = f"""
        UPDATE api_keys k SET
            name = coalesce($2, name), tier = coalesce($3, tier), monthly_limit = coalesce($4, monthly_limit),
            direct = coalesce($5, direct),
            disabled_at = CASE WHEN $6 THEN coalesce(disabled_at, now()) WHEN NOT $6 THEN NULL ELSE disabled_at END
        WHERE k.id = $1 RETURNING {_COLUMNS}
    """  # noqa: S608 - the columns are a constant
    revoke = "UPDATE token_families SET revoked_at = now() WHERE key_id = $1 AND revoked_at IS NULL"
    row = await db.fetchrow(
        query, key_id, change.name, change.tier, change.monthly_limit, change.direct, change.disabled
    )
    if change.disabled:
        await db.execute(revoke, key_id)
    return ManagedKey(**row)


async def replace_share(db: Connection, key_id: int, share_hash: bytes) -> None:
    """Replace the share form of a key that is held; the one before opens nothing from then on."""
    await db.execute("UPDATE api_keys SET share_hash = $2 WHERE id = $1", key_id, share_hash)


async def delete_key(db: Connection, key_id: int) -> None:
    """Delete a key with its choices, its usage and its sign-ins."""
    await db.execute("DELETE FROM api_keys WHERE id = $1", key_id)
