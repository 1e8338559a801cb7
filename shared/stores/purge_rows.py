"""A purge as both processes know it: what it removes and how far it is."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

MOST_OPEN: Final = 100
"""Purges that may wait or be under way."""

LOCKS: Final = 0x6D71_7067
"""The first half of the advisory locks' numbers: 0 is for adding a purge, its id for doing it."""

COLUMNS: Final = "id, scope, targets, asked_at, begun_at, finished_at, removed, edge, error"
"""The columns of ``purges`` that make a :class:`PurgeRow`."""


class PurgeScope(StrEnum):
    """What a purge removes: the pictures of titles, of looks, or all."""

    TITLE = "title"
    LOOK = "look"
    ALL = "all"


class CdnState(StrEnum):
    """What became of the copies at the edge; ``none`` where there is no edge to be told."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    NONE = "none"


class PurgeState(StrEnum):
    """How far a purge is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class PurgeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One purge: ``targets`` are media ids or settings hashes, ``removed`` counts pictures so far.

    ``error`` is what last went wrong; a purge that stores kept from going on is tried again.
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
        """Return how far it is."""
        if self.finished_at is not None:
            return PurgeState.DONE if self.error is None else PurgeState.FAILED
        return PurgeState.WAITING if self.begun_at is None else PurgeState.RUNNING
