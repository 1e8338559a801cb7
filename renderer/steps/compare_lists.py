"""Compare the ranks that a stored picture shows with those of today's lists: a check that costs no source a call."""

import msgspec

from renderer.jobs.context import Fresh
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.recent_checks import is_recently_checked
from renderer.labels.choose import lists_of
from renderer.storage.base import ImageMetadata
from renderer.storage.storage_key import storage_key
from shared.domain.cache_lifetime import Freshness
from shared.domain.errors import StoreDown
from shared.queue.messages import Priority, RenderJob
from shared.settings.digest import SettingsHash
from shared.settings.model import Settings


async def compare_lists(job: RenderJob, settings: Settings, dependencies: Dependencies) -> Fresh | None:
    """Return that a refresh is not needed: the picture is due only because there are newer lists, which say the same.

    ``None`` where that is not so, or cannot be known.
    """
    if job.lane is not Priority.REFRESH or job.force or not lists_of(settings):
        return None
    try:
        media = await dependencies.titles.find(job.title)
        if media is None:
            return None
        metadata = await dependencies.storage.head(storage_key(job.settings_hash, media, settings.format))
        if metadata is None or not await _is_due_by_lists_alone(metadata, job.settings_hash, dependencies):
            return None
        lists_for_s = await dependencies.list_book.unchanged_for_s(metadata.lists, media)
    except StoreDown:
        return None
    return Fresh(media=media, lists_for_s=lists_for_s) if lists_for_s else None


async def _is_due_by_lists_alone(
    metadata: ImageMetadata, settings_hash: SettingsHash, dependencies: Dependencies
) -> bool:
    now, rule = dependencies.now(), dependencies.rule
    if not metadata.has_older_lists(now):
        return False
    unlisted = msgspec.structs.replace(metadata, lists="")
    if unlisted.freshness(now, rule) is Freshness.FRESH:
        return True
    return await is_recently_checked(unlisted, settings_hash, dependencies.marks, now, rule)
