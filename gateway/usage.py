"""How often each key was used: counted in memory, stored in Postgres every other second, never lost to an outage."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Final, Protocol

import structlog

from gateway.metrics import GatewayMetrics
from shared.errors import StoreDown

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 2.0
FLUSH_DEADLINE_S: Final = 5.0
READ_DEADLINE_S: Final = 2.0


class UsageRows(Protocol):
    """Where usage is stored."""

    async def add(self, counts: Mapping[int, int], month: date) -> None:
        """Add to the counts of a month, all or nothing. Raises ``StoreDown``."""

    async def find(self, key_id: int, month: date) -> int:
        """Return what is stored for a key in a month. Raises ``StoreDown``."""


def this_month() -> date:
    """Return the first day of the month, in UTC."""
    return datetime.now(UTC).date().replace(day=1)


class Usage:
    """Counts what each key was used for; :meth:`run` stores it, and what cannot be stored stays here."""

    def __init__(self, rows: UsageRows, metrics: GatewayMetrics, *, month: Callable[[], date] = this_month) -> None:
        self._rows, self._metrics, self._month = rows, metrics, month
        self._fresh: Counter[int] = Counter()  # since the last flush
        self._unstored: dict[date, Counter[int]] = {}

    def count(self, key_id: int) -> None:
        """Count one picture; no I/O."""
        self._fresh[key_id] += 1

    def unstored(self, key_id: int) -> int:
        """Return what this process counted for a key this month and has not stored yet."""
        return self._fresh[key_id] + self._unstored.get(self._month(), Counter())[key_id]

    async def of(self, key_id: int) -> int:
        """Return the key's use this month, what is not stored yet included; without Postgres, only that."""
        try:
            async with asyncio.timeout(READ_DEADLINE_S):
                stored = await self._rows.find(key_id, self._month())
        except (StoreDown, TimeoutError):
            stored = 0
        return stored + self.unstored(key_id)

    async def run(self) -> None:
        """Store what was counted, again and again, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.flush()

    async def flush(self) -> None:
        """Store what was counted; what cannot be stored now is kept for the next time."""
        if self._fresh:
            month = self._month()
            self._unstored[month] = self._unstored.get(month, Counter()) + self._fresh
            self._fresh = Counter()
        for month in sorted(self._unstored):
            await self._store(month)

    async def close(self) -> None:
        """Store what is left; what cannot be stored any more is lost, and said to be."""
        await self.flush()
        if self._unstored:
            log.warning("usage_lost", requests=sum(counts.total() for counts in self._unstored.values()))

    async def _store(self, month: date) -> None:
        counts = self._unstored[month]
        try:
            async with asyncio.timeout(FLUSH_DEADLINE_S):
                await self._rows.add(counts, month)
        except (StoreDown, TimeoutError):
            self._metrics.usage_flushed("failed")
            return
        del self._unstored[month]
        self._metrics.usage_flushed("stored")
