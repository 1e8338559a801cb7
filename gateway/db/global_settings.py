"""What admins chose for everybody: the look that all others go over, and whether the free key is let in."""

from typing import Final

import msgspec

from shared.stores.postgres import Connection, Pool, connection

_QUERY: Final = "SELECT settings::text, free_key_enabled FROM global_settings"


class GlobalRow(msgspec.Struct, frozen=True):
    """The one row; ``settings`` is the text of choices for all kinds."""

    settings: str
    free_key_enabled: bool


async def find_globals(pool: Pool) -> GlobalRow:
    """Return what is chosen now. Raises ``StoreDown``."""
    async with connection(pool) as db:
        return await read_globals(db)


async def read_globals(db: Connection) -> GlobalRow:
    """Return what is chosen now; others may be changing it."""
    return GlobalRow(*await db.fetchrow(_QUERY))


async def lock_globals(db: Connection) -> GlobalRow:
    """Return what is chosen, within a transaction, until whose end nobody else changes it."""
    return GlobalRow(*await db.fetchrow(f"{_QUERY} FOR UPDATE"))


async def write_globals(db: Connection, row: GlobalRow) -> None:
    """Replace what is chosen."""
    query = "UPDATE global_settings SET settings = $1, free_key_enabled = $2, updated_at = now()"
    await db.execute(query, row.settings, row.free_key_enabled)
