"""Titles: their metadata and their external ids."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
import structlog

from shared.domain.errors import BadRequest, TitleNotFound
from shared.domain.ids import ExternalId, IdType, MediaId
from shared.domain.rating_merge import RatingReport
from shared.stores.postgres import Pool, connection
from shared.stores.title_reports import find_reports

TMDB: Final = "tmdb"
"""The source that decides which title an id means."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class TitleMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """A title's name and dates; ``film_date`` is the one that its age is counted from."""

    media: MediaId
    name: str = ""
    film_date: date | None = None
    released: date | None = None
    """A film's release, a series' first and an episode's only air date."""
    last_aired: date | None = None
    status: str = ""
    """As its source writes it: Released, Ended, Returning Series…"""


class Correction(msgspec.Struct, frozen=True):
    """An external id under which another title was served until now, and which title that was."""

    ref: ExternalId
    was: MediaId


class TitleRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is stored about one title."""

    facts: TitleMetadata
    checked_at: datetime
    aliases: tuple[str, ...]
    reports: tuple[RatingReport, ...]


async def save_title(
    pool: Pool,
    facts: TitleMetadata,
    refs: Iterable[ExternalId],
    *,
    passing: Iterable[ExternalId] = (),
    source: str = TMDB,
) -> list[Correction]:
    """Store a title's metadata and ids, and return the answers that this corrects. Raises ``StoreDown``.

    ``refs`` are answers: ids that ``source`` was asked about and that mean this title. ``passing`` are the external
    ids in the title's own entry, in full: earlier hints that contradict them are deleted.
    """
    known = (facts.name, facts.film_date, facts.released, facts.last_aired, facts.status)
    answered, mentioned = _aliases(refs), list(passing)
    hints = sorted(set(_aliases(mentioned)) - set(answered))
    sites = sorted({ref.id_type.value for ref in mentioned} - {IdType.TMDB.value})
    args = (str(facts.media), facts.media.kind.value, *known, answered, source, hints, TMDB, sites)
    async with connection(pool) as db:
        return _corrections(await db.fetch(_SAVE_TITLE, *args))


async def save_external_ids(
    pool: Pool, media: MediaId, refs: Iterable[ExternalId], *, source: str = TMDB
) -> list[Correction]:
    """Store further ids that mean a title, and return the answers that this corrects. Raises ``StoreDown``.

    A title that is not stored, as in a new database over a full bucket, is stored without its facts.
    """
    async with connection(pool) as db, db.transaction():
        await db.execute(_SAVE_UNDESCRIBED, str(media), media.kind.value)
        replaced = await db.fetch(_REPLACED_ANSWERS, _aliases(refs), str(media))
        await db.execute(_SAVE_ANSWERS, _aliases(refs), str(media), source)
    return _corrections(replaced)


async def save_hints(pool: Pool, media: MediaId, refs: Iterable[ExternalId], *, source: str) -> None:
    """Store ids that a source mentioned in passing; answers, and TMDB's hints, stay. Raises ``StoreDown``."""
    async with connection(pool) as db:
        await db.execute(_SAVE_HINTS, _aliases(refs), str(media), source, TMDB)


# The metadata follows when the title is next described; until then nothing is known of it but its ids.
_SAVE_UNDESCRIBED: Final = """
    INSERT INTO titles (media_id, kind, name, checked_at) VALUES ($1, $2, '', to_timestamp(0))
    ON CONFLICT (media_id) DO NOTHING
"""

# A row is an answer while both columns agree: the version before these columns changes media_id alone. That version
# also wrote hints as if they were answers; its rows have no source, and may have been served.
_IS_ANSWER: Final = "title_aliases.forward_id IS NOT DISTINCT FROM title_aliases.media_id"
_WAS_SERVED: Final = "(title_aliases.source = '' OR title_aliases.forward_id IS NOT NULL)"

_REPLACED: Final = f"alias = ANY({{0}}::text[]) AND media_id <> {{1}} AND {_WAS_SERVED}"
_REPLACED_ANSWERS: Final = f"""
    SELECT alias, media_id FROM title_aliases WHERE {_REPLACED.format("$1", "$2")} ORDER BY alias
"""  # noqa: S608 - only constants are inserted

