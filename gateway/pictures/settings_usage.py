"""Which looks are in use, noted in Postgres: so that none is removed to which gateways still redirect."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

import structlog

from gateway.metrics import GatewayMetrics
from shared.concurrency.batch_buffer import BatchBuffer
from shared.settings.digest import SettingsHash
from shared.settings.model import Settings

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 10.0
FLUSH_DEADLINE_S: Final = 5.0
BATCH: Final = 500
MOST_WAITING: Final = 20_000
"""Looks that may wait to be noted; one beyond them is noted when it is next due."""

TERM_S: Final = 21_600.0
"""A look in use is noted once in so long: often enough for a date."""

NoteAsked: TypeAlias = Callable[[Mapping[SettingsHash, Settings]], Awaitable[None]]
"""Keeps that looks are in use, as ``shared.stores.settings_rows.mark_settings_used`` does. Raises ``StoreDown``."""


class SettingsUsage:
    """Takes notes without I/O; :meth:`run` writes them, and what cannot be written stays for the next time.

    ``term`` is another number from time to time: whoever notes looks notes each once in a term.
    """

    def __init__(
        self, write: NoteAsked, metrics: GatewayMetrics, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self.term = int(clock() // TERM_S)
        self._waiting: BatchBuffer[SettingsHash, Settings] = BatchBuffer(
            write,
            every_s=EVERY_S,
            batch=BATCH,
            max_waiting=MOST_WAITING,
            deadline_s=FLUSH_DEADLINE_S,
            keep_failed=True,
            failed=self._not_written,
        )
        metrics.watch_limit("asked_looks", lambda: len(self._waiting), MOST_WAITING)

    def note(self, settings_hash: SettingsHash, settings: Settings) -> bool:
        """Note that a look is in use; tells whether there was room for it."""
        return self._waiting.add(settings_hash, settings)

    async def tick(self) -> None:
        """Begin a new term when it is due, and write what is noted."""
        self.term = int(self._clock() // TERM_S)
        await self.flush()

    async def flush(self) -> None:
        """Write all that is noted now, in batches; what cannot be written is kept."""
        await self._waiting.flush()

    async def close(self) -> None:
        """Write what is left; what cannot be written any more is noted by whoever serves the look next."""
        await self.flush()

    def _not_written(self, _batch: Mapping[SettingsHash, Settings], error: Exception) -> None:
        log.warning("looks_not_noted", reason=str(error), looks=len(self._waiting))
