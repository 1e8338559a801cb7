"""Removes pictures and looks that nobody asked for in a long time: some at a time, by one renderer at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from renderer.db.index_rebuild import forget_images
from renderer.db.retention import expired_pictures, remove_expired_settings, retention_lock
from renderer.maintenance.deletion import Deletion
from renderer.metrics import RendererMetrics
from shared.domain.errors import StoreDown
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

FIRST_S: Final = 300.0
"""After the start: by then what is asked for often is noted, also on the first day on which anything is."""

EVERY_S: Final = 3600.0
PAUSE_S: Final = 1.0
BATCH: Final = 500
MOST_ROUNDS: Final = 400
"""Batches of pictures, and as many of looks, that are removed in one go; the next goes on."""


class Retention:
    """Keeps house by ``days``: what was last asked for before that is removed."""

    def __init__(
        self, pool: Pool, removal: Deletion, *, days: int, metrics: RendererMetrics, pause_s: float = PAUSE_S
    ) -> None:
        self._pool, self._removal = pool, removal
        self._days, self._metrics, self._pause_s = days, metrics, pause_s

    async def run_round(self) -> None:
        """Remove what is due; a lost store ends the round early."""
        try:
            await self.keep_house()
        except StoreDown as error:
            log.warning("housekeeping_interrupted", reason=str(error))

    async def keep_house(self) -> None:
        """Remove what is due, unless another renderer does. Raises ``StoreDown``; what is left is removed later."""
        async with retention_lock(self._pool) as is_ours:
            if is_ours:
                pictures = await self._rounds(self._pictures)
                looks = await self._rounds(self._looks)
                if pictures or looks:
                    log.info("house_kept", pictures=pictures, looks=looks, days=self._days)

    async def _rounds(self, remove: Callable[[], Awaitable[int]]) -> int:
        whole = 0
        for _ in range(MOST_ROUNDS):
            removed = await remove()
            whole += removed
            if removed == 0:
                break
            await asyncio.sleep(self._pause_s)
        return whole

    async def _pictures(self) -> int:
        """Remove some pictures, their rows last; what was drawn anew meanwhile counts as asked for, and stays."""
        due = await expired_pictures(self._pool, self._days, BATCH)
        if not due:
            return 0
        await self._removal.pictures(due)
        removed = await forget_images(self._pool, due)
        self._metrics.removed.labels("housekeeping").inc(removed)
        return removed

    async def _looks(self) -> int:
        """Remove some looks that no picture needs; one that somebody comes back to is kept anew by the gateway."""
        removed = await remove_expired_settings(self._pool, self._days, BATCH)
        if removed:
            await self._removal.looks(removed)
            self._metrics.looks_removed.inc(len(removed))
        return len(removed)
