"""API keys: found by their digests for a request, and listed, changed and deleted by admins; never the key itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from gateway.keys.api_key import ApiKey
from gateway.keys.token import Form, KeyToken
from shared.stores.postgres import Connection, Pool, connection

MOST_KEYS: Final = 1_000_000

FREE_PREFIX: Final = "t0-free-"
"""Marks the free key's row; other prefixes have hex digits only."""

_ADD_LOCK: Final = 0x6D61_7271_7565_0005
_COLUMNS: Final = f"""
    k.id, k.name, k.key_prefix, k.key_prefix = '{FREE_PREFIX}' AS is_free, k.share_hash IS NOT NULL AS has_share,
    k.tier, k.monthly_limit, k.direct, k.disabled_at IS NOT NULL AS disabled, k.created_at, k.last_used_at,
    coalesce((
        SELECT u.requests FROM usage_monthly u
        WHERE u.key_id = k.id AND u.month = date_trunc('month', now() AT TIME ZONE 'UTC')::date
    ), 0) AS requests_this_month
"""  # noqa: S608 - the prefix is a constant


_REQUEST_COLUMNS: Final = """
    id, monthly_limit, direct,
    coalesce((SELECT s.settings::text FROM key_settings s WHERE s.key_id = api_keys.id), ''),
    coalesce((
        SELECT jsonb_object_agg(p.name, jsonb_build_array(p.kind, p.settings::text))::text
        FROM profiles p WHERE p.key_id = api_keys.id
    ), '')
"""


class ManagedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key and its usage; ``monthly_limit`` 0 means no limit, ``last_used_at`` is precise to the hour."""

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
    """A change to a key; ``None`` leaves a field as it is."""

    name: str | None = None
    tier: int | None = None
    monthly_limit: int | None = None
    direct: bool | None = None
    disabled: bool | None = None


class ApiKeys:
    """Reads keys. All methods raise ``StoreDown``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, tokens: Sequence[KeyToken]) -> list[ApiKey | None]:
        """Return the key of each token in order, ``None`` for one that is unknown or disabled."""
        # Two joins, each by an index: one condition on both columns would try them in turn for every row.
        query = f"""
            SELECT digest, {_REQUEST_COLUMNS} FROM unnest($1::bytea[]) AS requested (digest)
            JOIN api_keys ON key_hash = digest WHERE disabled_at IS NULL
            UNION ALL
            SELECT digest, {_REQUEST_COLUMNS} FROM unnest($1::bytea[]) AS requested (digest)
            JOIN api_keys ON share_hash = digest WHERE disabled_at IS NULL
        """  # noqa: S608 - the columns are a constant
        async with connection(self._pool) as db:
            rows = await db.fetch(query, [token.digest for token in tokens])
        columns = {digest: values for digest, *values in rows}
        return [_api_key(columns.get(token.digest), token.form) for token in tokens]

    async def get(self, key_id: int) -> ApiKey | None:
        """Return a key by its id, disabled or not, or ``None``."""
        query = f"SELECT {_REQUEST_COLUMNS} FROM api_keys WHERE id = $1"  # noqa: S608 - the columns are a constant
        async with connection(self._pool) as db:
            return _api_key(await db.fetchrow(query, key_id), Form.KEY)

    async def with_settings(self, *, after: int, most: int) -> list[ApiKey]:
        """Return the next keys, disabled or not, that have settings or profiles, ordered by id."""
        query = f"""
            SELECT {_REQUEST_COLUMNS} FROM api_keys WHERE id > $1 AND (
                EXISTS (SELECT FROM key_settings WHERE key_id = api_keys.id)
                OR EXISTS (SELECT FROM profiles WHERE key_id = api_keys.id)
            ) ORDER BY id LIMIT $2
        """  # noqa: S608 - the columns are a constant
        async with connection(self._pool) as db:
            rows = await db.fetch(query, after, most)
        return [key for row in rows if (key := _api_key(row, Form.KEY)) is not None]

    async def page(self, *, search: str, page: int, size: int) -> tuple[list[ManagedKey], int]:
        """Return one page of keys ordered by id, counted from 1, and the number of keys on all pages.

        ``search`` keeps keys whose name contains it, ignoring case, or whose prefix starts with it.
        """
        matches = "$1 = '' OR strpos(lower(k.name), lower($1)) > 0 OR starts_with(k.key_prefix, lower($1))"
        count = f"SELECT count(*) FROM api_keys k WHERE {matches}"  # noqa: S608 - the condition is a constant
        query = f"""
            SELECT {_COLUMNS} FROM
            (SELECT * FROM api_keys k WHERE {matches} ORDER BY k.id LIMIT $2 OFFSET $3) AS k ORDER BY k.id
        """  # noqa: S608 - the columns and the condition are constants
        async with connection(self._pool) as db:
            total: int = await db.fetchval(count, search)
            rows = await db.fetch(query, search, size, (page - 1) * size)
        return [ManagedKey(**row) for row in rows], total

    async def managed(self, key_id: int) -> ManagedKey | None:
        """Return a key as admins see it, or ``None``."""
        query = f"SELECT {_COLUMNS} FROM api_keys k WHERE k.id = $1"  # noqa: S608 - the columns are a constant
        async with connection(self._pool) as db:
            row = await db.fetchrow(query, key_id)
        return None if row is None else ManagedKey(**row)

    async def with_prefix(self, prefix: str, limit: int) -> list[ManagedKey]:
        """Return up to ``limit`` keys with this prefix: prefixes are not unique."""
        query = f"""
            SELECT {_COLUMNS} FROM api_keys k WHERE k.key_prefix = $1 ORDER BY k.id LIMIT $2
        """  # noqa: S608 - the columns are a constant
        async with connection(self._pool) as db:
            return [ManagedKey(**row) for row in await db.fetch(query, prefix, limit)]


