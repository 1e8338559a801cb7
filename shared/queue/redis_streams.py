"""The queue in Redis: streams, three of them for interactive jobs, one consumer group, one pending mark per picture.

Its commands together guarantee that each picture is drawn once and no job is lost. A claimed job stays pending in the
group until it is settled. When its worker dies, the next sweep claims it.
"""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import structlog
from redis.asyncio import Redis

from shared.domain.errors import Cause
from shared.observability.unreadable import UnreadableMessages
from shared.queue.announced import Announced
from shared.queue.claim_turns import ClaimTurns
from shared.queue.claimed_entries import Ahead, ClaimedEntries, address_of, is_new_hint
from shared.queue.consumer_group import ConsumerGroup
from shared.queue.dead_letters import RejectedJob, failed_message, write_dead_letter
from shared.queue.enqueuer import Enqueuer
from shared.queue.messages import Priority, RenderDone, RenderJob, decode_done, encode_message
from shared.queue.protocol import HINT_S, LEASE_S, MARK_S, MAX_ATTEMPTS, Delivery, Depth, EnqueueResult, Room
from shared.queue.redis_keys import (
    ACK_SCRIPT,
    DONE_CHANNEL,
    GROUP,
    LEVEL_WORK,
    LEVELS,
    PRIORITIES,
    fresh,
    pending,
)
from shared.stores.pubsub import Channel, subscribe
from shared.stores.redis import redis_errors
from shared.stores.redis_client import Script

SWEEP_S: Final = 3.0
"""How often a consumer checks for abandoned jobs: with ``LEASE_S`` this bounds how long a dead worker's job waits."""

