"""The sources' last reports about each title: its ratings, award and recommended age."""

from collections.abc import Iterable
from typing import Final

import msgspec

from shared.domain.awards import Award
from shared.domain.ids import MediaId
from shared.domain.rating_merge import RatingReport
from shared.domain.ratings import Rating, Ratings, RatingSite
from shared.stores.postgres import Pool, connection

_RATINGS: Final = msgspec.json.Decoder(dict[str, Rating])


async def save_reports(pool: Pool, media: MediaId, reports: Iterable[RatingReport]) -> None:
    """Store the sources' reports about a stored title, replacing earlier ones. Raises ``StoreDown``."""
    query = """
        INSERT INTO title_reports (media_id, source, ratings, award, nominated, age, heard_at)
        SELECT $1, * FROM unnest($2::text[], $3::jsonb[], $4::text[], $5::text[], $6::smallint[], $7::timestamptz[])
            AS said (source, ratings, award, nominated, age, heard_at) ORDER BY source
        ON CONFLICT (media_id, source) DO UPDATE
        SET ratings = excluded.ratings, award = excluded.award, nominated = excluded.nominated, age = excluded.age,
            heard_at = excluded.heard_at
        WHERE title_reports.heard_at < excluded.heard_at
    """
    rows = [
        (
            report.source,
            msgspec.json.encode(report.ratings).decode(),
            report.award,
            report.nominated,
            report.age,
            report.heard_at,
        )
        for report in reports
    ]
    async with connection(pool) as db:
        await db.execute(query, str(media), *zip(*rows, strict=True))


async def find_reports(pool: Pool, media: MediaId) -> tuple[RatingReport, ...]:
    """Return the sources' last reports about a title, marked as not fresh. Raises ``StoreDown``."""
    query = (
        "SELECT source, ratings, award, nominated, age, heard_at FROM title_reports WHERE media_id = $1 ORDER BY source"
    )
    async with connection(pool) as db:
        rows = await db.fetch(query, str(media))
    return tuple(
        RatingReport(
            source=row["source"],
            ratings=_read_ratings(row["ratings"]),
            award=_read_award(row["award"]),
            nominated=_read_award(row["nominated"]),
            age=row["age"],
            heard_at=row["heard_at"],
            is_fresh=False,
        )
        for row in rows
    )


def _read_award(text: str | None) -> Award | None:
    return Award(text) if text in set(Award) else None


def _read_ratings(text: str) -> Ratings:
    """Decode stored ratings, without those of sites that this version does not know."""
    kept = _RATINGS.decode(text)
    return {RatingSite(site): rating for site, rating in kept.items() if site in set(RatingSite)}
