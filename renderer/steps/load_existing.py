"""Look at what is stored already."""

from renderer.jobs.context import Draft
from renderer.jobs.dependencies import Tools
from renderer.jobs.outcome import Outcome
from renderer.storage.base import Facts
from renderer.storage.storage_key import storage_key
from shared.domain.cache_lifetime import State, state
from shared.domain.errors import StoreDown
from shared.domain.ids import MediaId
from shared.settings.digest import SettingsHash


async def recall(draft: Draft, tools: Tools) -> None:
    """Set ``stored`` to the facts of the picture that stands; end the work when it is fresh, unless the job insists."""
    assert draft.media is not None  # noqa: S101 - set by resolve
    key = storage_key(draft.job.settings_hash, draft.media, draft.settings.format)
    draft.stored = await tools.storage.head(key)
    if draft.stored is None or draft.job.force:
        return
    if await _is_fresh(draft.stored, draft.job.settings_hash, draft.media, tools):
        await tools.records.learn(draft.media, draft.job.title)
        draft.outcome = Outcome.FRESH


def due(facts: Facts, tools: Tools) -> State:
    """Tell how far a stored picture may be believed now."""
    return state(
        film_date=facts.film_date,
        degraded=facts.degraded,
        drawn_at=facts.drawn_at,
        now=tools.now(),
        rule=tools.rule,
    )


async def _is_fresh(facts: Facts, settings_hash: SettingsHash, media: MediaId, tools: Tools) -> bool:
    now = due(facts, tools)
    if now is not State.STALE:
        return now is State.FRESH
    try:
        return await tools.marks.is_fresh(f"{settings_hash}:{media}")
    except StoreDown:
        return False
