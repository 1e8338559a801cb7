"""Every look that was ever issued: settings hash to settings, for as long as anybody uses it."""

from collections.abc import Mapping

import msgspec

from shared.db.pool import Pool, connection
from shared.errors import StoreDown
from shared.hash import SettingsHash, settings_text
from shared.settings import Settings


async def save_look(pool: Pool, settings_hash: SettingsHash, settings: Settings) -> None:
    """Keep a look; one that is kept already stays as it is. Raises ``StoreDown``."""
    query = """
        INSERT INTO settings_registry (hash, kind, format, settings, text)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (hash) DO NOTHING
    """
    body = msgspec.json.encode(settings).decode()
    async with connection(pool) as db:
        await db.execute(
            query, settings_hash, settings.kind.value, settings.format.value, body, settings_text(settings)
        )


async def note_asked(pool: Pool, looks: Mapping[SettingsHash, Settings]) -> None:
    """Keep that these looks are in use today; one that was removed meanwhile is there again. Raises ``StoreDown``."""
    # Nearly always all of them are there: only those that are not are spelled out, which is the dear part.
    note = """
        WITH asked AS (SELECT unnest($1::bpchar[]) AS hash),
        due AS (
            SELECT r.hash FROM settings_registry r JOIN asked USING (hash)
            WHERE r.asked_on < current_date ORDER BY r.hash FOR UPDATE OF r
        ),
        noted AS (
            UPDATE settings_registry SET asked_on = current_date WHERE hash IN (SELECT hash FROM due)
        )
        SELECT hash FROM asked WHERE NOT EXISTS (SELECT FROM settings_registry r WHERE r.hash = asked.hash)
    """
    if not looks:
        return
    async with connection(pool) as db:
        missing = [row["hash"] for row in await db.fetch(note, list(looks))]
    for name in missing:
        await save_look(pool, name, looks[name])


async def load_look(pool: Pool, settings_hash: SettingsHash) -> Settings | None:
    """Return a look, or ``None`` when nobody ever issued it.

    Raises ``StoreDown``, also for one that this version cannot read: while versions are being changed a newer replica
    may have written it, so that "no such look" would be wrong and a later try will be right.
    """
    async with connection(pool) as db:
        body = await db.fetchval("SELECT settings FROM settings_registry WHERE hash = $1", settings_hash)
    return None if body is None else read_look(settings_hash, body)


def read_look(settings_hash: SettingsHash, body: str | bytes) -> Settings:
    """Read a look as it is stored; raises ``StoreDown`` for what this version cannot read."""
    try:
        return msgspec.json.decode(body, type=Settings)
    except (msgspec.ValidationError, msgspec.DecodeError) as exc:
        raise StoreDown(f"look {settings_hash} is of another version: {exc}") from exc
