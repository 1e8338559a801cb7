"""Make sure that one picture is drawn once, however many replicas and ids ask for it."""

from renderer.jobs.context import JobContext
from renderer.jobs.dependencies import Dependencies


async def claim(draft: JobContext, tools: Dependencies) -> None:
    """Hold the turn for this picture until the work ends; what is stored is looked at only then.

    Raises ``DeadlineExceeded``, ``StoreDown``.
    """
    await draft.held.enter_async_context(tools.locks.lock(f"{draft.job.settings_hash}:{draft.media}"))
