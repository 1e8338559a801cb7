"""Fetch what is known of the title: its dates, its other ids, its artwork."""

from renderer.jobs.dependencies import Dependencies
from renderer.jobs.title_question import Resolved, TitleGone
from services.titles import Title


async def fetch_metadata(
    found: Resolved, dependencies: Dependencies, *, is_recorded: bool, with_showings: bool = False
) -> Title:
    """Return the title, with its showings if asked; where ``is_recorded``, the index then has it with all its ids.

    Raises ``TitleGone``, ``SourceError``.
    """
    title = await dependencies.title_source.title(found.media, with_showings=with_showings)
    if title is None:
        raise TitleGone(found.media)
    if is_recorded:
        await dependencies.index_writer.record_title(title, *found.refs, source=found.source)
    return title
