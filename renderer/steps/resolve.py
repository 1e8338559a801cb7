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
    return await _indexed(title, dependencies) or await _from_sources(title, dependencies)


async def _indexed(title: ExternalId, dependencies: Dependencies) -> MediaId | None:
    """Return what an earlier job recorded; a failing index costs one call to a source."""
    try:
        async with asyncio.timeout(INDEX_TIMEOUT_S):
            return await dependencies.titles.find(title)
    except (StoreDown, TimeoutError):
        return None


async def _from_sources(title: ExternalId, dependencies: Dependencies) -> MediaId:
    media = await _indexed(title.title, dependencies) if title.episode else None
    media = media or await dependencies.title_source.find(title)
    if media is None and _may_be_tvdb_film(title):
        media = await _film_by_tvdb(title.number, dependencies)
    if media is None or (title.episode and media.kind is not TitleKind.SERIES):
        raise TitleNotFound(f"no source knows {title.alias}")
    return MediaId(media.kind, media.number, title.episode) if title.episode else media


def _may_be_tvdb_film(title: ExternalId) -> bool:
    return title.id_type is IdType.TVDB and title.kind in {None, TitleKind.MOVIE} and not title.episode


async def _film_by_tvdb(number: int, dependencies: Dependencies) -> MediaId | None:
    """Ask other sources: TMDB does not know the TVDB ids of films."""
    for source in dependencies.film_names:
        media = await source.by_tvdb_film(number)
        if media is not None:
            return media
    return None
