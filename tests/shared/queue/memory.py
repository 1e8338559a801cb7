"""The queue in memory, for one process: the same contract as the one in Redis."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cachetools import TLRUCache

from shared.domain.errors import Cause
from shared.queue.messages import Priority, RenderDone, RenderJob, decode_done, decode_job, encode_message
from shared.queue.protocol import LEASE_S, MARK_S, MAX_ATTEMPTS, Delivery, Depth, EnqueueResult

_MOST_MARKS: Final = 100_000
_MOST_DEAD: Final = 1000
_MOST_NEWS: Final = 10_000  # for one subscriber that does not read

Clock = Callable[[], float]


@dataclass(slots=True)
class _Entry:
    body: bytes
    lane: Priority
    attempts: int = 0
    leased_until: float = 0.0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job that will not be retried, and why."""

    job: bytes
    reason: str
    attempts: int


class _Marks:
    """Names with a TTL each."""

    def __init__(self, clock: Clock) -> None:
        self._until: TLRUCache[str, float] = TLRUCache(_MOST_MARKS, lambda _key, seconds, now: now + seconds, clock)

    def set(self, name: str, seconds: float) -> None:
        self._until[name] = seconds

    def lift(self, name: str) -> None:
        self._until.pop(name, None)

    def __contains__(self, name: str) -> bool:
        return name in self._until


