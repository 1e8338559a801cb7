"""Usage per key: counted in memory, stored in Postgres every two seconds, kept in memory during an outage."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from itertools import islice
from typing import Final, Protocol, TypeAlias

import structlog

from gateway.keys.usage_table import UsageTable
from gateway.metrics import GatewayMetrics
from shared.concurrency.batch_buffer import BatchBuffer
from shared.domain.errors import StoreDown

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 2.0
FLUSH_DEADLINE_S: Final = 5.0
READ_DEADLINE_S: Final = 2.0

MOST_PAGES: Final = 16_384
"""Pages of 64 keys whose totals of this month are kept in memory: those of a million keys, 19 bytes each. A total that
is forgotten comes back with the next flush."""

PART: Final = 5000
"""Keys whose counts are stored by one statement: those of very many keys at once would need tens of megabytes."""

_Counts: TypeAlias = dict[int, int]


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
        self._unstored: BatchBuffer[date, _Counts] = BatchBuffer(
            self._store,
            every_s=EVERY_S,
            batch=1,
            max_waiting=None,  # one entry a day
            keep_failed=True,
            failed=lambda *_: metrics.usage_flushed("failed"),
            merge=_merge,
        )
        self._month = _month(today())
        # What is new since the last flush, and totals of this month, over all replicas, as of that flush.
        self._table = UsageTable(MOST_PAGES)
        self.count = self._table.count
        """Counts one picture of the key with this id; no I/O."""

    def is_spent(self, key_id: int, monthly_limit: int) -> bool:
        """Return whether a key has used up its monthly limit, as far as this replica knows; no I/O.

        The counts of other replicas, and those from before this process started, arrive with the next flush.
        """
        return self._table.used(key_id) >= monthly_limit > 0

    def unstored(self, key_id: int) -> int:
        """Return what this process counted for a key this month but has not stored yet."""
        this_month = _month(self._today())
        waiting = sum(counts.get(key_id, 0) for day, counts in self._unstored if _month(day) == this_month)
        return self._table.new(key_id) + waiting

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
        day, table = self._today(), self._table
        if _month(day) != self._month:
            self._month = _month(day)
            table.clear_totals()
        if not table.changed and not self._unstored:
            return
        try:
            async with asyncio.timeout(FLUSH_DEADLINE_S):
                is_stored = await self._store_all(day)
        except TimeoutError:
            is_stored = False
            self._metrics.usage_flushed("failed")
        if is_stored:
            self._metrics.usage_flushed("stored")
        elif table.changed:  # whenever these can be stored, they are of this day
            self._unstored.add(day, table.take(table.changed))
        table.trim()

    async def close(self) -> None:
        """Store what is left; what cannot be stored is lost and logged."""
        await self.flush()
        if self._unstored:
            log.warning("usage_lost", requests=sum(sum(counts.values()) for _, counts in self._unstored))

    async def _store_all(self, day: date) -> bool:
        """Store what was kept, and part by part what is new: all at once it would take megabytes, twice.

        Returns whether all of it could be stored.
        """
        for _ in range(-(-self._table.changed // PART)):
            self._unstored.add(day, self._table.take(PART))
            if not await self._unstored.flush():
                return False
        return await self._unstored.flush()

    async def _store(self, batch: Mapping[date, _Counts]) -> None:
        """Add the counts of one day, in parts; those that were added are gone from it when it raises ``StoreDown``."""
        ((day, counts),) = batch.items()
        while part := dict(islice(counts.items(), PART)):
            totals = await self._rows.add(part, day)
            for key_id in part:
                del counts[key_id]
            if _month(day) == self._month:
                for key_id, total in totals.items():
                    self._table.set_total(key_id, total)


def _merge(older: _Counts, newer: _Counts) -> _Counts:
    """Add newer counts to older ones, and return these."""
    for key_id, number in newer.items():
        older[key_id] = older.get(key_id, 0) + number
    return older


def _month(day: date) -> date:
    return day.replace(day=1)
