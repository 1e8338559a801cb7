"""The queue's interface: four small roles with one contract suite. ``redis_streams.py`` implements it."""

from collections.abc import AsyncIterator, Callable, Sequence
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from shared.domain.errors import Cause
from shared.queue.messages import Priority, RenderDone, RenderJob

LEASE_S: Final = 15.0
"""A job whose lease was not renewed for this long can be claimed by another worker."""

MARK_S: Final = 60
"""How long a pending mark lives after its job's last lease."""

HINT_S: Final = 60
"""A prefetch that no worker has claimed for this long is dropped: its caller has come, or does not come."""

HINTS_MAX: Final = 500
"""Most prefetches in the queue. They are dropped long before jobs are, because callers wait for those."""

HEAVIEST_HINT: Final = 20
"""Most work of a picture that is prefetched. A larger one is drawn when its caller comes."""

MAX_ATTEMPTS: Final = 3
"""A job claimed this often without success becomes a dead letter."""


class EnqueueResult(StrEnum):
    """The result of enqueueing one job."""

    QUEUED = "queued"
    PENDING = "pending"  # a job for this picture is already queued or in progress
    KNOWN = "known"  # the picture is stored and fresh (hints only)
    HEAVY = "heavy"  # too much work to be drawn before a caller waits for it (hints only)
    FULL = "full"


class Delivery(msgspec.Struct, frozen=True):
    """A claimed job; ``attempts`` includes this one."""

    job: RenderJob
    receipt: str
    attempts: int


class Depth(msgspec.Struct, frozen=True):
    """How much a stream holds: jobs not yet claimed, and claimed ones."""

    waiting: int
    taken: int


class Room(msgspec.Struct, frozen=True):
    """What a worker can take: jobs in all; and how many, and how much work, other than light interactive jobs."""

    jobs: int
    others: int
    work: int


class JobProducer(Protocol):
    """Enqueues jobs."""

    async def enqueue(self, jobs: Sequence[RenderJob], *, hint: bool = False, client: str = "") -> list[EnqueueResult]:
        """Enqueue each job unless one for its picture is pending or the stream is full; one result per job, in order.

        A pending prefetch does not keep an interactive job out. The more work a ``client`` has waiting, the later its
        interactive jobs come. With ``hint`` the pictures are also announced, and a job is dropped when its picture is
        stored and fresh, or too much work. Raises ``StoreDown``.
        """

    async def depth(self) -> dict[Priority, Depth]:
        """Return how much each stream holds. Raises ``StoreDown``."""


class JobConsumer(Protocol):
    """Claims and settles jobs."""

    async def claim(
        self, limit: int, wait_s: float, room: Room | None = None, *, ahead: Callable[[RenderJob], object] | None = None
    ) -> list[Delivery]:
        """Return up to ``limit`` jobs, abandoned ones included; empty after ``wait_s``.

        ``ahead`` is called with each job as soon as it is known; a few of these may not be returned after all.

        Interactive jobs of clients with little work come first, but every stream gets its share; prefetches come when
        nothing else waits. With ``room`` jobs are counted by their work; one job may exceed it.

        A job that ``MAX_ATTEMPTS`` workers lost, or that cannot be parsed, becomes a dead letter instead.
        Raises ``StoreDown``.
        """

    async def extend_lease(self, deliveries: Sequence[Delivery]) -> None:
        """Renew the lease of jobs in progress. Raises ``StoreDown``."""

    async def ack(self, delivery: Delivery, done: RenderDone, *, fresh_for_s: int = 0) -> None:
        """Acknowledge a job, remove its pending mark and publish its result.

        With ``fresh_for_s`` the picture is marked as fresh for that long. Raises ``StoreDown``.
        """

    async def retry(self, delivery: Delivery, cause: Cause, reason: str) -> bool:
        """Leave a failed job for a later attempt, or make it a dead letter after ``MAX_ATTEMPTS``; publish the failure.

        Returns whether it will be retried. Raises ``StoreDown``.
        """

    async def trim(self) -> None:
        """Delete settled jobs from the streams. Raises ``StoreDown``."""


class DoneSubscription(Protocol):
    """Subscribes to results."""

    def subscribe(self) -> AsyncIterator[RenderDone]:
        """Yield the result of every job settled from now on, until closed; survives a loss of the store."""


class FreshMarks(Protocol):
    """Knows which stored pictures are fresh, without reading them."""

    async def is_fresh(self, picture: str) -> bool:
        """Return whether this picture is marked as fresh. Raises ``StoreDown``."""

    async def mark_fresh(self, picture: str, seconds: int) -> None:
        """Mark it as fresh for that long. Raises ``StoreDown``."""


class Announcements(Protocol):
    """Knows which pictures callers were redirected to."""

    async def is_announced(self, picture: str) -> bool:
        """Return whether a gateway announced this picture in the last 24 hours, or a job for it is pending.

        A client's job for it that is enqueued right afterwards may be taken for pending although that one was settled
        in between, so expect the result before asking this.
        Raises ``StoreDown``.
        """


class JobQueue(JobProducer, JobConsumer, DoneSubscription, FreshMarks, Announcements, Protocol):
    """All roles in one, as every implementation has them."""
