"""Which title an admin means by an id, whatever form it is written in."""

from collections.abc import Iterator

from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.stores.postgres import Pool
from shared.stores.title_rows import find_media


async def media_of(pool: Pool, ref: ExternalId) -> MediaId | None:
    """Return the title, or ``None`` for an id that callers never used and that is not our own. Raises ``StoreDown``."""
    # An alias first: a source may have merged two titles, and then it knows better.
    for spelling in _spellings(ref):
        media = await find_media(pool, spelling)
        if media is not None:
            return media
    return _own_name(ref)


def _spellings(ref: ExternalId) -> Iterator[ExternalId]:
    """Yield the ids that callers of pictures may have used for what this one means."""
    yield ref
    if ref.kind is None and ref.episode is None:
        for kind in TitleKind:
            yield ExternalId(ref.id_type, ref.number, kind)


def _own_name(ref: ExternalId) -> MediaId | None:
    """Return the media id that a TMDB id spells by itself, or ``None``."""
    if ref.id_type is not IdType.TMDB:
        return None
    if ref.episode is not None:
        return MediaId(TitleKind.SERIES, ref.number, ref.episode)
    return MediaId(ref.kind, ref.number) if ref.kind in {TitleKind.MOVIE, TitleKind.SERIES} else None
