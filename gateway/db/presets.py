"""Presets that admins publish: named layers of settings for one kind, for every key."""

from typing import Final

import msgspec

from shared.domain.pictures import Kind
from shared.stores.postgres import Connection, Pool, connection

PRESETS: Final = -1
"""In place of a key's id among the changes that gateways read: the presets have changed. No key has this id."""

MOST_PRESETS: Final = 100
"""Every gateway keeps them all in memory."""

_LOCK: Final = 0x6D61_7271_7565_0008  # so that two changes do not both take the last place
_PRESET: Final = "SELECT name, kind, settings::text FROM presets"


class PresetRow(msgspec.Struct, frozen=True):
    """A preset; ``settings`` is JSON text with overrides for its kind, or with a design."""

    name: str
    kind: Kind
    settings: str


async def find_presets(pool: Pool) -> list[PresetRow]:
    """Return all presets ordered by name. Raises ``StoreDown``."""
    async with connection(pool) as db:
        return await read_presets(db)


async def read_presets(db: Connection) -> list[PresetRow]:
    """Return all presets ordered by name, within a transaction."""
    return [_preset(row) for row in await db.fetch(f"{_PRESET} ORDER BY name")]


async def lock_preset(db: Connection, name: str) -> PresetRow | None:
    """Return one preset, or ``None``; no other change of presets happens until the transaction ends."""
    await db.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    row = await db.fetchrow(f"{_PRESET} WHERE name = $1", name)
    return None if row is None else _preset(row)


async def count_presets(db: Connection) -> int:
    """Return the number of presets."""
    return int(await db.fetchval("SELECT count(*) FROM presets"))


async def write_preset(db: Connection, preset: PresetRow) -> None:
    """Store a preset, replacing one with the same name."""
    query = """
        INSERT INTO presets (name, kind, settings) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, settings = excluded.settings, updated_at = now()
    """
    await db.execute(query, preset.name, preset.kind.value, preset.settings)


async def delete_preset(db: Connection, name: str) -> bool:
    """Delete a preset; returns whether there was one."""
    return await db.fetchval("DELETE FROM presets WHERE name = $1 RETURNING name", name) is not None


def _preset(row: tuple[str, str, str]) -> PresetRow:
    name, kind, settings = row
    return PresetRow(name, Kind(kind), settings)
