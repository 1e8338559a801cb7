"""Purges as both processes know them: scope and progress."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

MOST_OPEN: Final = 100
"""Most purges that may wait or be in progress."""

LOCKS: Final = 0x6D71_7067
"""The first half of the advisory lock keys; the second is 0 to add a purge, or its id to do it."""

COLUMNS: Final = "id, scope, targets, asked_at, begun_at, finished_at, removed, edge, error"
"""The columns of ``purges`` that make a :class:`PurgeRow`."""


class PurgeScope(StrEnum):
    """What a purge removes: the pictures of titles, of settings hashes, or all."""

    TITLE = "title"
    LOOK = "look"
    ALL = "all"


class CdnState(StrEnum):
    """The state of the CDN's copies; ``none`` without a CDN."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    NONE = "none"


class PurgeState(StrEnum):
    """The progress of a purge."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class PurgeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One purge: ``targets`` are media ids or settings hashes, ``removed`` counts pictures so far.

    ``error`` is the last error; a purge that a lost store interrupted is retried.
    """

    id: int
    scope: PurgeScope
    targets: tuple[str, ...]
    asked_at: datetime
    begun_at: datetime | None
    finished_at: datetime | None
    removed: int
    edge: CdnState
    error: str | None

    @property
    def state(self) -> PurgeState:
        """Return its progress."""
        if self.finished_at is not None:
            return PurgeState.DONE if self.error is None else PurgeState.FAILED
        return PurgeState.WAITING if self.begun_at is None else PurgeState.RUNNING