_LONGEST_BLOCK_S: Final = 1.0  # less than the client's own timeout
_WAITED_S: Final = 0.005  # more than the round trip to a Redis nearby
_RESULTS: Final = Channel(name=DONE_CHANNEL, read=decode_done, lost="news_lost", unreadable="news_unreadable")

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class RedisStreamQueue:
    """A ``JobQueue`` for any number of processes; ``consumer`` must be this process's own name.

    The client must use RESP2 and a timeout of more than a second, as ``connect`` sets it up.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        consumer: str,
        queue_max: int = 10_000,
        lease_s: float = LEASE_S,
        mark_s: int = MARK_S,
        sweep_s: float = SWEEP_S,
        hint_s: int = HINT_S,
        hint_dropped: Callable[[], object] = lambda: None,
        unreadable: UnreadableMessages | None = None,
    ) -> None:
        self._redis, self._unreadable = redis, unreadable or UnreadableMessages()
        for stream in PRIORITIES:
            self._unreadable.watch(stream)
        self._consumer = consumer
        self._group = ConsumerGroup(redis, consumer)
        self._lease_ms = int(lease_s * 1000)
        self._mark_s = mark_s
        self._sweep_s = sweep_s
        self._next_sweep = 0.0
        self._announced = Announced(redis)
        self._producer = Enqueuer(redis, self._announced, queue_max=queue_max, mark_s=mark_s, hint_s=hint_s)
        self._turns = ClaimTurns(redis, self._group, consumer)
        self._entries = ClaimedEntries(redis, mark_s=mark_s, hint_dropped=hint_dropped, unreadable=self._unreadable)
        self._ack_script = Script(redis, ACK_SCRIPT)
        self._ahead: Ahead | None = None
        self._is_drained = False  # every stream was empty a moment ago: to wait for a job is as good as to look first

    async def enqueue(self, jobs: Sequence[RenderJob], *, hint: bool = False, client: str = "") -> list[EnqueueResult]:
        """Enqueue each job unless its picture is pending or the stream is full. Raises ``StoreDown``."""
        return await self._producer.enqueue(jobs, hint=hint, client=client)

    async def is_announced(self, picture: str) -> bool:
        """Return whether callers were redirected to it lately, or a job for it is pending. Raises ``StoreDown``."""
        with redis_errors():
            return await self._announced.has(picture, pending(picture))

    async def depth(self) -> dict[Priority, Depth]:
        """Return how much the streams of each priority hold. Raises ``StoreDown``."""
        held = dict.fromkeys(Priority, Depth(0, 0))
        for stream, priority in PRIORITIES.items():
            more, so_far = await self._group.depth(stream), held[priority]
            held[priority] = Depth(so_far.waiting + more.waiting, so_far.taken + more.taken)
        return held

    async def claim(
        self, limit: int, wait_s: float, room: Room | None = None, *, ahead: Ahead | None = None
    ) -> list[Delivery]:
        """Return up to ``limit`` jobs, in their order; empty after ``wait_s``; see ``JobConsumer``."""
        end, self._ahead = time.monotonic() + wait_s, ahead
        room = room or Room(limit, limit, limit * LEVEL_WORK[0])
        self._is_drained = self._is_drained and wait_s > 0
        found = await self._claim_now(room)
        streams = list(PRIORITIES) if room.others > 0 and room.work > 0 else [LEVELS[0]]
        while not found and (left_s := end - time.monotonic()) > 0:
            block_s = max(0.001, min(left_s, _LONGEST_BLOCK_S, self._next_sweep - time.monotonic()))
            # Each stream may return one job; those above the limit are released.
            found = await self._release_beyond(limit, await self._new(streams, 1, block_s=block_s))
            if not found and time.monotonic() < end:
                found = await self._claim_now(room)
        await self._mark(found)
        return found

    async def _claim_now(self, room: Room) -> list[Delivery]:
        """Claim without waiting: abandoned jobs, then new ones."""
        found = await self._abandoned(room.jobs)
        if len(found) < room.jobs and not self._is_drained:
            for stream, entry in await self._turns.claim(_less(room, found)):
                found += await self._entries.read(stream, [entry], {}, ahead=self._ahead)
        return found

    async def extend_lease(self, deliveries: Sequence[Delivery]) -> None:
        """Renew the lease of these jobs and their pending marks. Raises ``StoreDown``."""
        if not deliveries:
            return

        async def renew() -> None:
            pipe: Any = self._redis.pipeline(transaction=False)
            for stream, receipts in _by_stream(deliveries).items():
                # JUSTID: a renewal is not another attempt.
                pipe.xclaim(stream, GROUP, self._consumer, 0, receipts, justid=True)
            for delivery in deliveries:
                pipe.expire(pending(delivery.job.picture), self._mark_s)
            await pipe.execute()

        await self._group.run(renew)

    async def ack(self, delivery: Delivery, done: RenderDone, *, fresh_for_s: int = 0) -> None:
        """Acknowledge a job, remove its mark and publish its result. Raises ``StoreDown``."""
        stream, entry = address_of(delivery)
        names = [delivery.job.picture, *([f"{done.settings_hash}:{done.media}"] if done.media else [])]
        marks = [fresh(name) for name in names] if fresh_for_s > 0 else []
        keys = [stream, pending(delivery.job.picture), *marks]
        with redis_errors():
            await self._ack_script(keys, [GROUP, entry, DONE_CHANNEL, encode_message(done), fresh_for_s])

    async def retry(self, delivery: Delivery, cause: Cause, reason: str) -> bool:
        """Leave a failed job pending for a later attempt, or make it a dead letter; see ``JobConsumer``."""
        stream, entry = address_of(delivery)
        if delivery.attempts >= MAX_ATTEMPTS:
            body = encode_message(delivery.job)
            letter = RejectedJob(stream, entry, body, f"{cause}: {reason}", delivery.attempts, delivery.job, cause)
            await write_dead_letter(self._redis, letter)
            return False

        async def renew() -> None:
            pipe: Any = self._redis.pipeline(transaction=True)
            pipe.xclaim(stream, GROUP, self._consumer, 0, [entry], justid=True)
            pipe.expire(pending(delivery.job.picture), self._mark_s)
            pipe.publish(DONE_CHANNEL, encode_message(failed_message(delivery.job, cause)))
            await pipe.execute()

        await self._group.run(renew)
        return True

    def subscribe(self) -> AsyncIterator[RenderDone]:
        """Yield the result of every job settled from now on, until closed; resubscribes after an outage of Redis."""
        return subscribe(self._redis, _RESULTS, unreadable=self._unreadable)

    async def is_fresh(self, picture: str) -> bool:
        """Return whether this picture is marked as fresh. Raises ``StoreDown``."""
        with redis_errors():
            return bool(await self._redis.exists(fresh(picture)))

    async def mark_fresh(self, picture: str, seconds: int) -> None:
        """Mark it as fresh for that long. Raises ``StoreDown``."""
        with redis_errors():
            await self._redis.set(fresh(picture), "1", ex=seconds)

    async def ping(self) -> None:
        """Return if Redis is reachable. Raises ``StoreDown``."""
        with redis_errors():
            await self._redis.ping()

    async def trim(self) -> None:
        """Delete settled jobs from the head of each stream, and consumers that are long gone. Raises ``StoreDown``."""
        for stream in PRIORITIES:
            await self._group.trim(stream)

    async def _new(self, streams: Sequence[str], most: int, *, block_s: float) -> list[Delivery]:
        """Wait for new jobs and claim up to ``most`` of each stream."""
        found: list[Delivery] = []
        began = time.monotonic()
        read = dict(await self._group.read_new(streams, most, block_ms=max(1, int(block_s * 1000))))
        # A read that had to wait found them all empty; one that is answered at once may leave more behind.
        has_waited = time.monotonic() - began >= _WAITED_S
        self._is_drained = has_waited and len(read) <= 1 and len(streams) == len(PRIORITIES)
        for stream in streams:
            found += await self._entries.read(stream, read.get(stream, ()), {}, ahead=self._ahead)
        return found

    async def _abandoned(self, limit: int) -> list[Delivery]:
        """Claim jobs whose lease has expired, when the next sweep is due."""
        if time.monotonic() < self._next_sweep:
            return []
        self._next_sweep = time.monotonic() + self._sweep_s
        found: list[Delivery] = []
        for stream in PRIORITIES:
            if len(found) < limit:
                found += await self._claim(stream, limit - len(found))
        if len(found) == limit:
            self._next_sweep = 0.0  # there may be more
        return found

    async def _claim(self, stream: str, most: int) -> list[Delivery]:
        entries, attempts = await self._group.claim_idle(stream, most, idle_ms=self._lease_ms)
        if not attempts:
            return []
        log.info("jobs_taken_over", lane=PRIORITIES[stream], jobs=len(entries))
        return await self._entries.read(stream, entries, attempts, ahead=self._ahead)

    async def _release_beyond(self, limit: int, found: list[Delivery]) -> list[Delivery]:
        """Release jobs above the limit, so that the next sweep claims them."""
        for delivery in found[limit:]:
            stream, entry = address_of(delivery)
            await self._group.release(stream, entry, idle_ms=self._lease_ms)
            self._next_sweep = 0.0
        return found[:limit]

    async def _mark(self, deliveries: Sequence[Delivery]) -> None:
        """Renew the marks of claimed jobs: they may have expired in the stream."""
        unmarked = [each for each in deliveries if not is_new_hint(each)]
        if not unmarked:
            return
        with redis_errors():
            pipe: Any = self._redis.pipeline(transaction=False)
            for delivery in unmarked:
                pipe.set(pending(delivery.job.picture), b"1", ex=self._mark_s)
            await pipe.execute()


def _less(room: Room, taken: Sequence[Delivery]) -> Room:
    work = sum(delivery.job.work for delivery in taken)
    return Room(room.jobs - len(taken), room.others - len(taken), room.work - work)


def _by_stream(deliveries: Sequence[Delivery]) -> dict[str, list[str]]:
    entries: dict[str, list[str]] = {}
    for delivery in deliveries:
        stream, entry = address_of(delivery)
        entries.setdefault(stream, []).append(entry)
    return entries
