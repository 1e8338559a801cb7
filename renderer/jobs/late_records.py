"""Rows about pictures and titles that Postgres did not take when they were due, written once it does."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, TypeAlias

import structlog

from renderer.metrics import RendererMetrics
from shared.concurrency.supervisor import every
from shared.domain.errors import StoreDown
from shared.stores.postgres import Pool
from shared.stores.postgres_check import check_postgres
from shared.stores.postgres_errors import refuses_row

log: structlog.stdlib.BoundLogger = structlog.get_logger()

Write: TypeAlias = Callable[[], Awaitable[bool | None]]
"""Writes a row, again if need be. Raises ``StoreDown``, or returns ``False``, when Postgres did not take it."""

EVERY_S: Final = 1.0
MOST_WAITING: Final = 20_000
"""Rows; a few megabytes, and many minutes of drawing at full speed."""

_LAST_S: Final = 2.0


class LateRecords:
    """The newest write of each name, in the order of the first ones; what cannot be kept is counted as lost."""

    def __init__(self, pool: Pool, metrics: RendererMetrics, *, most_waiting: int = MOST_WAITING) -> None:
        self._pool, self._metrics, self._most = pool, metrics, most_waiting
        self._waiting: dict[Hashable, Write] = {}

    @property
    def is_empty(self) -> bool:
        """Return whether Postgres has every row of this process."""
        return not self._waiting

    def keep(self, name: Hashable, write: Write, reason: str) -> None:
        """Keep a write for later; the oldest is given up for it when there are too many."""
        self._waiting[name] = write
        if len(self._waiting) > self._most:
            self._waiting.pop(next(iter(self._waiting)))
            self._lose(1, reason)

    async def run(self) -> None:
        """Write what waits, again and again until this is cancelled, and then once more."""
        try:
            await every(EVERY_S, self.write, first_s=EVERY_S)
        except asyncio.CancelledError:
            await self._finish()
            raise

    async def write(self) -> None:
        """Write what waits, the oldest first, as soon as Postgres takes writes again."""
        if not self._waiting:
            return
        try:
            await check_postgres(self._pool)
            for name, write in list(self._waiting.items()):
                if not await self._is_settled(write):
                    return
                if self._waiting.get(name) is write:
                    del self._waiting[name]
        except StoreDown as error:
            log.info("late_records_wait", waiting=len(self._waiting), reason=str(error))
            return
        log.info("late_records_written")

    async def _is_settled(self, write: Write) -> bool:
        """Return whether a write is done with. Raises ``StoreDown`` when the next one would fail too."""
        try:
            return await write() is not False
        except StoreDown as error:
            if not refuses_row(error):
                raise
            self._lose(1, str(error))
            return True

    async def _finish(self) -> None:
        try:
            async with asyncio.timeout(_LAST_S):
                await self.write()
        except TimeoutError:
            log.info("late_records_wait", waiting=len(self._waiting), reason="the process ends")
        if self._waiting:
            self._lose(len(self._waiting), "postgres: not back before the process ended")

    def _lose(self, count: int, reason: str) -> None:
        log.warning("record_lost", reason=reason, count=count)
        self._metrics.records_lost.inc(count)
