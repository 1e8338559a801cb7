"""How often each key was used: counted in memory, stored in Postgres every other second, never lost to an outage."""

import asyncio
import operator
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Final, Protocol

import structlog

from gateway.metrics import GatewayMetrics
from shared.concurrency.batch_buffer import BatchBuffer
from shared.domain.errors import StoreDown

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 2.0
FLUSH_DEADLINE_S: Final = 5.0
READ_DEADLINE_S: Final = 2.0


MOST_TOTALS: Final = 500_000
"""Keys whose use this month is remembered; beyond it all are learnt anew, which costs nobody a request."""


class UsageRows(Protocol):
    """Where usage is stored."""

    async def add(self, counts: Mapping[int, int], day: date) -> Mapping[int, int]:
        """Add to the counts of a day and its month, all or nothing.

        Returns, of those keys that have a monthly limit, the use in that month by everybody. Raises ``StoreDown``.
        """

    async def find(self, key_id: int, month: date) -> int:
        """Return what is stored for a key in the month of a day. Raises ``StoreDown``."""


def today() -> date:
    """Return the day, in UTC."""
    return datetime.now(UTC).date()


class Usage:
    """Counts what each key was used for; :meth:`run` stores it, and what cannot be stored stays here."""

    def __init__(self, rows: UsageRows, metrics: GatewayMetrics, *, today: Callable[[], date] = today) -> None:
        self._rows, self._metrics, self._today = rows, metrics, today
        self._fresh: Counter[int] = Counter()  # since the last flush
        self._unstored: BatchBuffer[date, Counter[int]] = BatchBuffer(
            self._store,
            every_s=EVERY_S,
            batch=1,
            max_waiting=None,  # one entry a day
            deadline_s=FLUSH_DEADLINE_S,
            keep_failed=True,
            failed=lambda *_: metrics.usage_flushed("failed"),
            merge=operator.add,
        )
        self._month = _month(today())
        self._totals: dict[int, int] = {}  # of this month, by all replicas, as of the last flush

    def count(self, key_id: int) -> None:
        """Count one picture; no I/O."""
        self._fresh[key_id] += 1

    def is_spent(self, key_id: int, monthly_limit: int) -> bool:
        """Tell whether a key has used up its month, as far as is known here; no I/O.

        What other replicas counted is known a flush later, and so is what was counted before this process began.
        """
        return self._totals.get(key_id, 0) + self._fresh.get(key_id, 0) >= monthly_limit > 0

    def unstored(self, key_id: int) -> int:
        """Return what this process counted for a key this month and has not stored yet."""
        this_month = _month(self._today())
        waiting = sum(counts[key_id] for day, counts in self._unstored if _month(day) == this_month)
        return self._fresh[key_id] + waiting

    async def of(self, key_id: int) -> int:
        """Return the key's use this month, what is not stored yet included; without Postgres, only that."""
        try:
            async with asyncio.timeout(READ_DEADLINE_S):
                stored = await self._rows.find(key_id, self._today())
        except (StoreDown, TimeoutError):
            stored = 0
        return stored + self.unstored(key_id)

    async def flush(self) -> None:
        """Store what was counted; what cannot be stored now is kept for the next time."""
        day = self._today()
        if _month(day) != self._month or len(self._totals) > MOST_TOTALS:
            self._month, self._totals = _month(day), {}
        if self._fresh:
            fresh, self._fresh = self._fresh, Counter()
            for key_id, number in fresh.items():
                self._totals[key_id] = self._totals.get(key_id, 0) + number
            self._unstored.add(day, fresh)
        await self._unstored.flush()

    async def close(self) -> None:
        """Store what is left; what cannot be stored any more is lost, and said to be."""
        await self.flush()
        if self._unstored:
            log.warning("usage_lost", requests=sum(counts.total() for _, counts in self._unstored))

    async def _store(self, batch: Mapping[date, Counter[int]]) -> None:
        """Add the counts of one day, all or nothing. Raises ``StoreDown``."""
        ((day, counts),) = batch.items()
        totals = await self._rows.add(counts, day)
        if _month(day) == self._month:
            self._totals.update(totals)
        self._metrics.usage_flushed("stored")


def _month(day: date) -> date:
    return day.replace(day=1)
