"""The index of stored pictures, and when each was last checked."""

from datetime import datetime

import msgspec

from shared.domain.ids import MediaId
from shared.domain.pictures import Format
from shared.settings.digest import SettingsHash
from shared.stores.postgres import Pool, connection


class ImageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A stored picture."""

    hash: SettingsHash
    media: MediaId
    ext: Format
    etag: str
    bytes: int
    fingerprint: str
    degraded: bool
    drawn_at: datetime
    drawing: int = 0
    """The version of the drawing code; 0 where it is not known."""


async def record_image(pool: Pool, image: ImageRow) -> None:
    """Record a stored picture, replacing an earlier one. Raises ``StoreDown``."""
    query = """
        INSERT INTO images (hash, media_id, ext, etag, bytes, fingerprint, degraded, drawn_at, checked_at, drawing)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)
        ON CONFLICT (hash, media_id, ext) DO UPDATE
        SET etag = excluded.etag, bytes = excluded.bytes, fingerprint = excluded.fingerprint,
            degraded = excluded.degraded, drawn_at = excluded.drawn_at, checked_at = excluded.checked_at,
            drawing = excluded.drawing, asked_on = current_date
        WHERE images.drawn_at <= excluded.drawn_at
    """
    name = (image.hash, str(image.media), image.ext.value)
    async with connection(pool) as db:
        drawn = (image.etag, image.bytes, image.fingerprint, image.degraded, image.drawn_at, image.drawing)
        await db.execute(query, *name, *drawn)


async def is_recorded(pool: Pool, settings_hash: SettingsHash, media: MediaId, ext: Format) -> bool:
    """Return whether a picture was ever recorded as stored, and not as deleted since. Raises ``StoreDown``."""
    query = "SELECT EXISTS (SELECT FROM images WHERE hash = $1 AND media_id = $2 AND ext = $3)"
    async with connection(pool) as db:
        return bool(await db.fetchval(query, settings_hash, str(media), ext.value))


async def mark_checked(pool: Pool, settings_hash: SettingsHash, media: MediaId, ext: Format, at: datetime) -> None:
    """Record that the stored picture was found up to date. Raises ``StoreDown``."""
    query = """
        UPDATE images SET checked_at = $4, asked_on = current_date
        WHERE hash = $1 AND media_id = $2 AND ext = $3 AND checked_at < $4
    """
    async with connection(pool) as db:
        await db.execute(query, settings_hash, str(media), ext.value, at)


class StoredImage(msgspec.Struct, frozen=True, kw_only=True):
    """A stored picture for its title's page; ``checked_at`` is when it was last found up to date."""

    hash: str
    ext: str
    bytes: int
    drawn_at: datetime
    checked_at: datetime
    degraded: bool


async def find_images(pool: Pool, media: MediaId, most: int) -> list[StoredImage]:
    """Return up to ``most`` stored pictures of a title, newest first. Raises ``StoreDown``."""
    query = """
        SELECT hash, ext, bytes, drawn_at, checked_at, degraded FROM images WHERE media_id = $1
        ORDER BY drawn_at DESC, hash, ext LIMIT $2
    """
    async with connection(pool) as db:
        return [StoredImage(**row) for row in await db.fetch(query, str(media), most)]
