"""Deletes what was not requested for long, in batches, by one renderer at a time.

Pictures are kept for the days that the operator chose. Settings that no picture uses are kept for a week in any case:
anybody can make them, and the gateway stores them again when they are requested.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from renderer.db.index_rebuild import delete_image_rows
from renderer.db.retention import expired_pictures, remove_expired_settings, retention_lock
from renderer.maintenance.deletion import Deletion
from renderer.metrics import RendererMetrics
from shared.domain.errors import StoreDown
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

FIRST_S: Final = 300.0
"""After the start: by then the popular pictures are recorded, even on the first day on which any are."""

UNUSED_SETTINGS_DAYS: Final = 7
"""Settings are marked as used once a day, and the saved ones twice a day."""

EVERY_S: Final = 3600.0
PAUSE_S: Final = 1.0
BATCH: Final = 500
MAX_BATCHES: Final = 400
"""Batches of pictures, and of settings, deleted in one run; the next run continues."""


class Retention:
    """Deletes pictures last requested more than ``days`` days ago, unless that is 0, and unused settings."""

    def __init__(
        self, pool: Pool, deletion: Deletion, *, days: int, metrics: RendererMetrics, pause_s: float = PAUSE_S
    ) -> None:
        self._pool, self._deletion = pool, deletion
        self._days, self._metrics, self._pause_s = days, metrics, pause_s

    async def run_round(self) -> None:
        """Delete what has expired; a lost store ends the round early."""
        try:
            await self.delete_expired()
        except StoreDown as error:
            log.warning("housekeeping_interrupted", reason=str(error))

    async def delete_expired(self) -> None:
        """Delete what has expired, unless another renderer does. Raises ``StoreDown``; the next run continues."""
        async with retention_lock(self._pool) as has_lock:
            if has_lock:
                pictures = await self._in_batches(self._delete_pictures) if self._days else 0
                settings = await self._in_batches(self._delete_settings)
                if pictures or settings:
                    log.info("house_kept", pictures=pictures, looks=settings, days=self._days)

    async def _in_batches(self, delete: Callable[[], Awaitable[int]]) -> int:
        total = 0
        for _ in range(MAX_BATCHES):
            deleted = await delete()
            total += deleted
            if deleted == 0:
                break
            await asyncio.sleep(self._pause_s)
        return total

    async def _delete_pictures(self) -> int:
        """Delete a batch of pictures, their rows last; one that was just redrawn counts as requested, and stays."""
        due = await expired_pictures(self._pool, self._days, BATCH)
        if not due:
            return 0
        await self._deletion.pictures(due)
        removed = await delete_image_rows(self._pool, due)
        self._metrics.removed.labels("housekeeping").inc(removed)
        return removed

    async def _delete_settings(self) -> int:
        """Delete a batch of settings that no picture uses; the gateway registers them again when they are requested."""
        removed = await remove_expired_settings(self._pool, UNUSED_SETTINGS_DAYS, BATCH)
        if removed:
            await self._deletion.settings(removed)
            self._metrics.looks_removed.inc(len(removed))
        return len(removed)