# In order, so that concurrent writers of the same ids wait for each other and do not deadlock.
_UPDATE_ANSWER: Final = """
    ORDER BY alias ON CONFLICT (alias) DO UPDATE
    SET media_id = excluded.media_id, forward_id = excluded.forward_id, source = excluded.source
    WHERE (title_aliases.media_id, title_aliases.forward_id) IS DISTINCT FROM (excluded.media_id, excluded.forward_id)
"""
_UPDATE_HINT: Final = """
    ORDER BY alias ON CONFLICT (alias) DO UPDATE
    SET media_id = excluded.media_id, source = excluded.source
    WHERE title_aliases.forward_id IS NULL AND title_aliases.source NOT IN ('', {0}) AND excluded.source = {0}
"""
_SAVE_ANSWERS: Final = f"""
    INSERT INTO title_aliases (alias, media_id, forward_id, source)
    SELECT alias, $2, $2, $3 FROM unnest($1::text[]) AS alias {_UPDATE_ANSWER}
"""  # noqa: S608 - only constants are inserted
_SAVE_HINTS: Final = f"""
    INSERT INTO title_aliases (alias, media_id, source)
    SELECT alias, $2, $3 FROM unnest($1::text[]) AS alias {_UPDATE_HINT.format("$4")}
"""  # noqa: S608 - only constants are inserted

# One statement, because each costs a round trip while a caller waits. Every part refers to those before it, so that
# they run in this order: a title before its ids, as ``save_external_ids`` does. Contradicted are ids of the same site
# that the entry does not have, unless they name an episode or a season by its series.
_SAVE_TITLE: Final = f"""
    WITH titled AS (
        INSERT INTO titles (media_id, kind, name, film_date, released, last_aired, status, checked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, now())
        ON CONFLICT (media_id) DO UPDATE
        SET name = excluded.name, film_date = excluded.film_date, released = excluded.released,
            last_aired = excluded.last_aired, status = excluded.status, checked_at = excluded.checked_at
        RETURNING media_id
    ), replaced AS (
        SELECT alias, media_id, true AS was_served FROM title_aliases WHERE {_REPLACED.format("$8", "$1")}
    ), answered AS (
        INSERT INTO title_aliases (alias, media_id, forward_id, source)
        SELECT alias, media_id, media_id, $9 FROM titled, unnest($8::text[]) AS alias {_UPDATE_ANSWER}
        RETURNING alias
    ), hinted AS (
        INSERT INTO title_aliases (alias, media_id, source)
        SELECT alias, $1, $11 FROM (SELECT count(*) FROM answered) AS before, unnest($10::text[]) AS alias
        {_UPDATE_HINT.format("$11")}
        RETURNING alias
    ), contradicted AS (
        SELECT title_aliases.alias FROM title_aliases,
            (SELECT count(*) FROM (SELECT FROM answered UNION ALL SELECT FROM hinted) AS saved) AS before
        WHERE media_id = $1 AND NOT ({_IS_ANSWER}) AND alias <> ALL($8::text[] || $10::text[])
            AND alias !~ '-S[0-9]+(E[0-9]+)?$' AND (source = $11 OR split_part(alias, ':', 1) = ANY($12::text[]))
        ORDER BY alias FOR UPDATE OF title_aliases
    ), dropped AS (
        DELETE FROM title_aliases USING contradicted WHERE title_aliases.alias = contradicted.alias
        RETURNING title_aliases.alias, media_id, {_WAS_SERVED} AS was_served
    )
    SELECT * FROM replaced UNION ALL SELECT * FROM dropped ORDER BY alias
"""  # noqa: S608 - only constants are inserted


def _corrections(rows: Iterable[Mapping[str, Any]]) -> list[Correction]:
    return [
        Correction(ref, MediaId.parse(row["media_id"]))
        for row in rows
        if row.get("was_served", True) and (ref := read_alias(row["alias"])) is not None
    ]


def read_alias(text: str) -> ExternalId | None:
    """Return the id that a row has, or ``None`` for one that this version cannot read: a newer one may have written it.

    One such row must fail no work on all the others.
    """
    try:
        return ExternalId.from_alias(text)
    except (BadRequest, TitleNotFound):
        _say_unreadable(text)
        return None


