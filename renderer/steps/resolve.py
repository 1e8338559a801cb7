"""Find out which title the caller means."""

from renderer.draft import Draft
from renderer.tools import Tools
from shared.errors import StoreDown, TitleNotFound, Unsupported
from shared.ids import IdType, MediaId, TitleKind
from shared.settings import Kind


async def resolve(draft: Draft, tools: Tools) -> None:
    """Set ``media``; a title is resolved once, by whichever of its ids came first.

    Raises ``TitleNotFound``, ``Unsupported``, ``SourceError``.
    """
    if draft.settings.kind is not Kind.POSTER:
        raise Unsupported(f"{draft.settings.kind} pictures are not drawn yet")
    ref = draft.job.title.title
    try:
        draft.media = await tools.titles.find(ref)
    except StoreDown:
        draft.media = None  # forgetting costs a question to a source, no more
    if draft.media is None:
        draft.media = await tools.title_source.find(ref)
    if draft.media is None and ref.id_type is IdType.TVDB and ref.kind is not TitleKind.SERIES:
        draft.media = await _film_by_tvdb(ref.number, tools)
    if draft.media is None:
        raise TitleNotFound(f"no source knows {ref.alias}")


async def _film_by_tvdb(number: int, tools: Tools) -> MediaId | None:
    """Ask elsewhere: TMDB does not know the TVDB numbers of films."""
    for source in tools.film_names:
        media = await source.by_tvdb_film(number)
        if media is not None:
            return media
    return None
