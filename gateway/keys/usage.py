"""Usage per key: counted in memory, stored in Postgres every two seconds, kept in memory during an outage."""

import asyncio
import operator
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from itertools import islice
from typing import Final, Protocol

import structlog

from gateway.metrics import GatewayMetrics
from shared.concurrency.batch_buffer import BatchBuffer
from shared.concurrency.packed_table import PackedTable
from shared.domain.errors import StoreDown

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 2.0
FLUSH_DEADLINE_S: Final = 5.0
READ_DEADLINE_S: Final = 2.0

MOST_TOTALS: Final = 200_000
"""Keys whose total of this month is kept in memory, 22 bytes each; a total that is forgotten comes back with the next
flush."""


PART: Final = 5000
"""Keys whose counts are stored by one statement: those of very many keys at once would need tens of megabytes."""

_ID: Final = 8  # bytes
_SPREAD: Final = 0x9E37_79B9_7F4A_7C15  # odd, so that different ids give different products
_WORD: Final = (1 << 64) - 1


class UsageRows(Protocol):
    """Where usage is stored; see :class:`gateway.db.usage.UsageCounts`."""

    async def add(self, counts: Mapping[int, int], day: date) -> Mapping[int, int]:
        """Add to the counts of a day and its month, all or nothing.

        Returns the use in that month, over all replicas, of keys with a monthly limit. Raises ``StoreDown``.
        """

    async def find(self, key_id: int, month: date) -> int:
        """Return a key's stored usage in the month of a day. Raises ``StoreDown``."""


def today() -> date:
    """Return the current day in UTC."""
    return datetime.now(UTC).date()


class Usage:
    """Counts requests per key; :meth:`flush` stores the counts, and keeps those that cannot be stored."""

    def __init__(self, rows: UsageRows, metrics: GatewayMetrics, *, today: Callable[[], date] = today) -> None:
        self._rows, self._metrics, self._today = rows, metrics, today
        self._new: Counter[int] = Counter()  # since the last flush
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
        self._totals = _no_totals()  # this month, over all replicas, as of the last flush

    def count(self, key_id: int) -> None:
        """Count one picture; no I/O."""
        new = self._new
        new[key_id] = new.get(key_id, 0) + 1  # a Counter's own way takes ten times as long for the first one

    def is_spent(self, key_id: int, monthly_limit: int) -> bool:
        """Return whether a key has used up its monthly limit, as far as this replica knows; no I/O.

        The counts of other replicas, and those from before this process started, arrive with the next flush.
        """
        found = self._totals.get(_spread(key_id))
        return (found[0] if found else 0) + self._new.get(key_id, 0) >= monthly_limit > 0

    def unstored(self, key_id: int) -> int:
        """Return what this process counted for a key this month but has not stored yet."""
        this_month = _month(self._today())
        waiting = sum(counts[key_id] for day, counts in self._unstored if _month(day) == this_month)
        return self._new[key_id] + waiting

    async def of(self, key_id: int) -> int:
        """Return a key's usage this month including unstored counts; only those while Postgres is down."""
        try:
            async with asyncio.timeout(READ_DEADLINE_S):
                stored = await self._rows.find(key_id, self._today())
        except (StoreDown, TimeoutError):
            stored = 0
        return stored + self.unstored(key_id)

    async def flush(self) -> None:
        """Store the counts; those that cannot be stored are kept for the next flush."""
        day = self._today()
        if _month(day) != self._month:
            self._month, self._totals = _month(day), _no_totals()
        if self._new:
            new, self._new = self._new, Counter()
            for key_id, number in new.items():
                name = _spread(key_id)
                found = self._totals.get(name)
                self._totals.put(name, number + (found[0] if found else 0))
            self._unstored.add(day, new)
        await self._unstored.flush()

    async def close(self) -> None:
        """Store what is left; what cannot be stored is lost and logged."""
        await self.flush()
        if self._unstored:
            log.warning("usage_lost", requests=sum(counts.total() for _, counts in self._unstored))

    async def _store(self, batch: Mapping[date, Counter[int]]) -> None:
        """Add the counts of one day, in parts; those that were added are gone from it when it raises ``StoreDown``."""
        ((day, counts),) = batch.items()
        while part := dict(islice(counts.items(), PART)):
            totals = await self._rows.add(part, day)
            for key_id in part:
                del counts[key_id]
            if _month(day) == self._month:
                for key_id, total in totals.items():
                    self._totals.put(_spread(key_id), total)
        self._metrics.usage_flushed("stored")


def _no_totals() -> PackedTable:
    return PackedTable(MOST_TOTALS, "q", width=_ID)


def _spread(key_id: int) -> bytes:
    return (key_id * _SPREAD & _WORD).to_bytes(_ID, "little")


def _month(day: date) -> date:
    return day.replace(day=1)
