"""Titles: their metadata, their external ids, and the rating reports of the sources."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

import msgspec

from shared.domain.awards import Award
from shared.domain.ids import ExternalId, MediaId
from shared.domain.rating_merge import RatingReport
from shared.domain.ratings import Rating, Ratings, RatingSite
from shared.stores.postgres import Pool, connection


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


class TitleRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is stored about one title."""

    facts: TitleMetadata
    checked_at: datetime
    aliases: tuple[str, ...]
    reports: tuple[RatingReport, ...]


async def save_title(pool: Pool, facts: TitleMetadata, refs: Iterable[ExternalId]) -> None:
    """Store a title's metadata and its external ids. Raises ``StoreDown``."""
    query = f"""
        WITH title AS (
            INSERT INTO titles (media_id, kind, name, film_date, released, last_aired, status, checked_at)
            VALUES ($2, $3, $4, $5, $6, $7, $8, now())
            ON CONFLICT (media_id) DO UPDATE
            SET name = excluded.name, film_date = excluded.film_date, released = excluded.released,
                last_aired = excluded.last_aired, status = excluded.status, checked_at = excluded.checked_at
        )
        {_SAVE_ALIASES}
    """  # noqa: S608 - only constants are inserted
    known = (facts.name, facts.film_date, facts.released, facts.last_aired, facts.status)
    async with connection(pool) as db:
        await db.execute(query, _aliases(refs), str(facts.media), facts.media.kind.value, *known)


async def save_external_ids(pool: Pool, media: MediaId, refs: Iterable[ExternalId]) -> None:
    """Store further external ids of a stored title. Raises ``StoreDown``."""
    async with connection(pool) as db:
        await db.execute(_SAVE_ALIASES, _aliases(refs), str(media))


# In order, so that concurrent writers of the same ids wait for each other and do not deadlock.
_SAVE_ALIASES: Final = """
    INSERT INTO title_aliases (alias, media_id) SELECT alias, $2 FROM unnest($1::text[]) AS alias ORDER BY alias
    ON CONFLICT (alias) DO UPDATE SET media_id = excluded.media_id
    WHERE title_aliases.media_id <> excluded.media_id
"""


def _aliases(refs: Iterable[ExternalId]) -> list[str]:
    return sorted({ref.alias for ref in refs})


async def find_media(pool: Pool, ref: ExternalId) -> MediaId | None:
    """Return the media id of an external id, or ``None`` when it is unknown. Raises ``StoreDown``."""
    async with connection(pool) as db:
        text = await db.fetchval("SELECT media_id FROM title_aliases WHERE alias = $1", ref.alias)
    return None if text is None else MediaId.parse(text)


async def find_external_ids(pool: Pool, media: MediaId) -> tuple[ExternalId, ...]:
    """Return every external id of a title. Raises ``StoreDown``."""
    async with connection(pool) as db:
        rows = await db.fetch("SELECT alias FROM title_aliases WHERE media_id = $1 ORDER BY alias", str(media))
    return tuple(ExternalId.from_alias(row["alias"]) for row in rows)


async def find_episodes(pool: Pool, series: MediaId, *, after: MediaId | None, most: int) -> list[MediaId]:
    """Return the next stored episodes of a series, ordered by id. Raises ``StoreDown``."""
    query = """
        SELECT media_id FROM titles
        WHERE split_part(media_id, ':', 1) = $1 AND position(':' IN media_id) > 0 AND media_id > $2
        ORDER BY media_id LIMIT $3
    """
    async with connection(pool) as db:
        rows = await db.fetch(query, str(series), str(after or ""), most)
    return [MediaId.parse(row["media_id"]) for row in rows]


async def save_reports(pool: Pool, media: MediaId, reports: Iterable[RatingReport]) -> None:
    """Store the sources' reports about a stored title, replacing earlier ones. Raises ``StoreDown``."""
    query = """
        INSERT INTO title_reports (media_id, source, ratings, award, heard_at)
        SELECT $1, * FROM unnest($2::text[], $3::jsonb[], $4::text[], $5::timestamptz[])
            AS said (source, ratings, award, heard_at) ORDER BY source
        ON CONFLICT (media_id, source) DO UPDATE
        SET ratings = excluded.ratings, award = excluded.award, heard_at = excluded.heard_at
        WHERE title_reports.heard_at < excluded.heard_at
    """
    rows = [
        (report.source, msgspec.json.encode(report.ratings).decode(), report.award, report.heard_at)
        for report in reports
    ]
    async with connection(pool) as db:
        await db.execute(query, str(media), *zip(*rows, strict=True))


async def find_reports(pool: Pool, media: MediaId) -> tuple[RatingReport, ...]:
    """Return the sources' last reports about a title, marked as not fresh. Raises ``StoreDown``."""
    query = "SELECT source, ratings, award, heard_at FROM title_reports WHERE media_id = $1 ORDER BY source"
    async with connection(pool) as db:
        rows = await db.fetch(query, str(media))
    return tuple(
        RatingReport(
            source=row["source"],
            ratings=_read_ratings(row["ratings"]),
            award=Award(row["award"]) if row["award"] in set(Award) else None,
            heard_at=row["heard_at"],
            is_fresh=False,
        )
        for row in rows
    )


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


_RATINGS: Final = msgspec.json.Decoder(dict[str, Rating])


def _read_ratings(text: str) -> Ratings:
    """Decode stored ratings, without those of sites that this version does not know."""
    kept = _RATINGS.decode(text)
    return {RatingSite(site): rating for site, rating in kept.items() if site in set(RatingSite)}
