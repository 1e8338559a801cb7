"""Deletes what was not requested for long, in batches, by one renderer at a time.

Pictures are kept for the days that the operator chose, with a number of their own for those that only the free key
uses. Pictures that have reached the age at which they must be redrawn, and were not requested since, are deleted too,
and so is what sources said of their titles: TMDB allows nothing of its own to be kept for longer than six months.
Settings that no picture uses are kept for a week in any case:
anybody can make them, and the gateway stores them again when they are requested.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import msgspec
import structlog

from renderer.db.index_rebuild import ImageName, delete_image_rows
from renderer.db.retention import (
    expired_pictures,
    free_key_expired_pictures,
    pictures_drawn_before,
    remove_expired_settings,
    remove_titles_checked_before,
    retention_lock,
)
from renderer.maintenance.deletion import Deletion
from renderer.metrics import RendererMetrics
from shared.domain.cache_lifetime import OVERDUE_S
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


class RetentionRule(msgspec.Struct, frozen=True, kw_only=True):
    """What is deleted; each value may be 0, which deletes nothing."""

    days: int = 0
    """Days without a request after which any picture is deleted."""
    free_key_days: int = 0
    """The same for pictures whose settings only the free key uses."""
    image_stale_s: int = 0
    """Age in seconds at which pictures are redrawn; those not requested are deleted ``OVERDUE_S`` later."""


class Retention:
    """Deletes pictures by a rule, and unused settings."""

    def __init__(
        self, pool: Pool, deletion: Deletion, *, rule: RetentionRule, metrics: RendererMetrics, pause_s: float = PAUSE_S
    ) -> None:
        self._pool, self._deletion = pool, deletion
        self._rule, self._metrics, self._pause_s = rule, metrics, pause_s

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
                pictures = await self._delete_pictures()
                titles = await self._in_batches(self._delete_titles) if self._rule.image_stale_s else 0
                settings = await self._in_batches(self._delete_settings)
                if pictures or titles or settings:
                    log.info("house_kept", pictures=pictures, titles=titles, looks=settings)

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
        rule, pool, total = self._rule, self._pool, 0
        if rule.days:
            find = partial(expired_pictures, pool, rule.days, BATCH)
            total += await self._in_batches(partial(self._delete_batch, find, "housekeeping"))
        if rule.free_key_days:
            find = partial(free_key_expired_pictures, pool, rule.free_key_days, BATCH)
            total += await self._in_batches(partial(self._delete_batch, find, "free_key"))
        if rule.image_stale_s:
            find = partial(pictures_drawn_before, pool, self._oldest(), BATCH)
            total += await self._in_batches(partial(self._delete_batch, find, "overdue"))
        return total

    async def _delete_batch(self, find: Callable[[], Awaitable[list[ImageName]]], reason: str) -> int:
        """Delete a batch of pictures, their rows last; one that was just redrawn counts as requested, and stays."""
        due = await find()
        if not due:
            return 0
        await self._deletion.pictures(due)
        removed = await delete_image_rows(self._pool, due)
        self._metrics.removed.labels(reason).inc(removed)
        return removed

    async def _delete_titles(self) -> int:
        return await remove_titles_checked_before(self._pool, self._oldest(), BATCH)

    def _oldest(self) -> datetime:
        """Return the moment before which nothing that is kept was drawn or checked."""
        return datetime.now(UTC) - timedelta(seconds=self._rule.image_stale_s + OVERDUE_S)

    async def _delete_settings(self) -> int:
        """Delete a batch of settings that no picture uses; the gateway registers them again when they are requested."""
        removed = await remove_expired_settings(self._pool, UNUSED_SETTINGS_DAYS, BATCH)
        if removed:
            await self._deletion.settings(removed)
            self._metrics.looks_removed.inc(len(removed))
        return len(removed)