def _api_key(columns: Sequence[Any] | None, form: Form) -> ApiKey | None:
    if columns is None:
        return None
    key_id, monthly_limit, direct, overrides, profiles = columns
    return ApiKey(
        key_id,
        monthly_limit,
        is_free=form is Form.FREE,
        is_direct=direct,
        overrides=overrides,
        profiles=profiles,
    )


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
    """Store a new key within a transaction; returns ``None`` if there are ``MOST_KEYS`` already."""
    query = f"""
        INSERT INTO api_keys AS k (name, key_hash, key_prefix, share_hash, tier, monthly_limit, direct)
        SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM api_keys) < $8 RETURNING {_COLUMNS}
    """  # noqa: S608 - the columns are a constant
    # One insert at a time, so that two do not both take the last slot.
    await db.execute("SELECT pg_advisory_xact_lock($1)", _ADD_LOCK)
    row = await db.fetchrow(query, name, key_hash, key_prefix, share_hash, tier, monthly_limit, direct, MOST_KEYS)
    return None if row is None else ManagedKey(**row)


async def lock_key(db: Connection, key_id: int) -> ManagedKey | None:
    """Return a key, locked until the transaction ends, or ``None``."""
    query = f"SELECT {_COLUMNS} FROM api_keys k WHERE k.id = $1 FOR UPDATE"  # noqa: S608 - the columns are a constant
    row = await db.fetchrow(query, key_id)
    return None if row is None else ManagedKey(**row)


async def change_key(db: Connection, key_id: int, change: KeyChange) -> ManagedKey:
    """Change a locked key and return it. Disabling a key revokes its sign-ins."""
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
    """Replace the read-only key of a locked key; the old one stops working."""
    await db.execute("UPDATE api_keys SET share_hash = $2 WHERE id = $1", key_id, share_hash)


async def delete_key(db: Connection, key_id: int) -> None:
    """Delete a key with its overrides, its usage and its sign-ins."""
    await db.execute("DELETE FROM api_keys WHERE id = $1", key_id)
