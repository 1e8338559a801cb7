"""Tell whether there is anything new to draw."""

import hashlib

from renderer.drawing.picture import VERSION, shown
from renderer.jobs.context import JobContext
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.outcome import JobOutcome
from renderer.steps.load_existing import due
from services.source import Art
from shared.domain.awards import Award
from shared.domain.cache_lifetime import Freshness
from shared.domain.ratings import Ratings
from shared.settings.model import Settings


async def compare(draft: JobContext, tools: Dependencies) -> None:
    """End the work when the stored picture has the fingerprint that a new one would have, and is not overdue.

    A job that says so is drawn all the same.
    """
    stored = draft.stored
    if (
        draft.job.force
        or stored is None
        or stored.degraded != draft.degraded
        or due(stored, tools) is Freshness.OVERDUE
    ):
        return
    if stored.fingerprint == fingerprint(draft.settings, draft.ratings, draft.award, draft.candidates[0].art):
        await tools.records.checked(draft)
        draft.outcome = JobOutcome.UNCHANGED


def fingerprint(settings: Settings, ratings: Ratings, award: Award | None, art: Art) -> str:
    """Name what is drawn: our version, the art, the statuette, and each badge's value with its number of votes."""
    badges = [f"{site}={rating.value:g}/{rating.votes or 0}" for site, rating in shown(settings, ratings)]
    text = "\n".join([VERSION, art.path, award or "", *badges])
    return hashlib.sha256(text.encode()).hexdigest()[:32]
