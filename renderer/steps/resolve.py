"""Find out which title the caller means."""

import asyncio
from typing import Final

from renderer.jobs.dependencies import Dependencies
from shared.domain.errors import StoreDown, TitleNotFound
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind

INDEX_TIMEOUT_S: Final = 0.5
"""Longest wait for the title index: asking a source is quicker than waiting for a hung store."""


async def resolve(title: ExternalId, dependencies: Dependencies) -> MediaId:
    """Return the media id that an external id means. Raises ``TitleNotFound``, ``SourceError``."""
    media = await _indexed(title, dependencies)
    if media is None:
        media = await (_episode(title, dependencies) if title.episode else _title(title, dependencies))
    if media is None:
        raise TitleNotFound(f"no source knows {title.alias}")
    return media


async def _indexed(title: ExternalId, dependencies: Dependencies) -> MediaId | None:
    """Return what an earlier job recorded; a failing index costs one call to a source."""
    try:
        async with asyncio.timeout(INDEX_TIMEOUT_S):
            return await dependencies.titles.find(title)
    except (StoreDown, TimeoutError):
        return None


async def _episode(episode: ExternalId, dependencies: Dependencies) -> MediaId | None:
    """Return the episode of the series that the id names."""
    series = await _indexed(episode.title, dependencies) or await dependencies.title_source.find(episode)
    if series is None or series.kind is not TitleKind.SERIES:
        return None
    return MediaId(series.kind, series.number, episode.episode)


async def _title(title: ExternalId, dependencies: Dependencies) -> MediaId | None:
    media = await dependencies.title_source.find(title)
    if media is None and title.id_type is IdType.TVDB and title.kind in {None, TitleKind.MOVIE}:
        return await _film_by_tvdb(title.number, dependencies)
    return media


async def _film_by_tvdb(number: int, dependencies: Dependencies) -> MediaId | None:
    """Ask other sources: TMDB does not know the TVDB ids of films."""
    for source in dependencies.film_names:
        media = await source.by_tvdb_film(number)
        if media is not None:
            return media
    return None
