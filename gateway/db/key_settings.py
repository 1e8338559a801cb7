"""A key's overrides and profiles."""

from typing import Final

import msgspec

from gateway.db.api_keys import FREE_PREFIX
from shared.domain.pictures import Kind
from shared.stores.postgres import Connection, Pool, connection

_KEY: Final = f"""
    SELECT coalesce(s.settings::text, ''), k.key_prefix = '{FREE_PREFIX}'
    FROM api_keys k LEFT JOIN key_settings s ON s.key_id = k.id WHERE k.id = $1
"""  # noqa: S608 - a constant
_PROFILE: Final = "SELECT name, kind, settings::text FROM profiles WHERE key_id = $1"


class KeySettingsRow(msgspec.Struct, frozen=True):
    """A key's overrides; ``settings`` is JSON text for all kinds, empty if there are none."""

    settings: str
    is_free: bool
    """Whether it is the free key, which is public."""


class ProfileRow(msgspec.Struct, frozen=True):
    """A profile; ``settings`` is JSON text with overrides for its kind."""

    name: str
    kind: Kind
    settings: str


async def find_key_settings(pool: Pool, key_id: int) -> KeySettingsRow | None:
    """Return a key's overrides, or ``None`` if there is no such key. Raises ``StoreDown``."""
    async with connection(pool) as db:
        row = await db.fetchrow(_KEY, key_id)
    return None if row is None else KeySettingsRow(*row)


async def lock_key_settings(db: Connection, key_id: int) -> KeySettingsRow | None:
    """Return a key's overrides, locked together with its profiles until the transaction ends."""
    # The key's row is locked because there may be no overrides yet. This lock does not block usage counting.
    if await db.fetchval("SELECT id FROM api_keys WHERE id = $1 FOR NO KEY UPDATE", key_id) is None:
        return None
    return KeySettingsRow(*await db.fetchrow(_KEY, key_id))


async def write_key_settings(db: Connection, key_id: int, settings: str) -> None:
    """Replace a key's overrides."""
    query = """
        INSERT INTO key_settings (key_id, settings) VALUES ($1, $2)
        ON CONFLICT (key_id) DO UPDATE SET settings = excluded.settings, updated_at = now()
    """
    await db.execute(query, key_id, settings)


async def delete_key_settings(db: Connection, key_id: int) -> None:
    """Delete a key's overrides."""
    await db.execute("DELETE FROM key_settings WHERE key_id = $1", key_id)


async def find_profiles(pool: Pool, key_id: int) -> list[ProfileRow]:
    """Return a key's profiles ordered by name. Raises ``StoreDown``."""
    async with connection(pool) as db:
        return await read_profiles(db, key_id)


async def read_profiles(db: Connection, key_id: int) -> list[ProfileRow]:
    """Return a key's profiles ordered by name, within a transaction."""
    return [_profile(row) for row in await db.fetch(f"{_PROFILE} ORDER BY name", key_id)]


async def find_profile(pool: Pool, key_id: int, name: str) -> ProfileRow | None:
    """Return one profile, or ``None``. Raises ``StoreDown``."""
    async with connection(pool) as db:
        return await read_profile(db, key_id, name)


async def read_profile(db: Connection, key_id: int, name: str) -> ProfileRow | None:
    """Return one profile, or ``None``, within a transaction."""
    row = await db.fetchrow(f"{_PROFILE} AND name = $2", key_id, name)
    return None if row is None else _profile(row)


async def count_profiles(db: Connection, key_id: int) -> int:
    """Return the number of a key's profiles."""
    return int(await db.fetchval("SELECT count(*) FROM profiles WHERE key_id = $1", key_id))


async def write_profile(db: Connection, key_id: int, profile: ProfileRow) -> None:
    """Store a profile, replacing one with the same name."""
    query = """
        INSERT INTO profiles (key_id, name, kind, settings) VALUES ($1, $2, $3, $4)
        ON CONFLICT (key_id, name) DO UPDATE
        SET kind = excluded.kind, settings = excluded.settings, updated_at = now()
    """
    await db.execute(query, key_id, profile.name, profile.kind.value, profile.settings)


async def rename_profile(db: Connection, key_id: int, old: str, new: str) -> None:
    """Rename a profile; the new name must be free."""
    await db.execute("UPDATE profiles SET name = $3 WHERE key_id = $1 AND name = $2", key_id, old, new)


async def delete_profile(db: Connection, key_id: int, name: str) -> bool:
    """Delete a profile; returns whether there was one."""
    query = "DELETE FROM profiles WHERE key_id = $1 AND name = $2 RETURNING name"
    return await db.fetchval(query, key_id, name) is not None


async def delete_profiles(db: Connection, key_id: int) -> None:
    """Delete all profiles of a key."""
    await db.execute("DELETE FROM profiles WHERE key_id = $1", key_id)


def _profile(row: tuple[str, str, str]) -> ProfileRow:
    name, kind, settings = row
    return ProfileRow(name, Kind(kind), settings)
