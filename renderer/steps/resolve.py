"""Find out which title the caller means."""

import asyncio
from typing import Final

from renderer.jobs.context import JobContext
from renderer.jobs.dependencies import Dependencies
from shared.domain.errors import StoreDown, TitleNotFound
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind

PATIENCE_S: Final = 0.5
"""Longest wait for what an earlier picture taught us: a source is asked sooner than a silent store gives up."""


async def resolve(draft: JobContext, tools: Dependencies) -> None:
    """Set ``media``; a title is resolved once, by whichever of its ids came first.

    Raises ``TitleNotFound``, ``SourceError``.
    """
    ref = draft.job.title
    draft.media = await _known(ref, tools)
    if draft.media is not None:
        return
    title = await _known(ref.title, tools) if ref.episode else None
    title = title or await tools.title_source.find(ref)
    if title is None and ref.id_type is IdType.TVDB and ref.kind in {None, TitleKind.MOVIE} and not ref.episode:
        title = await _film_by_tvdb(ref.number, tools)
    if title is None or (ref.episode and title.kind is not TitleKind.SERIES):
        raise TitleNotFound(f"no source knows {ref.alias}")
    draft.media = MediaId(title.kind, title.number, ref.episode) if ref.episode else title


async def _known(ref: ExternalId, tools: Dependencies) -> MediaId | None:
    """Return what an earlier picture taught us; forgetting costs a question to a source, no more."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await tools.titles.find(ref)
    except (StoreDown, TimeoutError):
        return None


async def _film_by_tvdb(number: int, tools: Dependencies) -> MediaId | None:
    """Ask elsewhere: TMDB does not know the TVDB numbers of films."""
    for source in tools.film_names:
        media = await source.by_tvdb_film(number)
        if media is not None:
            return media
    return None
