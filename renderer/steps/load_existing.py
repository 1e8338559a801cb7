"""Load the metadata of the stored picture."""

import msgspec

from renderer.jobs.context import Existing
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.recent_checks import is_recently_checked
from renderer.jobs.title_question import Resolved
from renderer.storage.base import ImageMetadata
from renderer.storage.storage_key import storage_key
from shared.domain.cache_lifetime import Freshness
from shared.domain.errors import StoreDown
from shared.domain.ids import MediaId
from shared.queue.messages import Priority, RenderJob
from shared.settings.digest import SettingsHash
from shared.settings.model import Settings


async def load_existing(job: RenderJob, settings: Settings, found: Resolved, dependencies: Dependencies) -> Existing:
    """Return what is stored, and whether it is fresh; a forced job treats nothing as fresh. Raises ``StoreDown``.

    A damaged picture counts as missing. A caller of a stored picture who has it drawn nevertheless may have found it
    damaged, so its bytes are read; a refresh is of a picture that was just served.

    S3 is not asked when no job asked about the caller's id before and the index has no such picture: while the lock is
    held, no other job stores one either. An index that was lost costs a drawing.
    """
    media = found.media
    index = dependencies.index_writer
    if found.is_first and not job.force and await index.is_never_stored(job.settings_hash, media, settings.format):
        return Existing(None)
    key = storage_key(job.settings_hash, media, settings.format)
    metadata = await dependencies.storage.head(key)
    is_checked = job.force or job.lane is not Priority.REFRESH
    if metadata is not None and is_checked and not await dependencies.storage.is_sound(key):
        metadata = None
    if metadata is None or job.force:
        return Existing(metadata)
    is_fresh, lists_for_s = await _is_fresh(metadata, job.settings_hash, media, dependencies)
    if is_fresh:
        await index.record_answers(media, *found.refs, source=found.source)
    return Existing(metadata, is_fresh=is_fresh, lists_for_s=lists_for_s)


async def _is_fresh(
    metadata: ImageMetadata, settings_hash: SettingsHash, media: MediaId, dependencies: Dependencies
) -> tuple[bool, int]:
    """Return whether the picture is fresh, and for how long its lists need no other look if they were just compared.

    A picture that is due only because there are newer lists is fresh when its title has the same ranks in them.
    """
    now, rule = dependencies.now(), dependencies.rule
    if metadata.freshness(now, rule) is Freshness.FRESH:
        return True, 0
    try:
        if await is_recently_checked(metadata, settings_hash, dependencies.marks, now, rule):
            return True, 0
        unlisted = msgspec.structs.replace(metadata, lists="")
        if not metadata.lists or not await is_recently_checked(unlisted, settings_hash, dependencies.marks, now, rule):
            return False, 0
    except StoreDown:
        return False, 0
    lists_for_s = await dependencies.list_book.unchanged_for_s(metadata.lists, media)
    return lists_for_s > 0, lists_for_s
