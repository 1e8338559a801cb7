"""All issued settings by their hash, kept for as long as they are used."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import msgspec

from shared.domain.errors import StoreDown
from shared.settings.digest import SettingsHash, settings_text
from shared.settings.model import Settings
from shared.stores.postgres import Pool, connection

ResolveSettings: TypeAlias = Callable[[], Settings]
"""Resolves settings again: twenty thousand of them would be 20 MB, and only those that are missing are needed."""


class SettingsUse(NamedTuple):
    """Settings that are in use, and whether nobody but callers of the free key is known to use them."""

    resolve: ResolveSettings
    is_free_only: bool = False


async def save_settings(
    pool: Pool, settings_hash: SettingsHash, settings: Settings, *, is_free_only: bool = False
) -> None:
    """Store settings; stored ones stay unchanged. Raises ``StoreDown``."""
    query = """
        INSERT INTO settings_registry (hash, kind, format, settings, text, free_only)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (hash) DO NOTHING
    """
    body, text = msgspec.json.encode(settings).decode(), settings_text(settings)
    async with connection(pool) as db:
        await db.execute(query, settings_hash, settings.kind.value, settings.format.value, body, text, is_free_only)


async def are_settings_stored(pool: Pool, settings_hash: SettingsHash) -> bool:
    """Return whether settings are stored. Raises ``StoreDown``."""
    async with connection(pool) as db:
        return bool(await db.fetchval("SELECT EXISTS (SELECT FROM settings_registry WHERE hash = $1)", settings_hash))


async def stored_settings(pool: Pool, hashes: Collection[SettingsHash]) -> set[SettingsHash]:
    """Return which of these settings are stored. Raises ``StoreDown``."""
    query = "SELECT hash FROM settings_registry WHERE hash = ANY($1::bpchar[])"
    async with connection(pool) as db:
        return {SettingsHash(row["hash"]) for row in await db.fetch(query, list(hashes))}


async def mark_settings_used(pool: Pool, in_use: Mapping[SettingsHash, SettingsUse]) -> None:
    """Record that these settings are in use today, and by whom, and store removed ones again. Raises ``StoreDown``."""
    if not in_use:
        return
    # Nearly always none is missing, and encoding settings is the expensive part. A separate statement sees what was
    # removed while the first one waited; what that one has updated is no longer removed.
    find_missing = """
        SELECT hash FROM unnest($1::bpchar[]) AS asked (hash)
        WHERE NOT EXISTS (SELECT FROM settings_registry AS kept WHERE kept.hash = asked.hash)
    """
    of_keys = """
        UPDATE settings_registry SET free_only = false WHERE hash IN (
            SELECT hash FROM settings_registry WHERE hash = ANY($1::bpchar[]) AND free_only ORDER BY hash FOR UPDATE
        )
    """
    await keep_settings(pool, list(in_use))
    async with connection(pool) as db:
        await db.execute(of_keys, [name for name, use in in_use.items() if not use.is_free_only])
        missing = [row["hash"] for row in await db.fetch(find_missing, list(in_use))]
    for name in missing:
        await save_settings(pool, name, in_use[name].resolve(), is_free_only=in_use[name].is_free_only)


async def keep_settings(pool: Pool, settings_hashes: Sequence[SettingsHash]) -> None:
    """Record that these settings, where they are stored, are in use today. Raises ``StoreDown``."""
    query = """
        UPDATE settings_registry SET asked_on = current_date WHERE hash IN (
            SELECT hash FROM settings_registry WHERE hash = ANY($1::bpchar[]) AND asked_on < current_date
            ORDER BY hash FOR UPDATE
        )
    """
    async with connection(pool) as db:
        await db.execute(query, settings_hashes)


async def load_settings(pool: Pool, settings_hash: SettingsHash) -> Settings | None:
    """Return settings, or ``None`` when the hash was never issued.

    Raises ``StoreDown``, also when this version cannot decode them: during an upgrade a newer replica may have written
    them, so that ``None`` would be wrong and a retry will succeed.
    """
    async with connection(pool) as db:
        body = await db.fetchval("SELECT settings FROM settings_registry WHERE hash = $1", settings_hash)
    return None if body is None else decode_settings(settings_hash, body)


def decode_settings(settings_hash: SettingsHash, body: str | bytes) -> Settings:
    """Decode stored settings. Raises ``StoreDown`` for what this version cannot decode."""
    try:
        return msgspec.json.decode(body, type=Settings)
    except (msgspec.ValidationError, msgspec.DecodeError) as exc:
        raise StoreDown(f"settings {settings_hash} are of another version: {exc}") from exc
