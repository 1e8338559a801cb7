"""What is stored, page by page, the newest pictures first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from gateway.db.stats import Count
from shared.domain.ids import MediaId
from shared.domain.pictures import Kind
from shared.stores.postgres import Pool, connection

MOST_COUNTED: Final = 10_000
"""Pictures that are counted to say how many fit a filter; beyond them it is said that there are more."""

MOST_TITLES: Final = 500
"""Titles that a part of a name may mean; it is not looked for in others."""


class StoredPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A stored picture with its title and its look; ``checked_at`` is when it was last found right."""

    media_id: str
    name: str
    alias: str | None
    """One of the ids under which callers know the title, or ``None`` when none is kept."""
    kind: str
    ext: str
    size: str
    hash: str
    bytes: int
    drawn_at: datetime
    checked_at: datetime
    degraded: bool


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which pictures: those that fit all that is given."""

    kind: Kind | None = None
    media: tuple[MediaId, ...] | None = None
    hash_prefix: str | None = None
    """Lower-case hex digits with which the hash begins."""


async def find_stored(pool: Pool, wanted: Filter, *, skip: int, most: int, are_many: bool) -> list[StoredPicture]:
    """Return the newest pictures that fit, after so many and at most so many. Raises ``StoreDown``.

    ``are_many`` says whether more fit than are quickly sorted.
    """
    where, values = _where(wanted)
    # Many are found by walking from the newest on. That would be a walk through all pictures where only few fit, so
    # that these are sorted, by what the index of times does not know.
    newest = "i.drawn_at DESC" if are_many else "(i.drawn_at + interval '0') DESC"
    # The page is cut out first, so that titles and ids are looked up for its pictures only.
    query = f"""
        SELECT page.media_id, coalesce(t.name, '') AS name, page.kind, page.ext, page.size, page.hash, page.bytes,
            page.drawn_at, page.checked_at, page.degraded,
            (SELECT min(alias) FROM title_aliases a WHERE a.media_id = page.media_id) AS alias
        FROM (
            SELECT i.*, r.kind, r.settings ->> 'size' AS size
            FROM images i JOIN settings_registry r USING (hash) {where}
            ORDER BY {newest}, i.hash, i.media_id, i.ext OFFSET {skip:d} LIMIT {most:d}
        ) page LEFT JOIN titles t USING (media_id)
        ORDER BY page.drawn_at DESC, page.hash, page.media_id, page.ext
    """  # noqa: S608 - numbers and our own conditions, of which every value is a parameter
    async with connection(pool) as db:
        return [StoredPicture(**row) for row in await db.fetch(query, *values)]


async def count_stored(pool: Pool, wanted: Filter) -> Count:
    """Count the pictures that fit, up to ``MOST_COUNTED``. Raises ``StoreDown``."""
    where, values = _where(wanted)
    query = f"""
        SELECT count(*) FROM (
            SELECT FROM images i JOIN settings_registry r USING (hash) {where} LIMIT {MOST_COUNTED + 1}
        ) AS counted
    """  # noqa: S608 - as above
    async with connection(pool) as db:
        counted = await db.fetchval(query, *values)
    return Count(min(counted, MOST_COUNTED), is_estimate=counted > MOST_COUNTED)


async def find_named(pool: Pool, part: str) -> Sequence[MediaId]:
    """Return titles whose name holds this text, in any case, at most ``MOST_TITLES``. Raises ``StoreDown``."""
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    query = "SELECT media_id FROM titles WHERE name ILIKE $1 LIMIT $2"
    async with connection(pool) as db:
        return [MediaId.parse(row["media_id"]) for row in await db.fetch(query, f"%{escaped}%", MOST_TITLES)]


def _where(wanted: Filter) -> tuple[str, list[object]]:
    """Return the condition and its values."""
    conditions, values = [], list[object]()
    if wanted.kind is not None:
        values.append(wanted.kind.value)
        conditions.append(f"r.kind = ${len(values)}")
    if wanted.media is not None:
        values.append([str(media) for media in wanted.media])
        conditions.append(f"i.media_id = ANY (${len(values)}::text[])")
    if wanted.hash_prefix is not None:
        # A range and not LIKE: the index of hashes knows it in whatever language the database sorts.
        values += [wanted.hash_prefix.ljust(32, "0"), wanted.hash_prefix.ljust(32, "f")]
        conditions.append(f"i.hash BETWEEN ${len(values) - 1} AND ${len(values)}")
    return f"WHERE {' AND '.join(conditions)}" if conditions else "", values
