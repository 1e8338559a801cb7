"""Keeps the anime id map up to date: one renderer fetches it, and checks it before it replaces the old one."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from renderer.db.anime_ids import (
    AnimeMapState,
    AnimeRow,
    anime_map_lock,
    load_anime_map_state,
    note_anime_map_attempt,
    replace_anime_ids,
)
from renderer.metrics import RendererMetrics
from services.anime_map import MAP_MEMORY_BYTES, AnimeEntry, AnimeMapSource
from services.client.byte_budget import ByteBudget
from shared.domain.errors import SourceError, StoreDown
from shared.domain.ids import IdType
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 60.0
"""How often each renderer looks whether the map is due."""

RETRY: Final = timedelta(minutes=10)
"""Pause between two attempts, whichever renderer makes them."""

LEAST_SHARE: Final = 0.8
"""A list with fewer rows than this share of the last one's is taken for a damaged one."""


class AnimeMapRefresh:
    """Puts a new list into Postgres when it is due. A list that cannot be fetched or trusted leaves the old one."""

    def __init__(
        self,
        pool: Pool,
        source: AnimeMapSource,
        *,
        origin: str,
        every: timedelta,
        memory: ByteBudget,
        metrics: RendererMetrics,
        now: Callable[[], datetime],
    ) -> None:
        self._pool, self._source, self._memory, self._metrics, self._now = pool, source, memory, metrics, now
        self._origin, self._every = origin, every
        self._known: AnimeMapState | None = None
        metrics.anime_map_age.set_function(self._age_s)

    async def refresh(self) -> None:
        """Fetch the map if it is due and no other renderer is at it."""
        try:
            if self._is_due(await self._load()):
                async with anime_map_lock(self._pool) as is_ours:
                    state = await self._load()
                    if is_ours and self._is_due(state):
                        await note_anime_map_attempt(self._pool, self._origin, self._now())
                        await self._fetch(state)
                        await self._load()
        except StoreDown as error:
            log.warning("anime_map_not_checked", reason=str(error))

    async def _load(self) -> AnimeMapState | None:
        self._known = state = await load_anime_map_state(self._pool)
        self._metrics.anime_map_rows.set(state.number_of_rows if state else 0)
        return state

    def _is_due(self, state: AnimeMapState | None) -> bool:
        now = self._now()
        if state is None:
            return True
        is_old = state.fetched_at is None or state.origin != self._origin or now - state.fetched_at >= self._every
        return is_old and abs(now - state.tried_at) >= RETRY

    async def _fetch(self, state: AnimeMapState | None) -> None:
        """Replace the map by a new list. Raises ``StoreDown``."""
        before = state.number_of_rows if state and state.origin == self._origin else 0
        async with self._memory.share(min(MAP_MEMORY_BYTES, self._memory.limit)):
            try:
                rows = anime_rows(await self._source.entries())
            except SourceError as error:
                self._metrics.anime_map_refreshes.labels("failed").inc()
                log.warning("anime_map_not_refreshed", cause=error.cause, reason=str(error))
                return
            if len(rows) < LEAST_SHARE * before:
                self._metrics.anime_map_refreshes.labels("refused").inc()
                log.warning("anime_map_refused", rows=len(rows), before=before)
                return
            await replace_anime_ids(self._pool, rows, self._origin, self._now())
        self._metrics.anime_map_refreshes.labels("done").inc()
        log.info("anime_map_refreshed", rows=len(rows), before=before)

    def _age_s(self) -> float:
        """Return how old the map is; without one, for how long it has been missing."""
        if self._known is None:
            return 0.0
        since = self._known.fetched_at or self._known.first_tried_at
        return max(0.0, (self._now() - since).total_seconds())


def anime_rows(entries: Sequence[AnimeEntry]) -> list[AnimeRow]:
    """Return a row for each number of each site; of several entries with the same number the first counts."""
    return list({(row.site, row.number): row for entry in reversed(entries) for row in _rows_of(entry)}.values())


def _rows_of(entry: AnimeEntry) -> Iterator[AnimeRow]:
    for ref in entry.ids:
        yield AnimeRow(
            site=IdType(ref.id_type),
            number=ref.number,
            type=entry.type,
            imdb=entry.imdb,
            tmdb_movies=entry.tmdb_movies,
            tmdb_tv=entry.tmdb_tv,
            tvdb=entry.tvdb,
            season_tmdb=entry.season_tmdb,
            season_tvdb=entry.season_tvdb,
            episode_offset=entry.offset,
        )
