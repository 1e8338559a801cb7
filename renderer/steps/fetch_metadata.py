"""Ask what is known of the title: its dates, its other ids, its pictures."""

from renderer.jobs.context import JobContext
from renderer.jobs.dependencies import Dependencies
from shared.domain.errors import TitleNotFound


async def describe(draft: JobContext, tools: Dependencies) -> None:
    """Set ``title`` and remember its ids. Raises ``TitleNotFound``, ``SourceError``.

    For somebody who waits for any art nothing is written down: the job for the picture does that, and may take longer.
    """
    assert draft.media is not None  # noqa: S101 - set by resolve
    draft.title = await tools.title_source.title(draft.media)
    if draft.title is None:
        raise TitleNotFound(f"no source describes {draft.media}")
    if not draft.is_hurried:
        await tools.records.learn_title(draft.title, draft.job.title)
