"""Keep the finished picture."""

from renderer.jobs.context import JobContext
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.outcome import JobOutcome
from renderer.storage.storage_key import storage_key


async def store(draft: JobContext, tools: Dependencies) -> None:
    """Store the picture under the title's one name, note it, tell the edge, and end the work. Raises ``StoreDown``."""
    assert draft.media is not None  # noqa: S101 - set by resolve
    assert draft.picture is not None  # noqa: S101 - set by draw
    key = storage_key(draft.job.settings_hash, draft.media, draft.settings.format)
    await tools.storage.put(key, draft.picture)
    await tools.records.drawn(draft)
    if tools.purger is not None and draft.stored is not None:  # in place of one that the edge may hold
        await tools.purger.changed(draft.job.settings_hash, draft.media, draft.settings)
    draft.outcome = JobOutcome.DRAWN