class MemoryQueue:
    """A ``JobQueue`` for one process; messages are encoded all the same, so that only encodable ones are accepted."""

    def __init__(
        self,
        *,
        queue_max: int = 10_000,
        lease_s: float = LEASE_S,
        mark_s: float = MARK_S,
        clock: Clock = time.monotonic,
    ) -> None:
        self._queue_max = queue_max
        self._lease_s = lease_s
        self._mark_s = mark_s
        self._clock = clock
        self._waiting: dict[Priority, deque[str]] = {lane: deque() for lane in Priority}
        self._taken: OrderedDict[str, _Entry] = OrderedDict()
        self._entries: dict[str, _Entry] = {}
        self._count = 0
        self._pending = _Marks(clock)
        self._fresh = _Marks(clock)
        self._listeners: set[asyncio.Queue[bytes]] = set()
        self._arrived = asyncio.Event()
        self.dead: deque[DeadLetter] = deque(maxlen=_MOST_DEAD)

    async def enqueue(self, jobs: Sequence[RenderJob], *, hint: bool = False) -> list[EnqueueResult]:
        """Enqueue each job unless its picture is pending or the stream is full."""
        return [self._offer(job, hint=hint) for job in jobs]

    async def depth(self) -> dict[Priority, Depth]:
        """Return how much each stream holds."""
        return {lane: self._depth(lane) for lane in Priority}

    async def claim(self, limit: int, wait_s: float) -> list[Delivery]:
        """Return up to ``limit`` jobs, interactive ones first; empty after ``wait_s``."""
        end = time.monotonic() + wait_s
        while True:
            self._arrived.clear()
            found = self._hand_out(limit)
            left_s = end - time.monotonic()
            if found or left_s <= 0:
                return found
            try:
                async with asyncio.timeout(min(left_s, self._next_lease_s())):
                    await self._arrived.wait()
            except TimeoutError:
                continue

    async def extend_lease(self, deliveries: Sequence[Delivery]) -> None:
        """Renew the lease of these jobs."""
        for delivery in deliveries:
            entry = self._taken.get(delivery.receipt)
            if entry is not None:
                entry.leased_until = self._clock() + self._lease_s
                self._pending.set(delivery.job.picture, self._mark_s)

    async def ack(self, delivery: Delivery, done: RenderDone, *, fresh_for_s: int = 0) -> None:
        """Acknowledge a job, remove its mark and publish its result."""
        self._forget(delivery.receipt)
        self._pending.lift(delivery.job.picture)
        if fresh_for_s > 0:
            self._fresh.set(delivery.job.picture, fresh_for_s)
            if done.media:
                self._fresh.set(f"{done.settings_hash}:{done.media}", fresh_for_s)
        self._tell(done)

    async def retry(self, delivery: Delivery, cause: Cause, reason: str) -> bool:
        """Leave a failed job for a later attempt, or make it a dead letter; publish the failure."""
        again = delivery.attempts < MAX_ATTEMPTS
        if again:
            await self.extend_lease([delivery])
        else:
            self._bury(delivery.receipt, f"{cause}: {reason}")
            self._pending.lift(delivery.job.picture)
        self._tell(_failed(delivery.job, cause))
        return again

    async def subscribe(self) -> AsyncIterator[RenderDone]:
        """Yield the result of every job settled from now on, until closed."""
        news: asyncio.Queue[bytes] = asyncio.Queue(_MOST_NEWS)
        self._listeners.add(news)
        try:
            while True:
                yield decode_done(await news.get())
        finally:
            self._listeners.discard(news)

    async def is_fresh(self, picture: str) -> bool:
        """Return whether this picture is marked as fresh."""
        return picture in self._fresh

    async def ping(self) -> None:
        """Return: memory is always available."""

    async def trim(self) -> None:
        """Do nothing: settled jobs are deleted at once."""

    def _offer(self, job: RenderJob, *, hint: bool) -> EnqueueResult:
        if hint and job.picture in self._fresh:
            return EnqueueResult.KNOWN
        if job.picture in self._pending:
            return EnqueueResult.PENDING
        depth = self._depth(job.lane)
        if depth.waiting + depth.taken >= self._queue_max:
            return EnqueueResult.FULL
        self._pending.set(job.picture, self._mark_s)
        self._count += 1
        receipt = f"{job.lane}/{self._count}"
        self._entries[receipt] = _Entry(encode_message(job), job.lane)
        self._waiting[job.lane].append(receipt)
        self._arrived.set()
        return EnqueueResult.QUEUED

    def _depth(self, lane: Priority) -> Depth:
        return Depth(len(self._waiting[lane]), sum(entry.lane is lane for entry in self._taken.values()))

    def _hand_out(self, limit: int) -> list[Delivery]:
        now = self._clock()
        abandoned = [receipt for receipt, entry in self._taken.items() if entry.leased_until <= now]
        abandoned.sort(key=lambda receipt: self._taken[receipt].lane)  # "interactive" comes before "refresh"
        found: list[Delivery] = []
        for receipt in abandoned:
            if len(found) < limit:
                found += self._deliver(receipt)
        for lane in Priority:
            while self._waiting[lane] and len(found) < limit:
                found += self._deliver(self._waiting[lane].popleft())
        return found

    def _deliver(self, receipt: str) -> list[Delivery]:
        """Hand a job to a worker; ``None`` when too many workers lost it."""
        entry = self._taken[receipt] = self._entries[receipt]
        job = decode_job(entry.body)
        if entry.attempts >= MAX_ATTEMPTS:
            self._bury(receipt, "its workers were lost")
            self._pending.lift(job.picture)
            self._tell(_failed(job, Cause.CRASHED))
            return []
        entry.attempts += 1
        entry.leased_until = self._clock() + self._lease_s
        self._pending.set(job.picture, self._mark_s)
        return [Delivery(job=job, receipt=receipt, attempts=entry.attempts)]

    def _next_lease_s(self) -> float:
        """Return in how many seconds the next lease expires."""
        ends = [entry.leased_until for entry in self._taken.values()]
        return max(0.0, min(ends, default=float("inf")) - self._clock())

    def _bury(self, receipt: str, reason: str) -> None:
        entry = self._forget(receipt)
        if entry is not None:
            self.dead.append(DeadLetter(entry.body, reason, entry.attempts))

    def _forget(self, receipt: str) -> _Entry | None:
        self._taken.pop(receipt, None)
        return self._entries.pop(receipt, None)

    def _tell(self, done: RenderDone) -> None:
        body = encode_message(done)
        for news in self._listeners:
            if not news.full():
                news.put_nowait(body)


def _failed(job: RenderJob, cause: Cause) -> RenderDone:
    return RenderDone(settings_hash=job.settings_hash, title=job.title, cause=cause)
