"""Marks settings as used in Postgres, so that settings to which gateways still redirect are not deleted."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

import structlog

from gateway.metrics import GatewayMetrics
from shared.concurrency.batch_buffer import BatchBuffer
from shared.settings.digest import SettingsHash
from shared.stores.settings_rows import ResolveSettings, SettingsUse

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 10.0
FLUSH_DEADLINE_S: Final = 5.0
BATCH: Final = 500
MOST_WAITING: Final = 20_000
"""Settings that wait to be written; another one is marked when it is next due."""

TERM_S: Final = 21_600.0
"""Settings in use are marked once in this time, which is precise enough for a date."""

MarkSettingsUsed: TypeAlias = Callable[[Mapping[SettingsHash, SettingsUse]], Awaitable[None]]
"""Marks settings as used, like ``shared.stores.settings_rows.mark_settings_used``. Raises ``StoreDown``."""


class SettingsUsage:
    """Marks settings without I/O; :meth:`tick` writes the marks, and keeps those that cannot be written.

    ``term`` increases over time: callers mark each of their settings once in a term.
    """

    def __init__(
        self, write: MarkSettingsUsed, metrics: GatewayMetrics, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self.term = int(clock() // TERM_S)
        self._waiting: BatchBuffer[SettingsHash, SettingsUse] = BatchBuffer(
            write,
            every_s=EVERY_S,
            batch=BATCH,
            max_waiting=MOST_WAITING,
            deadline_s=FLUSH_DEADLINE_S,
            keep_failed=True,
            failed=self._not_written,
            merge=lambda one, other: other if one.is_free_only else one,
        )
        metrics.watch_limit("asked_looks", lambda: len(self._waiting), MOST_WAITING)

    def note(self, settings_hash: SettingsHash, resolve: ResolveSettings, *, is_free_only: bool = False) -> bool:
        """Mark settings as used, by callers of the free key or by others; returns whether there was room."""
        return self._waiting.add(settings_hash, SettingsUse(resolve, is_free_only))

    async def tick(self) -> None:
        """Begin a new term when it is due, and write the marks."""
        self.term = int(self._clock() // TERM_S)
        await self.flush()

    async def flush(self) -> None:
        """Write all marks in batches; those that cannot be written are kept."""
        await self._waiting.flush()

    async def close(self) -> None:
        """Write what is left; settings that cannot be marked now are marked by the next gateway that serves them."""
        await self.flush()

    def _not_written(self, _batch: Mapping[SettingsHash, SettingsUse], error: Exception) -> None:
        log.warning("looks_not_noted", reason=str(error), looks=len(self._waiting))
