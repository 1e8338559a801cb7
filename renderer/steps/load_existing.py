"""Look at what is stored already."""

from renderer.jobs.context import JobContext
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.outcome import JobOutcome
from renderer.storage.base import ImageMetadata
from renderer.storage.storage_key import storage_key
from shared.domain.cache_lifetime import Freshness, state
from shared.domain.errors import StoreDown
from shared.domain.ids import MediaId
from shared.settings.digest import SettingsHash


async def recall(draft: JobContext, tools: Dependencies) -> None:
    """Set ``stored`` to the facts of the picture that stands; end the work when it is fresh, unless the job insists."""
    assert draft.media is not None  # noqa: S101 - set by resolve
    key = storage_key(draft.job.settings_hash, draft.media, draft.settings.format)
    draft.stored = await tools.storage.head(key)
    if draft.stored is None or draft.job.force:
        return
    if await _is_fresh(draft.stored, draft.job.settings_hash, draft.media, tools):
        await tools.records.learn(draft.media, draft.job.title)
        draft.outcome = JobOutcome.FRESH


def due(facts: ImageMetadata, tools: Dependencies) -> Freshness:
    """Tell how far a stored picture may be believed now."""
    return state(
        film_date=facts.film_date,
        degraded=facts.degraded,
        drawn_at=facts.drawn_at,
        now=tools.now(),
        rule=tools.rule,
    )


async def _is_fresh(facts: ImageMetadata, settings_hash: SettingsHash, media: MediaId, tools: Dependencies) -> bool:
    now = due(facts, tools)
    if now is not Freshness.STALE:
        return now is Freshness.FRESH
    try:
        return await tools.marks.is_fresh(f"{settings_hash}:{media}")
    except StoreDown:
        return False
