"""Store the finished picture."""

from renderer.jobs.context import JobContext
from renderer.jobs.dependencies import Dependencies
from renderer.storage.base import Picture
from renderer.storage.storage_key import storage_key


async def store(context: JobContext, picture: Picture, dependencies: Dependencies) -> None:
    """Store the picture under its media id, record it, and purge an earlier one from the CDN. Raises ``StoreDown``."""
    settings_hash, settings = context.job.settings_hash, context.settings
    await dependencies.storage.put(storage_key(settings_hash, context.media, settings.format), picture)
    await dependencies.index_writer.record_picture(settings_hash, context.media, settings.format, picture)
    if dependencies.purger is not None and context.existing is not None:
        await dependencies.purger.changed(settings_hash, context.media, settings)
