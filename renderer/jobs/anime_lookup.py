"""What the anime id map says, as all replicas share it in Postgres: titles by anime id, and anime ids by title."""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final, TypeVar

from cachetools import TTLCache

from renderer.db.anime_ids import AnimeRow, find_anime_number, find_anime_row, load_anime_map_state
from services.titles import Title
from shared.concurrency.singleflight import SingleFlight
from shared.domain.errors import SourceDown
from shared.domain.ids import Episode, ExternalId, IdType, MediaId, TitleKind
from shared.stores.postgres import Pool

MOST_CACHED: Final = 20_000
CACHED_S: Final = 600.0
"""How long a row is kept in memory, so that a new map is used soon."""

_SOURCE: Final = "anime_map"
_FILM: Final = "MOVIE"
_K = TypeVar("_K", ExternalId, tuple[IdType, MediaId, int | None])
_V = TypeVar("_V")


class AnimeMap:
    """Looks rows up in memory, then in Postgres. A title's pictures are found by the title index, without this."""

    def __init__(self, pool: Pool, *, is_on: bool = True) -> None:
        self._pool, self._is_on = pool, is_on
        self._has_list = False
        self._rows: TTLCache[ExternalId, tuple[AnimeRow | None]] = TTLCache(MOST_CACHED, CACHED_S)
        self._numbers: TTLCache[tuple[IdType, MediaId, int | None], tuple[int | None]] = TTLCache(MOST_CACHED, CACHED_S)
        self._row_reads: SingleFlight[ExternalId, AnimeRow | None] = SingleFlight()
        self._number_reads: SingleFlight[tuple[IdType, MediaId, int | None], int | None] = SingleFlight()

    async def find(self, ref: ExternalId) -> AnimeRow | None:
        """Return what an entry is; ``None`` if the map does not have it, or there is to be no map.

        Raises ``StoreDown``, and ``SourceDown`` while no map was fetched yet.
        """
        entry = ExternalId(ref.id_type, ref.number)
        if not self._is_on:
            return None
        found = await _cached(self._rows, self._row_reads, entry, lambda: find_anime_row(self._pool, entry))
        if found is None:
            await self._check()
        return found

    async def numbers(self, title: Title, sites: Iterable[IdType]) -> tuple[ExternalId, ...]:
        """Return the title's own entries at these sites, as far as the map has them; none for an episode.

        Raises like :meth:`find`.
        """
        if not self._is_on or title.media.episode is not None:
            return ()
        imdb = title.ref(IdType.IMDB)
        asked = [(site, title.media, imdb.number if imdb else None) for site in sites]
        found = [(key[0], await self._number(key)) for key in asked]
        if None in {number for _, number in found}:
            await self._check()
        return tuple(ExternalId(site, number) for site, number in found if number is not None)

    async def _number(self, key: tuple[IdType, MediaId, int | None]) -> int | None:
        return await _cached(self._numbers, self._number_reads, key, lambda: find_anime_number(self._pool, *key))

    async def _check(self) -> None:
        """Raise ``SourceDown`` if what is missing may only be missing because no map was fetched yet."""
        if not self._has_list:
            state = await load_anime_map_state(self._pool)
            self._has_list = state is not None and state.fetched_at is not None
        if not self._has_list:
            self._rows.clear()
            self._numbers.clear()
            raise SourceDown(_SOURCE, "no map was fetched yet")


async def _cached(
    cache: "TTLCache[_K, tuple[_V]]",
    reads: "SingleFlight[_K, _V]",
    key: _K,
    read: Callable[[], Coroutine[Any, Any, _V]],
) -> _V:
    """Return the cached answer, which may be ``None``, or read it, once for all who ask at that time."""
    known = cache.get(key)
    if known is None:
        known = cache[key] = (await reads.run(key, read),)
    return known[0]


def is_film(row: AnimeRow) -> bool:
    """Return whether an entry is a film, as far as the map knows."""
    return bool(row.tmdb_movies) and (row.type == _FILM or row.tmdb_tv is None)


def part_of(row: AnimeRow, series: MediaId) -> MediaId:
    """Return what an entry of a series shows: the series if it is its beginning or has no place in it, else its season.

    Specials show the series.
    """
    if not row.season or (row.season == 1 and not row.episode_offset):
        return series
    return MediaId(TitleKind.SERIES, series.number, season=row.season)


def episode_in_series(row: AnimeRow, episode: Episode) -> Episode:
    """Return the place in the series of an episode that is counted within an entry.

    A season other than the first is the series' own already: clients that count so know the series' seasons.
    """
    if episode.season != 1:
        return episode
    season = 1 if row.season is None else row.season
    return Episode(season, episode.number + row.episode_offset)
