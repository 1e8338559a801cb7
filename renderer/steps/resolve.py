"""Find out which title the caller means."""

import msgspec

from renderer.jobs.dependencies import Dependencies
from renderer.jobs.title_question import ANIME_MAP, Resolved, as_part, ask, indexed
from shared.domain.errors import SourceError, TitleNotFound
from shared.domain.ids import ExternalId, IdType


async def resolve(title: ExternalId, dependencies: Dependencies, *, is_recheck: bool = False) -> Resolved:
    """Return the title that an external id means: the recorded answer, or that of the sources.

    A recheck asks the sources again where they can be asked. Raises ``TitleNotFound``, ``SourceError``.
    """
    recorded = await _recorded(title, dependencies)
    if recorded is not None and not (is_recheck and _can_change(title)):
        return recorded
    try:
        found = await ask(title, dependencies)
    except SourceError:
        if recorded is None:
            raise
        return recorded
    if recorded is None and found is not None:
        return msgspec.structs.replace(found, is_first=True)
    found = found or recorded  # a site may drop an id for a while; the title is still there
    if found is None:
        raise TitleNotFound(f"no source knows {title.alias}")
    return found


def _can_change(title: ExternalId) -> bool:
    """Return whether a source would be asked: TMDB's number with its kind is the answer."""
    return title.id_type is not IdType.TMDB or (title.kind is None and not title.is_part)


async def _recorded(title: ExternalId, dependencies: Dependencies) -> Resolved | None:
    """Return an earlier answer to this id, or for an episode or a season to the id of its series."""
    source = ANIME_MAP if title.id_type.is_anime else dependencies.title_source.name
    media = await indexed(title, dependencies)
    if media is not None:
        return Resolved(media, source, (title,))
    if not title.is_part or title.id_type.is_anime:  # an entry's episodes are numbered by the map alone
        return None
    return as_part(title, await indexed(title.title, dependencies), source)
