"""Queues a refresh for stored pictures that are due, once for all their callers."""

from datetime import datetime
from typing import Final

import structlog
from cachetools import TTLCache

from renderer.content.picture_result import CacheStatus
from renderer.content.redraw_pace import RedrawPace
from renderer.content.stored_pictures import within
from renderer.jobs.recent_checks import is_recently_checked
from renderer.metrics import RendererMetrics
from renderer.storage.base import ImageMetadata
from shared.domain.cache_lifetime import LifetimeRule
from shared.domain.errors import StoreDown
from shared.observability.tracing import current_span
from shared.queue.messages import Priority, RenderJob
from shared.queue.protocol import JobQueue
from shared.settings.content_url import ContentAddress

_RECENT_CHECKS: Final = 100_000
_RECENT_CHECK_S: Final = 30
_REDRAW_AGAIN_S: Final = 3600  # one whose redraw failed would else take the place of others

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class DuePictures:
    """Knows which pictures were found due a short time ago."""

    def __init__(self, queue: JobQueue, pace: RedrawPace, metrics: RendererMetrics, rule: LifetimeRule) -> None:
        self._queue, self._pace, self._redraws, self._rule = queue, pace, metrics.redraws, rule
        for outcome in ("queued", "held"):
            self._redraws.labels(outcome)  # exported as 0, so that the first one is an increase
        self._recent: TTLCache[ContentAddress, CacheStatus] = TTLCache(_RECENT_CHECKS, _RECENT_CHECK_S)
        self._redrawn: TTLCache[ContentAddress, bool] = TTLCache(_RECENT_CHECKS, _REDRAW_AGAIN_S)

    async def check(self, address: ContentAddress, metadata: ImageMetadata, now: datetime) -> CacheStatus:
        """Return ``HIT`` or ``STALE`` for a picture that is due, or of an older drawing version.

        Its refresh is queued once for all its callers.
        """
        cache = self._recent.get(address)
        if cache is None:
            cache = self._recent[address] = await self._queue_refresh(address, metadata, now)
        return cache

    def invalidate(self) -> None:
        """Forget all checks."""
        self._recent.clear()
        self._redrawn.clear()

    async def _queue_refresh(self, address: ContentAddress, metadata: ImageMetadata, now: datetime) -> CacheStatus:
        try:
            checked = is_recently_checked(metadata, address.settings_hash, self._queue, now, self._rule)
            if await within(checked):
                if not metadata.is_outdated:
                    return CacheStatus.HIT  # checked recently and unchanged, though drawn long ago
                if not self._may_redraw(address):
                    return CacheStatus.STALE
            trace = current_span().traceparent
            job = RenderJob(
                settings_hash=address.settings_hash, title=address.title, lane=Priority.REFRESH, trace=trace
            )
            await within(self._queue.enqueue([job]))
        except StoreDown as error:
            log.warning("refresh_not_queued", reason=str(error))
        return CacheStatus.STALE

    def _may_redraw(self, address: ContentAddress) -> bool:
        """Return whether a picture may be redrawn now only because it looks different; one that cannot be, waits."""
        is_allowed = address not in self._redrawn and self._pace.take()
        self._redraws.labels("queued" if is_allowed else "held").inc()
        if is_allowed:
            self._redrawn[address] = True
        return is_allowed
