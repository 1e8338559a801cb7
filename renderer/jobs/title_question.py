"""Asks the sources which title an external id means. The answer depends on nothing that was asked before."""

import asyncio
from typing import Final

import msgspec

from renderer.db.anime_ids import AnimeRow
from renderer.jobs.anime_lookup import episode_in_series, is_film, part_of
from renderer.jobs.dependencies import Dependencies
from shared.domain.errors import StoreDown, TitleNotFound
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind

INDEX_TIMEOUT_S: Final = 0.5
"""Longest wait for the title index: asking a source is quicker than waiting for a hung store."""


ANIME_MAP: Final = "anime_map"
"""The source of what an anime id means."""

_MOST_OTHERS: Final = 3  # IMDb's numbers of one entry that are worth a call each


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
    if title.id_type.is_anime:
        return await _ask_anime(title, dependencies, gone and gone.series)
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


async def _ask_anime(title: ExternalId, dependencies: Dependencies, gone: MediaId | None) -> Resolved | None:
    """Return what an entry of an anime site means by the id map: a film, a series, a season, or an episode of it."""
    row = await dependencies.anime_map.find(title)
    media = None if row is None else await _anime_title(row, dependencies, gone)
    if row is None or media is None or title.kind is TitleKind.EPISODE:
        return None
    if media.kind is TitleKind.SERIES:
        episode = title.episode and episode_in_series(row, title.episode)
        media = MediaId(media.kind, media.number, episode) if episode else part_of(row, media)
    elif title.episode:
        return None
    return Resolved(media, ANIME_MAP, (title,))


async def _anime_title(row: AnimeRow, dependencies: Dependencies, gone: MediaId | None) -> MediaId | None:
    """Return the film or the series of an entry: by TMDB's number, else by another site's, which TMDB is asked for."""
    kind = TitleKind.MOVIE if is_film(row) else TitleKind.SERIES
    number = row.tmdb_movies[0] if kind is TitleKind.MOVIE else row.tmdb_tv
    if number and MediaId(kind, number) != gone:
        return MediaId(kind, number)
    others = [ExternalId(IdType.IMDB, number) for number in row.imdb[:_MOST_OTHERS]]
    if row.tvdb and kind is TitleKind.SERIES:
        others.append(ExternalId(IdType.TVDB, row.tvdb, TitleKind.SERIES))
    for ref in others:
        media = await dependencies.title_source.find(ref, gone=gone)
        if media is not None:
            return media.series
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
