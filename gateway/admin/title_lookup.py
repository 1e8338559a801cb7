"""Finds the title that an admin means by an external id in any form."""

from collections.abc import Iterator
from typing import Final

from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.stores.postgres import Pool
from shared.stores.title_rows import find_media

UNKNOWN_TITLE: Final = (
    "Unknown title: the index has no picture of it. If the database is new or was restored, "
    "run python -m renderer.cli rebuild-index, which reads the index from the stored pictures."
)
"""What is answered about an id that leads to no title."""


async def media_of(pool: Pool, external_id: ExternalId) -> MediaId | None:
    """Return the title's media id, or ``None`` for an unknown id that is not TMDB's. Raises ``StoreDown``."""
    # Stored ids first: a source may have merged two titles since.
    for candidate in _candidates(external_id):
        media = await find_media(pool, candidate)
        if media is not None:
            return media
    return _media_id(external_id)


def _candidates(external_id: ExternalId) -> Iterator[ExternalId]:
    """Yield the ids under which picture requests may have named the same title."""
    yield external_id
    if external_id.kind is None and not external_id.is_part:
        for kind in (TitleKind.MOVIE, TitleKind.SERIES, TitleKind.EPISODE, TitleKind.SEASON):
            yield ExternalId(external_id.id_type, external_id.number, kind)


def _media_id(external_id: ExternalId) -> MediaId | None:
    """Return the media id of a TMDB id, or ``None`` for any other."""
    if external_id.id_type is not IdType.TMDB:
        return None
    if external_id.is_part:
        return MediaId(TitleKind.SERIES, external_id.number, external_id.episode, external_id.season)
    is_title = external_id.kind in {TitleKind.MOVIE, TitleKind.SERIES, TitleKind.COLLECTION}
    return MediaId(external_id.kind, external_id.number) if is_title and external_id.kind else None
