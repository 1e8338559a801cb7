"""Measures how many stored pictures are still to be redrawn after a new version of the drawing code."""

import math
from typing import Final

import structlog

from renderer.db.outdated_pictures import count_outdated
from renderer.drawing.drawing_version import DRAWING
from renderer.metrics import RendererMetrics
from shared.domain.errors import StoreDown
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 300.0


class OutdatedWatch:
    """Counts in the index that all replicas share; each of them exports the same value."""

    def __init__(self, pool: Pool, metrics: RendererMetrics) -> None:
        self._pool, self._metrics = pool, metrics

    async def count(self) -> None:
        """Count once; while Postgres is down no value is exported, because an older one would seem current."""
        try:
            self._metrics.outdated.set(await count_outdated(self._pool, DRAWING))
        except StoreDown as error:
            log.warning("outdated_not_counted", reason=str(error))
            self._metrics.outdated.set(math.nan)
