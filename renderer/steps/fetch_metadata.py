"""Fetch what is known of the title: its dates, its other ids, its artwork."""

from renderer.jobs.dependencies import Dependencies
from services.source import Title
from shared.domain.errors import TitleNotFound
from shared.domain.ids import ExternalId, MediaId


async def fetch_metadata(media: MediaId, dependencies: Dependencies, *, record_as: ExternalId | None) -> Title:
    """Return the title, recorded in the index with its ids and ``record_as``; without that, nothing is recorded.

    Raises ``TitleNotFound``, ``SourceError``.
    """
    title = await dependencies.title_source.title(media)
    if title is None:
        raise TitleNotFound(f"no source describes {media}")
    if record_as is not None:
        await dependencies.index_writer.record_title(title, record_as)
    return title
