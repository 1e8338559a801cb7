"""The anime id map in Postgres: one row for each number of each anime site, replaced as a whole."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import islice
from typing import Final

import msgspec

from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.stores.postgres import Pool, connection, lasting_transaction

_FETCHING: Final = 0x6D71_616D
"""The advisory lock that a process holds while it fetches the map."""

_AT_ONCE: Final = 5_000  # rows written by one statement, which ends well within its time


class AnimeRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a number of a site means; the fields are those of ``services.anime_map.AnimeEntry``."""

    site: IdType
    number: int
    type: str
    imdb: tuple[int, ...] = ()
    tmdb_movies: tuple[int, ...] = ()
    tmdb_tv: int | None = None
    tvdb: int | None = None
    season_tmdb: int | None = None
    season_tvdb: int | None = None
    episode_offset: int = 0

    @property
    def season(self) -> int | None:
        """Return its season: TMDB's, else TVDB's, which usually is the same; ``None`` if it has no place in one."""
        return self.season_tvdb if self.season_tmdb is None else self.season_tmdb


class AnimeMapState(msgspec.Struct, frozen=True):
    """The map as a whole: where it comes from, and when; ``fetched_at`` is ``None`` before the first list."""

    origin: str
    number_of_rows: int
    first_tried_at: datetime
    tried_at: datetime
    fetched_at: datetime | None


async def load_anime_map_state(pool: Pool) -> AnimeMapState | None:
    """Return the state of the map; ``None`` before the first attempt. Raises ``StoreDown``."""
    async with connection(pool) as db:
        row = await db.fetchrow("SELECT origin, number_of_rows, first_tried_at, tried_at, fetched_at FROM anime_map")
    return None if row is None else AnimeMapState(*row.values())


async def note_anime_map_attempt(pool: Pool, origin: str, now: datetime) -> None:
    """Record that the map is being fetched; the rows of another origin stay until they are replaced.

    Raises ``StoreDown``.
    """
    query = """
        INSERT INTO anime_map (origin, first_tried_at, tried_at) VALUES ($1, $2, $2)
        ON CONFLICT (is_map) DO UPDATE SET tried_at = excluded.tried_at
    """
    async with connection(pool) as db:
        await db.execute(query, origin, now)


async def replace_anime_ids(pool: Pool, rows: Iterable[AnimeRow], origin: str, now: datetime) -> None:
    """Replace all rows in one transaction: readers have the old ones until all new ones are there.

    Raises ``StoreDown``; then the old ones stay.
    """
    columns, left, written = AnimeRow.__struct_fields__, iter(rows), 0
    state = "UPDATE anime_map SET origin = $1, number_of_rows = $2, fetched_at = $3"
    async with connection(pool) as db, db.transaction():
        await db.execute("DELETE FROM anime_ids")
        while records := [msgspec.structs.astuple(row) for row in islice(left, _AT_ONCE)]:
            await db.copy_records_to_table("anime_ids", records=records, columns=columns)
            written += len(records)
        await db.execute(state, origin, written, now)


async def find_anime_row(pool: Pool, ref: ExternalId) -> AnimeRow | None:
    """Return what a number of an anime site means. Raises ``StoreDown``."""
    query = f"SELECT {', '.join(AnimeRow.__struct_fields__)} FROM anime_ids WHERE site = $1 AND number = $2"  # noqa: S608 - constants
    async with connection(pool) as db:
        row = await db.fetchrow(query, ref.id_type.value, ref.number)
    if row is None:
        return None
    known = {**row, "site": ref.id_type, "imdb": tuple(row["imdb"]), "tmdb_movies": tuple(row["tmdb_movies"])}
    return AnimeRow(**known)


async def find_anime_number(pool: Pool, site: IdType, media: MediaId, imdb: int | None) -> int | None:
    """Return a site's number of a film, of a series or of a season; ``None`` if it has none. Raises ``StoreDown``.

    Of several entries of a series the one of its first season comes first, then those without a place, others, and
    specials last; among them one that begins its season, then the lowest number. ``imdb`` is the title's number there,
    for entries that TMDB's number is not known of.
    """
    async with connection(pool) as db:
        if media.kind is TitleKind.MOVIE:
            number = await db.fetchval(_OF_FILM, site.value, media.number, imdb)
        else:
            number = await db.fetchval(_OF_SERIES, site.value, media.number, imdb, media.season)
    return number if isinstance(number, int) else None


_OF_FILM: Final = """
    SELECT number FROM anime_ids
    WHERE site = $1 AND (
        tmdb_movies @> ARRAY[$2::int] OR (imdb @> ARRAY[$3::int] AND tmdb_movies = '{}' AND tmdb_tv IS NULL)
    )
    ORDER BY (tmdb_movies @> ARRAY[$2::int]) DESC, number LIMIT 1
"""
_OF_SERIES: Final = """
    WITH entries AS (
        SELECT number, episode_offset, coalesce(season_tmdb, season_tvdb) AS season FROM anime_ids
        WHERE site = $1 AND type <> 'MOVIE'
            AND (tmdb_tv = $2 OR (imdb @> ARRAY[$3::int] AND tmdb_movies = '{}' AND tmdb_tv IS NULL))
    )
    SELECT number FROM entries WHERE $4::int IS NULL OR season = $4::int
    ORDER BY
        CASE WHEN season = 1 THEN 0 WHEN season IS NULL THEN 1 WHEN season = 0 THEN 3 ELSE 2 END,
        episode_offset > 0, number
    LIMIT 1
"""


@asynccontextmanager
async def anime_map_lock(pool: Pool) -> AsyncIterator[bool]:
    """Yield whether this process is the one that fetches the map, until the block ends. Raises ``StoreDown``."""
    async with lasting_transaction(pool) as db:
        yield bool(await db.fetchval("SELECT pg_try_advisory_xact_lock($1)", _FETCHING))
