"""Ask what is known of the title: its dates, its other ids, its pictures."""

from renderer.draft import Draft
from renderer.tools import Tools
from shared.errors import TitleNotFound


async def describe(draft: Draft, tools: Tools) -> None:
    """Set ``title`` and remember its ids. Raises ``TitleNotFound``, ``SourceError``."""
    assert draft.media is not None  # noqa: S101 - set by resolve
    draft.title = await tools.title_source.title(draft.media)
    if draft.title is None:
        raise TitleNotFound(f"no source describes {draft.media}")
    await tools.records.learn_title(draft.title, draft.job.title)
