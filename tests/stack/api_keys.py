"""API keys stored directly, for tests that choose the key's text themselves."""

from gateway.db.api_keys import ApiKeys, ManagedKey
from shared.stores.postgres import Pool, connection


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
) -> ManagedKey:
    """Store a key and return it."""
    query = """
        INSERT INTO api_keys (name, key_hash, key_prefix, share_hash, tier, monthly_limit, direct)
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id
    """
    async with connection(pool) as db:
        key_id = await db.fetchval(query, name, key_hash, key_prefix, share_hash, tier, monthly_limit, direct)
    key = await ApiKeys(pool).managed(key_id)
    assert key is not None
    return key
