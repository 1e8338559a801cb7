"""Stored pictures, page by page, newest first."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from gateway.db.stats import Count
from shared.domain.ids import ExternalId, MediaId
from shared.domain.pictures import Format, Kind, Size
from shared.settings.digest import SettingsHash
from shared.stores.postgres import Pool, connection
from shared.stores.title_rows import read_alias

COUNT_LIMIT: Final = 10_000
"""A filter's matches are counted up to this number; above it the count is an estimate."""

_USUAL_SIZE: Final = Size.MEDIUM.value  # stored settings leave out what is at its default

MAX_TITLES: Final = 500
"""A search by name considers this many titles."""


class StoredPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A stored picture with its title and settings; ``checked_at`` is when it was last found up to date."""

    media_id: MediaId
    name: str
    external_id: ExternalId | None
    """One of the ids by which callers know the title, or ``None`` if none is stored."""
    kind: Kind
    format: Format
    size: str
    settings: str
    """The settings as JSON, which another version may have written."""
    hash: SettingsHash
    bytes: int
    drawn_at: datetime
    checked_at: datetime
    degraded: bool


class PictureFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which pictures to find: those that match every field that is set."""

    kind: Kind | None = None
    media: tuple[MediaId, ...] | None = None
    hash_prefix: str | None = None
    """The first hex digits of the hash, in lower case."""


async def find_stored(
    pool: Pool, wanted: PictureFilter, *, skip: int, limit: int, are_many: bool
) -> list[StoredPicture]:
    """Return the newest matching pictures. Raises ``StoreDown``.

    ``are_many`` says whether there are too many matches to sort quickly.
    """
    where, values = _where(wanted)
    # Many matches are found by walking the index of times from the newest. With few matches that would walk through
    # all pictures, so these are sorted by an expression that the index does not cover.
    newest = "i.drawn_at DESC" if are_many else "(i.drawn_at + interval '0') DESC"
    # The page is selected first, so that titles and ids are joined for its pictures only.
    query = f"""
        SELECT page.media_id, coalesce(t.name, '') AS name, page.kind, page.ext, page.size, page.settings, page.hash,
            page.bytes, page.drawn_at, page.checked_at, page.degraded,
            (SELECT alias FROM title_aliases a WHERE a.media_id = page.media_id
             ORDER BY a.forward_id IS NOT DISTINCT FROM a.media_id DESC, alias LIMIT 1) AS alias
        FROM (
            SELECT i.*, r.kind, r.settings, coalesce(r.settings ->> 'size', '{_USUAL_SIZE}') AS size
            FROM images i JOIN settings_registry r USING (hash) {where}
            ORDER BY {newest}, i.hash, i.media_id, i.ext OFFSET {skip:d} LIMIT {limit:d}
        ) page LEFT JOIN titles t USING (media_id)
        ORDER BY page.drawn_at DESC, page.hash, page.media_id, page.ext
    """  # noqa: S608 - numbers and fixed conditions; every value is a parameter
    async with connection(pool) as db:
        return [_stored_picture(row) for row in await db.fetch(query, *values)]


def _stored_picture(row: Mapping[str, Any]) -> StoredPicture:
    columns = dict(row)
    alias = columns.pop("alias")
    columns |= {
        "media_id": MediaId.parse(row["media_id"]),
        "external_id": None if alias is None else read_alias(alias),
        "kind": Kind(row["kind"]),
        "format": Format(columns.pop("ext")),
        "hash": SettingsHash(row["hash"]),
    }
    return StoredPicture(**columns)


async def count_stored(pool: Pool, wanted: PictureFilter) -> Count:
    """Count the matching pictures, up to ``COUNT_LIMIT``. Raises ``StoreDown``."""
    where, values = _where(wanted)
    query = f"""
        SELECT count(*) FROM (
            SELECT FROM images i JOIN settings_registry r USING (hash) {where} LIMIT {COUNT_LIMIT + 1}
        ) AS counted
    """  # noqa: S608 - as above
    async with connection(pool) as db:
        counted = await db.fetchval(query, *values)
    return Count(min(counted, COUNT_LIMIT), is_estimate=counted > COUNT_LIMIT)


async def find_named(pool: Pool, part: str) -> Sequence[MediaId]:
    """Return up to ``MAX_TITLES`` titles whose name contains this text, ignoring case. Raises ``StoreDown``."""
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    query = "SELECT media_id FROM titles WHERE name ILIKE $1 LIMIT $2"
    async with connection(pool) as db:
        return [MediaId.parse(row["media_id"]) for row in await db.fetch(query, f"%{escaped}%", MAX_TITLES)]


def _where(wanted: PictureFilter) -> tuple[str, list[object]]:
    """Return the SQL condition and its values."""
    conditions, values = [], list[object]()
    if wanted.kind is not None:
        values.append(wanted.kind.value)
        conditions.append(f"r.kind = ${len(values)}")
    if wanted.media is not None:
        values.append([str(media) for media in wanted.media])
        conditions.append(f"i.media_id = ANY (${len(values)}::text[])")
    if wanted.hash_prefix is not None:
        # A range instead of LIKE: the index serves it in every collation.
        values += [wanted.hash_prefix.ljust(32, "0"), wanted.hash_prefix.ljust(32, "f")]
        conditions.append(f"i.hash BETWEEN ${len(values) - 1} AND ${len(values)}")
    return f"WHERE {' AND '.join(conditions)}" if conditions else "", values
