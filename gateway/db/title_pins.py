"""Pinned art: which file a title's pictures are drawn on, for one key or for everybody."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from shared.domain.ids import ExternalId, MediaId
from shared.domain.pictures import Kind
from shared.stores.postgres import Connection, Pool, connection

EVERYBODY: Final = 0
"""In place of a key's id: the pins that hold for every key without its own. No key has this id."""

MOST_PINS: Final = 10_000
"""Pins of all keys and of everybody together; every gateway keeps them all in memory."""

MOST_PER_KEY: Final = 1_000
"""Pins of one key, and of everybody."""

_LOCK: Final = 0x6D61_7271_7565_0007  # so that two changes do not both take the last place
_COLUMNS: Final = "coalesce(key_id, 0) AS key_id, media_id, kind, alias, source, file, pinned_at"


class PinRow(msgspec.Struct, frozen=True, kw_only=True):
    """One pin; ``alias`` is the external id that it was made for, with its type."""

    key_id: int
    media_id: str
    kind: Kind
    alias: str
    source: str
    file: str
    pinned_at: datetime


class NamedPin(msgspec.Struct, frozen=True):
    """What a gateway needs of a pin: whose it is, the ids of its title that are known, and the file.

    ``series_aliases`` are those of the series if the title is a season, else there are none.
    """

    key_id: int
    media_id: str
    kind: str
    file: str
    aliases: Sequence[str]
    series_aliases: Sequence[str] = ()


async def find_named_pins(pool: Pool) -> list[NamedPin]:
    """Return all pins with the ids of their titles. Raises ``StoreDown``."""
    query = """
        SELECT coalesce(key_id, 0), media_id, kind, file,
            alias || ARRAY(SELECT a.alias FROM title_aliases a WHERE a.media_id = p.media_id ORDER BY a.alias LIMIT 50),
            CASE WHEN position(':' IN media_id) > 0 THEN ARRAY(
                SELECT a.alias FROM title_aliases a WHERE a.media_id = split_part(p.media_id, ':', 1)
                ORDER BY a.alias LIMIT 50
            ) ELSE '{}' END
        FROM title_pins p ORDER BY pinned_at LIMIT $1
    """
    async with connection(pool) as db:
        return [NamedPin(*row) for row in await db.fetch(query, MOST_PINS)]


async def find_pins(pool: Pool, key_id: int) -> list[PinRow]:
    """Return the pins of a key or of ``EVERYBODY``, the latest first. Raises ``StoreDown``."""
    query = f"""
        SELECT {_COLUMNS} FROM title_pins WHERE coalesce(key_id, 0) = $1
        ORDER BY pinned_at DESC, media_id, kind LIMIT $2
    """  # noqa: S608 - the columns are a constant
    async with connection(pool) as db:
        return [_row(row) for row in await db.fetch(query, key_id, MOST_PER_KEY)]


async def write_pin(db: Connection, pin: PinRow) -> bool:
    """Store a pin in place of a former one of the title; returns ``False`` if there is no room for another."""
    await db.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    query = """
        SELECT count(*) FILTER (WHERE coalesce(key_id, 0) = $1) AS own, count(*) AS every,
            bool_or(coalesce(key_id, 0) = $1 AND media_id = $2 AND kind = $3) AS is_there
        FROM title_pins
    """
    own, every, is_there = await db.fetchrow(query, pin.key_id, pin.media_id, pin.kind.value)
    if not is_there and (own >= MOST_PER_KEY or every >= MOST_PINS):
        return False
    query = """
        INSERT INTO title_pins (key_id, media_id, kind, alias, source, file, pinned_at)
        VALUES (nullif($1::bigint, 0), $2, $3, $4, $5, $6, $7)
        ON CONFLICT (coalesce(key_id, 0), media_id, kind) DO UPDATE
        SET alias = excluded.alias, source = excluded.source, file = excluded.file, pinned_at = excluded.pinned_at
    """
    known = (pin.key_id, pin.media_id, pin.kind.value, pin.alias, pin.source, pin.file, pin.pinned_at)
    await db.execute(query, *known)
    return True


async def delete_pins(
    db: Connection, key_id: int, title: ExternalId, media: MediaId | None, kind: Kind | None
) -> list[PinRow]:
    """Delete the pins of a title, of one kind or of all, and return them."""
    query = f"""
        DELETE FROM title_pins
        WHERE coalesce(key_id, 0) = $1 AND (alias = $2 OR media_id = $3) AND ($4::text IS NULL OR kind = $4)
        RETURNING {_COLUMNS}
    """  # noqa: S608 - the columns are a constant
    known = (key_id, title.alias, None if media is None else str(media), None if kind is None else kind.value)
    return [_row(row) for row in await db.fetch(query, *known)]


def _row(row: object) -> PinRow:
    return msgspec.convert(dict(row), PinRow)  # type: ignore[call-overload]
