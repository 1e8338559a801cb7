"""Find the title that has replaced one that is gone."""

import asyncio
from collections.abc import Iterable

from renderer.jobs.dependencies import Dependencies
from renderer.jobs.title_question import INDEX_TIMEOUT_S, Resolved, TitleGone, ask, indexed
from shared.domain.errors import StoreDown
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind


async def find_successor(title: ExternalId, gone: MediaId, dependencies: Dependencies) -> Resolved:
    """Ask again by the caller's id, then by every other id that led to the title that is gone.

    The number of the title that is gone leads to its successor from then on. Raises ``TitleGone``, ``SourceError``.
    """
    own = gone.tmdb
    for ref in await _questions(title, gone, dependencies):
        found = await ask(ref, dependencies, gone=gone)
        if found is not None and await _exists(found.media, gone, dependencies):
            return Resolved(found.media, found.source, (title, own))
    known = await indexed(own, dependencies)
    if known is None or not await _exists(known, gone, dependencies):
        raise TitleGone(gone)
    return Resolved(known, dependencies.title_source.name, (title,))


async def _questions(title: ExternalId, gone: MediaId, dependencies: Dependencies) -> Iterable[ExternalId]:
    """Return the ids to ask. An episode that a series never had is not looked for by the ids of the series."""
    refs = [title, *await _others(gone, dependencies)]
    if not gone.is_part:
        return dict.fromkeys(refs)
    if await dependencies.title_source.title(gone.series) is not None:
        return dict.fromkeys(ref for ref in refs if not ref.is_part)
    return dict.fromkeys((*refs, *_parts(await _others(gone.series, dependencies), gone)))


def _parts(refs: Iterable[ExternalId], gone: MediaId) -> Iterable[ExternalId]:
    own = {TitleKind.EPISODE, TitleKind.SEASON}
    return (
        ExternalId(ref.id_type, ref.number, None, gone.episode, gone.season)
        for ref in refs
        if ref.kind not in own and not ref.id_type.is_anime
    )


async def _others(gone: MediaId, dependencies: Dependencies) -> list[ExternalId]:
    """Return the ids of other sites that led to a title; none while the index is down."""
    try:
        async with asyncio.timeout(INDEX_TIMEOUT_S):
            known = await dependencies.titles.external_ids(gone)
    except (StoreDown, TimeoutError):
        return []
    return [ref for ref in known if ref.id_type is not IdType.TMDB]


async def _exists(media: MediaId, gone: MediaId, dependencies: Dependencies) -> bool:
    return media != gone and await dependencies.title_source.title(media) is not None
