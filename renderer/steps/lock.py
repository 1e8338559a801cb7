"""Make sure that a picture is drawn once, however many replicas and external ids request it."""

from contextlib import AsyncExitStack

from renderer.jobs.dependencies import Dependencies
from shared.domain.ids import MediaId
from shared.queue.messages import RenderJob


async def lock(job: RenderJob, media: MediaId, dependencies: Dependencies, held: AsyncExitStack) -> None:
    """Acquire the lock of this picture until ``held`` closes. Raises ``DeadlineExceeded``, ``StoreDown``."""
    await held.enter_async_context(dependencies.locks.lock(f"{job.settings_hash}:{media}"))
