"""Titles, and the ids under which callers know them."""

from collections.abc import Iterable
from datetime import date

from shared.db.pool import Connection, Pool, connection
from shared.ids import MediaId, TitleRef


async def save_title(pool: Pool, media: MediaId, name: str, film_date: date | None, refs: Iterable[TitleRef]) -> None:
    """Keep what is known of a title, and that these ids mean it. Raises ``StoreDown``."""
    save = """
        INSERT INTO titles (media_id, kind, name, film_date, checked_at) VALUES ($1, $2, $3, $4, now())
        ON CONFLICT (media_id) DO UPDATE
        SET name = excluded.name, film_date = excluded.film_date, checked_at = excluded.checked_at
    """
    async with connection(pool) as db, db.transaction():
        await db.execute(save, str(media), media.kind.value, name, film_date)
        await _save_aliases(db, media, refs)


async def save_aliases(pool: Pool, media: MediaId, refs: Iterable[TitleRef]) -> None:
    """Keep that these ids mean a title that is known. Raises ``StoreDown``."""
    async with connection(pool) as db:
        await _save_aliases(db, media, refs)


async def _save_aliases(db: Connection, media: MediaId, refs: Iterable[TitleRef]) -> None:
    # In order, so that two that save the same ids at once wait for each other and do not lock up.
    query = """
        INSERT INTO title_aliases (alias, media_id) SELECT alias, $2 FROM unnest($1::text[]) AS alias ORDER BY alias
        ON CONFLICT (alias) DO UPDATE SET media_id = excluded.media_id
        WHERE title_aliases.media_id <> excluded.media_id
    """
    await db.execute(query, sorted({ref.alias for ref in refs}), str(media))


async def find_media(pool: Pool, ref: TitleRef) -> MediaId | None:
    """Return which title an id means, or ``None`` when it was never asked for. Raises ``StoreDown``."""
    async with connection(pool) as db:
        text = await db.fetchval("SELECT media_id FROM title_aliases WHERE alias = $1", ref.alias)
    return None if text is None else MediaId.parse(text)
