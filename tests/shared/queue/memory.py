"""The queue in memory, for one process: the same contract as the one in Redis."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cachetools import TLRUCache

from shared.domain.errors import Cause
from shared.queue.claimed_entries import Ahead
from shared.queue.messages import Priority, RenderDone, RenderJob, decode_done, decode_job, encode_message
from shared.queue.protocol import (
    HEAVIEST_HINT,
    HINT_S,
    HINTS_MAX,
    LEASE_S,
    MARK_S,
    MAX_ATTEMPTS,
    Delivery,
    Depth,
    EnqueueResult,
    Room,
)
from shared.queue.redis_keys import BACKLOG_MOST, LEVEL_WORK, LEVELS, MS_PER_WORK, PRIORITIES, SHARES, STREAMS

_MOST_MARKS: Final = 100_000
_MOST_DEAD: Final = 1000
_MOST_NEWS: Final = 10_000  # for one subscriber that does not read

Clock = Callable[[], float]


@dataclass(slots=True)
class _Entry:
    job: RenderJob
    body: bytes
    stream: str
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
        hint_s: float = HINT_S,
    ) -> None:
        self._queue_max = queue_max
        self._lease_s = lease_s
        self._mark_s = mark_s
        self._clock = clock
        self._waiting: dict[str, deque[str]] = {stream: deque() for stream in PRIORITIES}
        self._credits = dict(SHARES)
        self._backlogs: dict[str, float] = {}
        self._hint_s = hint_s
        self._hints = _Marks(clock)
        self._announced: set[str] = set()
        self._taken: OrderedDict[str, _Entry] = OrderedDict()
        self._entries: dict[str, _Entry] = {}
        self._count = 0
        self._pending = _Marks(clock)
        self._fresh = _Marks(clock)
        self._listeners: set[asyncio.Queue[bytes]] = set()
        self._arrived = asyncio.Event()
        self.dead: deque[DeadLetter] = deque(maxlen=_MOST_DEAD)

    async def enqueue(self, jobs: Sequence[RenderJob], *, hint: bool = False, client: str = "") -> list[EnqueueResult]:
        """Enqueue each job unless its picture is pending or the stream is full."""
        if hint:
            self.announce(*jobs)
        return [self._offer(job, hint=hint, client=client) for job in jobs]

    def announce(self, *jobs: RenderJob) -> None:
        """Announce pictures, as a gateway does that redirects to them."""
        self._announced.update(job.picture for job in jobs)

    async def is_announced(self, picture: str) -> bool:
        """Return whether this picture was announced, or a job for it is pending."""
        return picture in self._announced or picture in self._pending or picture in self._hints

    async def depth(self) -> dict[Priority, Depth]:
        """Return how much the streams of each priority hold."""
        held = dict.fromkeys(Priority, Depth(0, 0))
        for stream, lane in PRIORITIES.items():
            more = self._depth(stream)
            held[lane] = Depth(held[lane].waiting + more.waiting, held[lane].taken + more.taken)
        return held

    async def claim(
        self, limit: int, wait_s: float, room: Room | None = None, *, ahead: Ahead | None = None
    ) -> list[Delivery]:
        """Return up to ``limit`` jobs, in their order; empty after ``wait_s``."""
        end = time.monotonic() + wait_s
        while True:
            self._arrived.clear()
            found = self._hand_out(room or Room(limit, limit, limit * LEVEL_WORK[0]))
            if ahead is not None:
                for delivery in found:
                    ahead(delivery.job)
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
            self._dead_letter(delivery.receipt, f"{cause}: {reason}")
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

    async def mark_fresh(self, picture: str, seconds: int) -> None:
        """Mark it as fresh for that long."""
        self._fresh.set(picture, seconds)

    async def ping(self) -> None:
        """Return: memory is always available."""

    async def trim(self) -> None:
        """Do nothing: settled jobs are deleted at once."""

    def _offer(self, job: RenderJob, *, hint: bool, client: str) -> EnqueueResult:
        if hint and job.work > HEAVIEST_HINT:
            return EnqueueResult.HEAVY
        if hint and job.picture in self._fresh:
            return EnqueueResult.KNOWN
        is_prefetch = job.lane is Priority.PREFETCH
        if job.picture in self._pending or (is_prefetch and job.picture in self._hints):
            return EnqueueResult.PENDING
        stream = self._level(job, client) if job.lane is Priority.INTERACTIVE and client else STREAMS[job.lane]
        depth = self._depth(stream)
        if depth.waiting + depth.taken >= (min(HINTS_MAX, self._queue_max) if is_prefetch else self._queue_max):
            return EnqueueResult.FULL
        if is_prefetch:
            self._hints.set(job.picture, self._hint_s)
        else:
            self._pending.set(job.picture, self._mark_s)
        self._count += 1
        receipt = f"{stream.removeprefix('marquee:jobs:')}/{self._count}"
        self._entries[receipt] = _Entry(job, encode_message(job), stream)
        self._waiting[stream].append(receipt)
        self._arrived.set()
        return EnqueueResult.QUEUED

    def _level(self, job: RenderJob, client: str) -> str:
        now = self._clock() * 1000
        backlog = max(self._backlogs.get(client, 0.0) - now, 0.0) + job.work * MS_PER_WORK
        self._backlogs[client] = now + min(backlog, BACKLOG_MOST * MS_PER_WORK)
        return LEVELS[sum(backlog > work * MS_PER_WORK for work in LEVEL_WORK)]

    def _depth(self, stream: str) -> Depth:
        return Depth(len(self._waiting[stream]), sum(entry.stream == stream for entry in self._taken.values()))

    def _hand_out(self, room: Room) -> list[Delivery]:
        now, order = self._clock(), list(PRIORITIES)
        abandoned = [receipt for receipt, entry in self._taken.items() if entry.leased_until <= now]
        abandoned.sort(key=lambda receipt: order.index(self._taken[receipt].stream))
        found: list[Delivery] = []
        for receipt in abandoned:
            if len(found) < room.jobs:
                found += self._deliver(receipt)
        while streams := [stream for stream in SHARES if self._may(stream, room, found)]:
            for stream in streams:
                while self._credits[stream] > 0 and self._may(stream, room, found):
                    new = self._deliver(self._waiting[stream].popleft())
                    self._credits[stream] -= sum(delivery.job.work for delivery in new)
                    found += new
            if any(self._may(stream, room, found) for stream in SHARES):
                self._credits = {name: min(self._credits[name] + share, share) for name, share in SHARES.items()}
        while self._may(STREAMS[Priority.PREFETCH], room, found):
            found += self._deliver(self._waiting[STREAMS[Priority.PREFETCH]].popleft())
        return found

    def _may(self, stream: str, room: Room, found: Sequence[Delivery]) -> bool:
        """Return whether there is a job and room for it."""
        others = [each for each in found if not each.receipt.startswith("interactive/")]
        has_room = len(others) < room.others and sum(each.job.work for each in others) < room.work
        return bool(self._waiting[stream]) and len(found) < room.jobs and (stream == LEVELS[0] or has_room)

    def _deliver(self, receipt: str) -> list[Delivery]:
        """Hand a job to a worker; nothing when too many workers lost it, or a prefetch is not wanted any more."""
        entry = self._taken[receipt] = self._entries[receipt]
        job = decode_job(entry.body)
        if job.lane is Priority.PREFETCH and not entry.attempts and not self._is_wanted(job):
            self._forget(receipt)
            return []
        if entry.attempts >= MAX_ATTEMPTS:
            self._dead_letter(receipt, "its workers were lost")
            self._pending.lift(job.picture)
            self._tell(_failed(job, Cause.CRASHED))
            return []
        entry.attempts += 1
        entry.leased_until = self._clock() + self._lease_s
        self._pending.set(job.picture, self._mark_s)
        return [Delivery(job=job, receipt=receipt, attempts=entry.attempts)]

    def _is_wanted(self, job: RenderJob) -> bool:
        is_wanted = job.picture in self._hints and job.picture not in self._pending
        self._hints.lift(job.picture)
        return is_wanted

    def _next_lease_s(self) -> float:
        """Return in how many seconds the next lease expires."""
        ends = [entry.leased_until for entry in self._taken.values()]
        return max(0.0, min(ends, default=float("inf")) - self._clock())

    def _dead_letter(self, receipt: str, reason: str) -> None:
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
