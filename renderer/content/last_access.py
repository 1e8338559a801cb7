"""Records in Postgres when pictures were last requested, at most once a day each; retention is based on it."""

import time
from collections.abc import Callable
from typing import Final, TypeAlias

import structlog

from renderer.db.retention import AccessedPicture, record_access
from renderer.metrics import RendererMetrics
from shared.concurrency.batch_buffer import BatchBuffer
from shared.domain.pictures import Format
from shared.settings.digest import SettingsHash
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 5.0
BATCH: Final = 1000
MOST_WAITING: Final = 20_000
MOST_NOTED: Final = 250_000
"""Pictures known to be recorded today; beyond that some are recorded twice, which is harmless."""

FLUSH_S: Final = 5.0
_DAY_S: Final = 86_400

_Key: TypeAlias = tuple[SettingsHash, str, Format]


class LastAccess:
    """Collects requests without I/O; :meth:`run` writes them. What Postgres does not take is dropped and counted.

    A dropped request is collected again when the picture is requested again.
    """

    def __init__(self, pool: Pool, metrics: RendererMetrics, *, clock: Callable[[], float] = time.time) -> None:
        self._pool, self._metrics, self._clock = pool, metrics, clock
        self._noted: set[_Key] = set()
        self._waiting: BatchBuffer[_Key, None] = BatchBuffer(
            self._write,
            every_s=EVERY_S,
            batch=BATCH,
            max_waiting=MOST_WAITING,
            deadline_s=FLUSH_S,
            keep_failed=False,
            failed=self._dropped,
        )
        self._day_ends = 0.0
        metrics.asked_waiting.set_function(lambda: len(self._waiting))
        metrics.asked_waiting_limit.set(MOST_WAITING)

    def note(self, settings_hash: SettingsHash, media: str, fmt: Format) -> None:
        """Note a request for a picture."""
        if self._clock() >= self._day_ends:
            self._noted.clear()
            self._day_ends = (self._clock() // _DAY_S + 1) * _DAY_S
        key = settings_hash, media, fmt
        if key in self._noted:
            return
        if not self._waiting.add(key, None):
            self._metrics.asked_dropped.inc()
            return
        if len(self._noted) >= MOST_NOTED:
            self._noted.clear()
        self._noted.add(key)

    async def run(self) -> None:
        """Write what was collected, periodically until cancelled, and once more then."""
        try:
            await self._waiting.run()
        finally:
            await self.flush()

    async def flush(self) -> None:
        """Write everything that was collected."""
        await self._waiting.flush()

    async def _write(self, batch: dict[_Key, None]) -> None:
        await record_access(
            self._pool, [AccessedPicture(settings_hash, media, fmt.value) for settings_hash, media, fmt in batch]
        )

    def _dropped(self, batch: dict[_Key, None], error: Exception) -> None:
        log.warning("asked_not_noted", reason=str(error), pictures=len(batch))
        self._metrics.asked_dropped.inc(len(batch))
        self._noted.difference_update(batch)
