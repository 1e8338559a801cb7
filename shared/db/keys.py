"""API keys: only their digests are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from shared.db.pool import Pool, connection

_COLUMNS: Final = "id, name, key_prefix, tier, monthly_limit, direct, disabled_at"


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A key as a request meets it."""

    id: int
    name: str
    key_prefix: str
    """The first eight characters, by which its owner knows it again."""
    tier: int
    monthly_limit: int
    """Requests a month; 0 = no limit."""
    direct: bool
    disabled_at: datetime | None
    is_share: bool = False
    """It was found by its share form, which fetches pictures and cannot sign in."""


async def find_keys(pool: Pool, digests: Sequence[bytes]) -> dict[bytes, KeyRow]:
    """Return, by SHA-256 of its own or its share form, each key that there is, a disabled one too.

    Raises ``StoreDown``.
    """
    query = f"""
        SELECT asked.digest, asked.digest <> key_hash AS is_share, {_COLUMNS}
        FROM unnest($1::bytea[]) AS asked (digest) JOIN api_keys ON asked.digest IN (key_hash, share_hash)
    """  # noqa: S608 - the columns are a constant
    async with connection(pool) as db:
        rows = await db.fetch(query, list(digests))
    return {row["digest"]: KeyRow(**dict(list(row.items())[1:])) for row in rows}


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
    """Store a new key and return its row. Raises ``StoreDown``."""
    query = f"""
        INSERT INTO api_keys (name, key_hash, key_prefix, share_hash, tier, monthly_limit, direct)
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_COLUMNS}
    """  # noqa: S608 - the columns are a constant
    async with connection(pool) as db:
        row = await db.fetchrow(query, name, key_hash, key_prefix, share_hash, tier, monthly_limit, direct)
    return KeyRow(**row)
