"""Asks the sources which title an external id means. The answer depends on nothing that was asked before."""

import asyncio
from typing import Final

import msgspec

from renderer.jobs.dependencies import Dependencies
from shared.domain.errors import StoreDown, TitleNotFound
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind

INDEX_TIMEOUT_S: Final = 0.5
"""Longest wait for the title index: asking a source is quicker than waiting for a hung store."""


class Resolved(msgspec.Struct, frozen=True):
    """The title that a caller means, the source that said so, and the ids that are answered by it."""

    media: MediaId
    source: str
    refs: tuple[ExternalId, ...]
    is_first: bool = False
    """Whether no job has asked about this id before, so that a picture of it is hardly stored."""


class TitleGone(TitleNotFound):
    """The source no longer has a title that an id led to; the id may lead to another by now."""

    def __init__(self, media: MediaId) -> None:
        super().__init__(f"no source describes {media}")
        self.media = media


async def ask(title: ExternalId, dependencies: Dependencies, *, gone: MediaId | None = None) -> Resolved | None:
    """Return the title that an id means, or ``None``; ``gone`` is one that it cannot mean any more.

    Raises ``SourceError``.
    """
    source = dependencies.title_source
    if title.is_part:
        series = await source.find(title, gone=gone and gone.series)
        return as_part(title, series, source.name)
    media = await source.find(title, gone=gone)
    if media is not None:
        return Resolved(media, source.name, (title,))
    if title.id_type is IdType.TVDB and title.kind in {None, TitleKind.MOVIE}:
        return await _film_by_tvdb(title, dependencies, gone)
    return None


def as_part(title: ExternalId, series: MediaId | None, source: str) -> Resolved | None:
    """Return the episode or season that an id names by its series, or ``None`` when the title is no series."""
    if series is None or series.kind is not TitleKind.SERIES:
        return None
    return Resolved(MediaId(series.kind, series.number, title.episode, title.season), source, (title,))


async def indexed(title: ExternalId, dependencies: Dependencies) -> MediaId | None:
    """Return the answer that an earlier job recorded; a failing index costs one call to a source."""
    try:
        async with asyncio.timeout(INDEX_TIMEOUT_S):
            return await dependencies.titles.find(title)
    except (StoreDown, TimeoutError):
        return None


async def _film_by_tvdb(title: ExternalId, dependencies: Dependencies, gone: MediaId | None) -> Resolved | None:
    """Ask other sources: TMDB does not know the TVDB ids of films. It does know when such an answer is wrong."""
    for source in dependencies.film_names:
        media = await source.by_tvdb_film(title.number, gone=gone)
        if media is not None and await _may_have(media, title, dependencies):
            return Resolved(media, source.name, (title,))
    return None


async def _may_have(media: MediaId, title: ExternalId, dependencies: Dependencies) -> bool:
    """Return whether the title exists, and its entry names no other id of that site."""
    described = await dependencies.title_source.title(media)
    if described is None:
        return False
    numbers = {ref.number for ref in described.refs if ref.id_type is title.id_type}
    return not numbers or title.number in numbers
