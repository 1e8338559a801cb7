"""Restores the index from the metadata of stored pictures: many rows at once, never over newer rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
import structlog

from shared.domain.errors import BadRequest, TitleNotFound
from shared.domain.ids import MediaId
from shared.domain.pictures import Format
from shared.settings.digest import SettingsHash
from shared.stores.image_rows import ImageRow
from shared.stores.postgres import Pool, connection

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_COLUMNS: Final = (
    "$1::bpchar[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::bool[], $8::timestamptz[], $9::int[]"
)


class ImageName(msgspec.Struct, frozen=True):
    """The key of a row of the index, and the time of its drawing."""

    hash: SettingsHash
    media: MediaId
    ext: Format
    drawn_at: datetime


class FoundTitle(msgspec.Struct, frozen=True):
    """A title, as far as it is known from the metadata of its pictures."""

    media: MediaId
    film_date: date | None
    seen_at: datetime


async def restore_images(pool: Pool, images: Sequence[ImageRow]) -> int:
    """Insert or repair the rows of distinct stored pictures; return how many. Raises ``StoreDown``.

    A row of a newer drawing stays, and the time of the last check is kept.
    """
    query = f"""
        INSERT INTO images (hash, media_id, ext, etag, bytes, fingerprint, degraded, drawn_at, drawing, checked_at)
        SELECT *, drawn_at FROM unnest({_COLUMNS})
            AS found (hash, media_id, ext, etag, bytes, fingerprint, degraded, drawn_at, drawing)
        ORDER BY hash, media_id, ext
        ON CONFLICT (hash, media_id, ext) DO UPDATE
        SET etag = excluded.etag, bytes = excluded.bytes, fingerprint = excluded.fingerprint,
            degraded = excluded.degraded, drawn_at = excluded.drawn_at, drawing = excluded.drawing,
            checked_at = greatest(images.checked_at, excluded.checked_at)
        WHERE images.drawn_at <= excluded.drawn_at
            AND (images.etag, images.bytes, images.fingerprint, images.degraded, images.drawn_at, images.drawing)
                IS DISTINCT FROM (excluded.etag, excluded.bytes, excluded.fingerprint, excluded.degraded,
                    excluded.drawn_at, excluded.drawing)
        RETURNING 1
    """  # noqa: S608 - only constant column types are interpolated
    drawn = [(row.etag, row.bytes, row.fingerprint, row.degraded, row.drawn_at, row.drawing) for row in images]
    rows = [(row.hash, str(row.media), row.ext.value, *facts) for row, facts in zip(images, drawn, strict=True)]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 9
    async with connection(pool) as db:
        return len(await db.fetch(query, *columns))


async def restore_titles(pool: Pool, titles: Iterable[FoundTitle]) -> int:
    """Insert the rows of missing titles, with their TMDB id; return how many. Raises ``StoreDown``.

    Other external ids need the title's row, and are not in the metadata of its pictures.
    """
    save = """
        INSERT INTO titles (media_id, kind, name, film_date, checked_at)
        SELECT media_id, kind, '', film_date, checked_at
        FROM unnest($1::text[], $2::text[], $3::date[], $4::timestamptz[])
            AS found (media_id, kind, film_date, checked_at)
        ORDER BY media_id ON CONFLICT (media_id) DO NOTHING RETURNING 1
    """
    name = """
        INSERT INTO title_aliases (alias, media_id)
        SELECT * FROM unnest($1::text[], $2::text[]) AS found (alias, media_id)
        ORDER BY alias ON CONFLICT (alias) DO NOTHING
    """
    found = list({title.media: title for title in titles}.values())
    ids = [str(title.media) for title in found]
    kinds = [title.media.kind.value for title in found]
    dates = [title.film_date for title in found]
    async with connection(pool) as db, db.transaction():
        made = await db.fetch(save, ids, kinds, dates, [title.seen_at for title in found])
        await db.execute(name, [title.media.tmdb.alias for title in found], ids)
    return len(made)


async def image_names(pool: Pool, after: ImageName | None, most: int) -> list[ImageName]:
    """Return the next page of the index, ordered by key. Raises ``StoreDown``."""
    query = """
        SELECT hash, media_id, ext, drawn_at FROM images
        WHERE $1::bpchar IS NULL OR (hash, media_id, ext) > ($1::bpchar, $2::text, $3::text)
        ORDER BY hash, media_id, ext LIMIT $4
    """
    start = (None, None, None) if after is None else (after.hash, str(after.media), after.ext.value)
    async with connection(pool) as db:
        while rows := await db.fetch(query, *start, most):
            if names := readable_names(rows):
                return names
            start = (rows[-1]["hash"], rows[-1]["media_id"], rows[-1]["ext"])
    return []


def readable_names(rows: Iterable[Mapping[str, Any]]) -> list[ImageName]:
    """Return the rows' names, without those that this version cannot read: a newer one may have written them."""
    return [name for row in rows if (name := _read_name(row)) is not None]


def _read_name(row: Mapping[str, Any]) -> ImageName | None:
    try:
        return ImageName(SettingsHash(row["hash"]), MediaId.parse(row["media_id"]), Format(row["ext"]), row["drawn_at"])
    except (BadRequest, TitleNotFound, ValueError):
        _say_unreadable(row["hash"], row["media_id"], row["ext"])
        return None


@lru_cache(maxsize=1000)
def _say_unreadable(settings_hash: str, media_id: str, ext: str) -> None:
    """Log it once, not with every page."""
    log.warning("image_row_unreadable", hash=settings_hash, media=media_id, ext=ext)


async def delete_image_rows(pool: Pool, names: Sequence[ImageName]) -> int:
    """Delete the rows of deleted pictures, except redrawn ones; return how many. Raises ``StoreDown``.

    They are locked in order, so that two processes deleting the same rows do not deadlock.
    """
    query = """
        DELETE FROM images WHERE (hash, media_id, ext) IN (
            SELECT hash, media_id, ext
            FROM images JOIN unnest($1::bpchar[], $2::text[], $3::text[], $4::timestamptz[])
                AS gone (hash, media_id, ext, drawn_at) USING (hash, media_id, ext, drawn_at)
            ORDER BY hash, media_id, ext FOR UPDATE OF images
        )
        RETURNING 1
    """
    rows = [(name.hash, str(name.media), name.ext.value, name.drawn_at) for name in names]
    if not rows:
        return 0
    async with connection(pool) as db:
        return len(await db.fetch(query, *zip(*rows, strict=True)))
