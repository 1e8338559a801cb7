"""Load the metadata of the stored picture."""

from renderer.jobs.context import Existing
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.recent_checks import is_recently_checked
from renderer.jobs.title_question import Resolved
from renderer.storage.base import ImageMetadata
from renderer.storage.storage_key import storage_key
from shared.domain.cache_lifetime import Freshness
from shared.domain.errors import StoreDown
from shared.domain.ids import MediaId
from shared.domain.pictures import Format
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
    if metadata is None or job.force or not await _is_fresh(metadata, job.settings_hash, dependencies):
        return Existing(metadata)
    await index.record_answers(media, *found.refs, source=found.source)
    if is_checked:
        await _record_missing(job.settings_hash, media, settings.format, dependencies)
    return Existing(metadata, is_fresh=True)


async def _record_missing(
    settings_hash: SettingsHash, media: MediaId, extension: Format, dependencies: Dependencies
) -> None:
    """Record a stored picture that the index lacks: its worker was lost before it could record it."""
    if not await dependencies.index_writer.is_never_stored(settings_hash, media, extension):
        return
    picture = await dependencies.storage.get(storage_key(settings_hash, media, extension))
    if picture is not None:
        await dependencies.index_writer.record_picture(settings_hash, media, extension, picture)


async def _is_fresh(metadata: ImageMetadata, settings_hash: SettingsHash, dependencies: Dependencies) -> bool:
    if metadata.is_outdated:
        return False
    now, rule = dependencies.now(), dependencies.rule
    if metadata.freshness(now, rule) is Freshness.FRESH:
        return True
    try:
        return await is_recently_checked(metadata, settings_hash, dependencies.marks, now, rule)
    except StoreDown:
        return False
