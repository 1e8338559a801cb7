"""Ends the job early when there is nothing new to draw."""

from renderer.jobs.context import ChosenOverlay, JobContext, Rated
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.fingerprint import fingerprint
from renderer.labels.choose import Labels
from services.source import Art
from shared.domain.cache_lifetime import Freshness


async def skip_unchanged(
    context: JobContext,
    rated: Rated,
    art: Art,
    labels: Labels,
    overlay: ChosenOverlay,
    dependencies: Dependencies,
) -> bool:
    """Return true when the stored picture has the fingerprint that a new one would have, and record the check.

    A picture that is overdue or of an older drawing version is redrawn anyway, and so is one whose job is forced, or
    whose labels are true for another time than its metadata says.
    """
    existing = context.existing
    if existing is None or existing.is_outdated or context.job.force or existing.degraded != context.failures.degraded:
        return False
    if existing.freshness(dependencies.now(), dependencies.rule) is Freshness.OVERDUE:
        return False
    if (existing.label_until, existing.lists) != (labels.until, labels.lists):
        return False
    if existing.fingerprint != fingerprint(context.settings, rated, art, labels, overlay):
        return False
    await dependencies.index_writer.record_check(context)
    return True
