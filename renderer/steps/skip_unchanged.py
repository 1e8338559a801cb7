"""Ends the job early when there is nothing new to draw."""

import structlog

from renderer.jobs.context import ChosenOverlay, JobContext, Rated
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.fingerprint import fingerprint
from renderer.labels.choose import Labels
from renderer.storage.base import ImageMetadata
from renderer.storage.storage_key import storage_key
from services.artwork import Art
from shared.domain.cache_lifetime import Freshness
from shared.domain.errors import StoreDown

log: structlog.stdlib.BoundLogger = structlog.get_logger()


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
    if dependencies.serves_from_bucket:
        await _set_lifetime(context, existing, dependencies)
    return True


async def _set_lifetime(context: JobContext, existing: ImageMetadata, dependencies: Dependencies) -> None:
    """Let copies of the object be kept for as long as the film's age allows by now. It can wait for the next check."""
    cache_control = existing.lifetime_in_bucket(dependencies.now(), dependencies.rule)
    if cache_control == existing.cache_control:
        return
    key = storage_key(context.job.settings_hash, context.media, context.settings.format)
    try:
        await dependencies.storage.set_cache_control(key, cache_control)
    except StoreDown as error:
        log.warning("lifetime_not_set", object=key, reason=str(error))
