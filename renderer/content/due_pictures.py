"""Queues a refresh for stored pictures that are due, once for all their callers."""

from datetime import datetime
from typing import Final

import structlog
from cachetools import TTLCache

from renderer.content.picture_result import CacheStatus
from renderer.content.stored_pictures import within
from renderer.jobs.recent_checks import is_recently_checked
from renderer.storage.base import ImageMetadata
from shared.domain.cache_lifetime import LifetimeRule
from shared.domain.errors import StoreDown
from shared.observability.tracing import current_span
from shared.queue.messages import Priority, RenderJob
from shared.queue.protocol import JobQueue
from shared.settings.content_url import ContentAddress

_RECENT_CHECKS: Final = 100_000
_RECENT_CHECK_S: Final = 30

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class DuePictures:
    """Knows which pictures were found due a short time ago."""

    def __init__(self, queue: JobQueue, rule: LifetimeRule) -> None:
        self._queue, self._rule = queue, rule
        self._recent: TTLCache[ContentAddress, CacheStatus] = TTLCache(_RECENT_CHECKS, _RECENT_CHECK_S)

    async def check(self, address: ContentAddress, metadata: ImageMetadata, now: datetime) -> CacheStatus:
        """Return ``HIT`` or ``STALE`` for a picture that is due; its refresh is queued once for all its callers."""
        cache = self._recent.get(address)
        if cache is None:
            cache = self._recent[address] = await self._queue_refresh(address, metadata, now)
        return cache

    def invalidate(self) -> None:
        """Forget all checks."""
        self._recent.clear()

    async def _queue_refresh(self, address: ContentAddress, metadata: ImageMetadata, now: datetime) -> CacheStatus:
        try:
            checked = is_recently_checked(metadata, address.settings_hash, self._queue, now, self._rule)
            if await within(checked):
                return CacheStatus.HIT  # checked recently and unchanged, though drawn long ago
            trace = current_span().traceparent
            job = RenderJob(
                settings_hash=address.settings_hash, title=address.title, lane=Priority.REFRESH, trace=trace
            )
            await within(self._queue.enqueue([job]))
        except StoreDown as error:
            log.warning("refresh_not_queued", reason=str(error))
        return CacheStatus.STALE
