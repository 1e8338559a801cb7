"""The global settings: overrides for all keys, and whether the free key is enabled."""

from typing import Final

import msgspec

from shared.stores.postgres import Connection, Pool, connection

_QUERY: Final = "SELECT settings::text, free_key_enabled FROM global_settings"


class GlobalRow(msgspec.Struct, frozen=True):
    """The only row; ``settings`` is JSON text with overrides for all kinds."""

    settings: str
    free_key_enabled: bool


async def find_globals(pool: Pool) -> GlobalRow:
    """Return the global settings. Raises ``StoreDown``."""
    async with connection(pool) as db:
        return await read_globals(db)


async def read_globals(db: Connection) -> GlobalRow:
    """Return the global settings without locking them."""
    return GlobalRow(*await db.fetchrow(_QUERY))


async def lock_globals(db: Connection) -> GlobalRow:
    """Return the global settings, locked until the transaction ends."""
    return GlobalRow(*await db.fetchrow(f"{_QUERY} FOR UPDATE"))


async def write_globals(db: Connection, row: GlobalRow) -> None:
    """Replace the global settings."""
    query = "UPDATE global_settings SET settings = $1, free_key_enabled = $2, updated_at = now()"
    await db.execute(query, row.settings, row.free_key_enabled)