@lru_cache(maxsize=1000)
def _say_unreadable(alias: str) -> None:
    """Log it once, not with every picture of the title."""
    log.warning("alias_unreadable", alias=alias)


def _readable(rows: Iterable[Mapping[str, Any]]) -> tuple[ExternalId, ...]:
    return tuple(ref for row in rows if (ref := read_alias(row["alias"])) is not None)


def _aliases(refs: Iterable[ExternalId]) -> list[str]:
    return sorted({ref.alias for ref in refs})


async def find_answer(pool: Pool, ref: ExternalId) -> MediaId | None:
    """Return the title that an id was answered to mean, or ``None``; hints do not count. Raises ``StoreDown``."""
    query = f"SELECT media_id FROM title_aliases WHERE alias = $1 AND {_IS_ANSWER}"  # noqa: S608 - a constant
    async with connection(pool) as db:
        text = await db.fetchval(query, ref.alias)
    return None if text is None else MediaId.parse(text)


async def find_media(pool: Pool, ref: ExternalId) -> MediaId | None:
    """Return what is known of an external id, be it a hint, or ``None``. Raises ``StoreDown``."""
    async with connection(pool) as db:
        text = await db.fetchval("SELECT media_id FROM title_aliases WHERE alias = $1", ref.alias)
    return None if text is None else MediaId.parse(text)


async def find_name(pool: Pool, ref: ExternalId) -> tuple[str, int | None] | None:
    """Return the name and the year of the title that an id was answered to mean. Raises ``StoreDown``.

    Returns ``None`` where no name is stored, as after the index was restored.
    """
    query = f"""
        SELECT name, extract(year FROM coalesce(released, CASE WHEN kind = 'movie' THEN film_date END))::int AS year
        FROM title_aliases JOIN titles USING (media_id) WHERE alias = $1 AND {_IS_ANSWER} AND name <> ''
    """  # noqa: S608 - a constant
    async with connection(pool) as db:
        row = await db.fetchrow(query, ref.alias)
    return None if row is None else (row["name"], row["year"])


async def find_external_ids(pool: Pool, media: MediaId, *, only_answers: bool = False) -> tuple[ExternalId, ...]:
    """Return every external id of a title, also those known by a hint. Raises ``StoreDown``."""
    query = f"SELECT alias FROM title_aliases WHERE media_id = $1 AND ({_IS_ANSWER} OR NOT $2) ORDER BY alias"  # noqa: S608 - a constant
    async with connection(pool) as db:
        rows = await db.fetch(query, str(media), only_answers)
    return _readable(rows)


async def find_parts(pool: Pool, series: MediaId, *, after: MediaId | None, most: int) -> list[MediaId]:
    """Return the next stored episodes and seasons of a series, ordered by id. Raises ``StoreDown``."""
    query = """
        SELECT media_id FROM titles
        WHERE split_part(media_id, ':', 1) = $1 AND position(':' IN media_id) > 0 AND media_id > $2
        ORDER BY media_id LIMIT $3
    """
    async with connection(pool) as db:
        rows = await db.fetch(query, str(series), str(after or ""), most)
    return [MediaId.parse(row["media_id"]) for row in rows]


async def find_title(pool: Pool, media: MediaId) -> TitleRecord | None:
    """Return everything that is stored about a title, or ``None``. Raises ``StoreDown``."""
    query = "SELECT name, film_date, released, last_aired, status, checked_at FROM titles WHERE media_id = $1"
    async with connection(pool) as db:
        row = await db.fetchrow(query, str(media))
        aliases = await db.fetch("SELECT alias FROM title_aliases WHERE media_id = $1 ORDER BY alias", str(media))
    if row is None:
        return None
    known = {name: row[name] for name in ("name", "film_date", "released", "last_aired", "status")}
    return TitleRecord(
        facts=TitleMetadata(media=media, **known),
        checked_at=row["checked_at"],
        aliases=tuple(alias["alias"] for alias in aliases),
        reports=await find_reports(pool, media),
    )
