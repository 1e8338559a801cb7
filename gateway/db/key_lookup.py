"""API keys as a request meets them: only their digests are kept."""

from collections.abc import Sequence
from typing import Final

import msgspec

from shared.stores.postgres import Pool, connection

_COLUMNS: Final = """
    id, tier, monthly_limit, direct,
    coalesce((SELECT s.settings::text FROM key_settings s WHERE s.key_id = api_keys.id), ''),
    coalesce((
        SELECT jsonb_object_agg(p.name, jsonb_build_array(p.kind, p.settings::text))::text
        FROM profiles p WHERE p.key_id = api_keys.id
    ), '')
"""


class KeyRow(msgspec.Struct, frozen=True, gc=False):
    """A key as a request meets it."""

    id: int
    tier: int
    monthly_limit: int
    """Requests a month; 0 = no limit."""
    direct: bool
    settings: str = ""
    """The text of its choices for all kinds; empty when there are none."""
    profiles: str = ""
    """JSON: for each name, the kind and the text of its choices; empty when there are none."""


async def find_key_row(pool: Pool, key_id: int) -> KeyRow | None:
    """Return a key by its number, disabled or not, or ``None``. Raises ``StoreDown``."""
    async with connection(pool) as db:
        row = await db.fetchrow(f"SELECT {_COLUMNS} FROM api_keys WHERE id = $1", key_id)  # noqa: S608 - a constant
    return None if row is None else KeyRow(*row)


async def find_keys(pool: Pool, digests: Sequence[bytes]) -> dict[bytes, KeyRow]:
    """Return, by SHA-256 of its own or its share form, each key that may be used now. Raises ``StoreDown``."""
    # Two joins, each by an index: one condition on both columns would try them in turn for every row.
    query = f"""
        SELECT digest, {_COLUMNS} FROM unnest($1::bytea[]) AS asked (digest)
        JOIN api_keys ON key_hash = digest WHERE disabled_at IS NULL
        UNION ALL
        SELECT digest, {_COLUMNS} FROM unnest($1::bytea[]) AS asked (digest)
        JOIN api_keys ON share_hash = digest WHERE disabled_at IS NULL
    """  # noqa: S608 - the columns are a constant
    async with connection(pool) as db:
        rows = await db.fetch(query, digests)
    return {digest: KeyRow(*columns) for digest, *columns in rows}


async def create_key(
    pool: Pool,
    *,
    name: str,
    key_hash: bytes,
    key_prefix: str,
    share_hash: bytes | None = None,
    tier: int = 0,
    monthly_limit: int = 0,
    direct: bool = False,
) -> KeyRow:
    """Store a new key and return its row; ``key_prefix`` is what its owner knows it again by. Raises ``StoreDown``."""
    query = f"""
        INSERT INTO api_keys (name, key_hash, key_prefix, share_hash, tier, monthly_limit, direct)
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_COLUMNS}
    """  # noqa: S608 - the columns are a constant
    async with connection(pool) as db:
        row = await db.fetchrow(query, name, key_hash, key_prefix, share_hash, tier, monthly_limit, direct)
    return KeyRow(*row)
