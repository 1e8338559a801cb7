"""The seam between those who want a picture and those who draw it: four small roles, one contract suite.

``redis_stream.py`` is the one that many processes share; ``memory.py`` is the same within one process.
"""

from collections.abc import AsyncIterator, Sequence
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from shared.domain.errors import Cause
from shared.queue.messages import Priority, RenderDone, RenderJob

LEASE_S: Final = 15.0
"""A job that nobody has kept alive for this long belongs to whoever asks next."""

MARK_S: Final = 60
"""How long a pending mark outlives the last word about its job."""

MAX_ATTEMPTS: Final = 3
"""A job handed out this often without success becomes a dead letter."""


class EnqueueResult(StrEnum):
    """What became of an offered job."""

    QUEUED = "queued"
    PENDING = "pending"  # one job for this picture is under way already
    KNOWN = "known"  # the picture is stored and fresh (hints only)
    FULL = "full"


class Delivery(msgspec.Struct, frozen=True):
    """A job in a worker's hands; ``attempts`` counts this one."""

    job: RenderJob
    receipt: str
    attempts: int


class Depth(msgspec.Struct, frozen=True):
    """How much a lane holds: jobs not yet handed out, and jobs in workers' hands."""

    waiting: int
    taken: int


class JobProducer(Protocol):
    """Where jobs go in."""

    async def enqueue(self, jobs: Sequence[RenderJob], *, hint: bool = False) -> list[EnqueueResult]:
        """Queue each job unless one for the same picture is pending or the lane is full; one answer a job, in order.

        With ``hint`` a job is also dropped when the picture is known to be stored and fresh. Raises ``StoreDown``.
        """

    async def depth(self) -> dict[Priority, Depth]:
        """Return how much each lane holds. Raises ``StoreDown``."""


class JobConsumer(Protocol):
    """Where a worker takes jobs and settles them."""

    async def claim(self, limit: int, wait_s: float) -> list[Delivery]:
        """Return up to ``limit`` jobs, interactive ones first, abandoned ones included; empty after ``wait_s``.

        A job that comes back from ``MAX_ATTEMPTS`` lost workers, or cannot be read, goes to the dead letters instead.
        Raises ``StoreDown``.
        """

    async def extend_lease(self, deliveries: Sequence[Delivery]) -> None:
        """Say that these are still being worked on: renews their lease. Raises ``StoreDown``."""

    async def ack(self, delivery: Delivery, done: RenderDone, *, fresh_for_s: int = 0) -> None:
        """End a job for good, lift its pending mark and tell those who wait.

        With ``fresh_for_s`` the picture is known to be fresh for that long. Raises ``StoreDown``.
        """

    async def retry(self, delivery: Delivery, cause: Cause, reason: str) -> bool:
        """Leave a failed job for a later try, or make it a dead letter after ``MAX_ATTEMPTS``; tell those who wait.

        Returns whether it will be tried again. Raises ``StoreDown``.
        """

    async def trim(self) -> None:
        """Drop what is settled, so that the lanes stay short. Raises ``StoreDown``."""


class DoneSubscription(Protocol):
    """Where settled jobs are heard of."""

    def subscribe(self) -> AsyncIterator[RenderDone]:
        """Yield the word of every job settled from now on, until closed; survives a loss of the store."""


class FreshMarks(Protocol):
    """What is known about stored pictures without reading them."""

    async def is_fresh(self, picture: str) -> bool:
        """Tell whether this picture was found right lately. Raises ``StoreDown``."""


class JobQueue(JobProducer, JobConsumer, DoneSubscription, FreshMarks, Protocol):
    """All roles in one, as every implementation plays them."""
