"""The queue in Redis: one stream per priority, one consumer group, one pending mark per picture.

This module is longer than most, because its commands together guarantee that each picture is drawn once and no job is
lost. A claimed job stays pending in the group until it is settled. When its worker dies, the next sweep claims it.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar, cast

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from shared.domain.errors import Cause
from shared.queue.messages import Priority, RenderDone, RenderJob, decode_done, decode_job, encode_message
from shared.queue.protocol import LEASE_S, MARK_S, MAX_ATTEMPTS, Delivery, Depth, EnqueueResult
from shared.queue.redis_keys import DEAD_STREAM, DONE_CHANNEL, GROUP, OFFER, STREAMS, fresh, pending
from shared.stores.pubsub import Channel, subscribe
from shared.stores.redis import redis_errors

__all__ = ["RedisStreamQueue", "redis_errors"]

SWEEP_S: Final = 3.0
"""How often a consumer looks for abandoned jobs: with ``LEASE_S`` this bounds how long a dead worker's job waits."""

_MOST_DEAD: Final = 1000
_LONGEST_BLOCK_S: Final = 1.0  # less than the client's own time-out
_CONSUMER_FORGOTTEN_S: Final = 3600
_LONGEST_REASON: Final = 500
_NEWS: Final = Channel(name=DONE_CHANNEL, read=decode_done, lost="news_lost", unreadable="news_unreadable")

_T = TypeVar("_T")
_Entry = tuple[bytes, Mapping[bytes, bytes] | None]

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class RedisStreamQueue:
    """A ``JobQueue`` for any number of processes; ``consumer`` must be this process's own name.

    The client must use RESP2 and a time-out of more than a second, as ``connect`` sets it up.
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
    ) -> None:
        self._redis = redis
        self._consumer = consumer
        self._queue_max = queue_max
        self._lease_ms = int(lease_s * 1000)
        self._mark_s = mark_s
        self._sweep_s = sweep_s
        self._next_sweep = 0.0
        self._offer = redis.register_script(OFFER)

    async def enqueue(self, jobs: Sequence[RenderJob], *, hint: bool = False) -> list[EnqueueResult]:
        """Enqueue each job unless its picture is pending or the stream is full. Raises ``StoreDown``."""
        if not jobs:
            return []
        with redis_errors():
            if len(jobs) == 1:
                answers = [await self._offer(keys=_offer_keys(jobs[0]), args=self._offer_args(jobs[0], hint=hint))]
            else:
                pipe: Any = self._redis.pipeline(transaction=False)
                for job in jobs:
                    await self._offer(keys=_offer_keys(job), args=self._offer_args(job, hint=hint), client=pipe)
                answers = await pipe.execute()
        return [EnqueueResult(answer.decode()) for answer in answers]

    async def depth(self) -> dict[Priority, Depth]:
        """Return how much each stream holds. Raises ``StoreDown``."""
        with redis_errors():
            return {lane: await self._depth(stream) for lane, stream in STREAMS.items()}

    async def claim(self, limit: int, wait_s: float) -> list[Delivery]:
        """Return up to ``limit`` jobs, interactive ones first; empty after ``wait_s``. Raises ``StoreDown``."""
        end = time.monotonic() + wait_s
        found = await self._claim_now(limit)
        while not found and (left_s := end - time.monotonic()) > 0:
            block_s = max(0.001, min(left_s, _LONGEST_BLOCK_S, self._next_sweep - time.monotonic()))
            # Each stream may answer with one job, and none is claimed beyond the limit.
            found = await self._let_go_beyond(limit, await self._new(list(STREAMS), 1, block_s=block_s))
            if not found and time.monotonic() < end:
                found = await self._claim_now(limit)
        await self._mark(found)
        return found

    async def _claim_now(self, limit: int) -> list[Delivery]:
        """Claim without waiting: abandoned jobs, then new ones, interactive ones first."""
        found = await self._abandoned(limit)
        for lane in STREAMS:
            if len(found) < limit:
                found += await self._new([lane], limit - len(found))
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

        await self._grouped(renew)

    async def ack(self, delivery: Delivery, done: RenderDone, *, fresh_for_s: int = 0) -> None:
        """Acknowledge a job, remove its mark and publish its result. Raises ``StoreDown``."""
        stream, entry = _address(delivery)
        names = {delivery.job.picture} | ({f"{done.settings_hash}:{done.media}"} if done.media else set())
        with redis_errors():
            pipe: Any = self._redis.pipeline(transaction=True)
            pipe.xack(stream, GROUP, entry)
            pipe.delete(pending(delivery.job.picture))
            for name in names if fresh_for_s > 0 else ():
                pipe.set(fresh(name), b"1", ex=fresh_for_s)
            pipe.publish(DONE_CHANNEL, encode_message(done))
            await pipe.execute()

    async def retry(self, delivery: Delivery, cause: Cause, reason: str) -> bool:
        """Leave a failed job for a later attempt, or make it a dead letter after ``MAX_ATTEMPTS``; publish the failure.

        It stays pending, so that it is claimed again when its lease expires, and until then its mark prevents a second
        job for the same picture. Returns whether it will be retried. Raises ``StoreDown``.
        """
        stream, entry = _address(delivery)
        if delivery.attempts >= MAX_ATTEMPTS:
            said = f"{cause}: {reason}"
            await self._bury(stream, entry, encode_message(delivery.job), said, delivery.attempts, delivery.job, cause)
            return False

        async def renew() -> None:
            pipe: Any = self._redis.pipeline(transaction=True)
            pipe.xclaim(stream, GROUP, self._consumer, 0, [entry], justid=True)
            pipe.expire(pending(delivery.job.picture), self._mark_s)
            pipe.publish(DONE_CHANNEL, encode_message(_failed(delivery.job, cause)))
            await pipe.execute()

        await self._grouped(renew)
        return True

    def subscribe(self) -> AsyncIterator[RenderDone]:
        """Yield the result of every job settled from now on, until closed; subscribes again after a loss of Redis."""
        return subscribe(self._redis, _NEWS)

    async def is_fresh(self, picture: str) -> bool:
        """Return whether this picture is marked as fresh. Raises ``StoreDown``."""
        with redis_errors():
            return bool(await self._redis.exists(fresh(picture)))

    async def ping(self) -> None:
        """Return when Redis answers. Raises ``StoreDown``."""
        with redis_errors():
            await self._redis.ping()

    async def trim(self) -> None:
        """Delete settled jobs from the head of each stream, and consumers that are long gone. Raises ``StoreDown``.

        Only the head is trimmed: deletions in the middle make the group's lag, by which renderers scale, unknown.
        """
        for stream in STREAMS.values():
            with redis_errors(), suppress(_NoGroup):
                group = await self._group(stream)
                least = group["last-delivered-id"]
                if group["pending"]:
                    least = (await self._redis.xpending(stream, GROUP))["min"] or least
                await self._redis.xtrim(stream, minid=least, approximate=False)
                await self._forget_consumers(stream)

    async def _forget_consumers(self, stream: str) -> None:
        for consumer in await self._redis.xinfo_consumers(stream, GROUP):
            if consumer["pending"] == 0 and consumer["idle"] > _CONSUMER_FORGOTTEN_S * 1000:
                await self._redis.xgroup_delconsumer(stream, GROUP, consumer["name"])

    def _offer_args(self, job: RenderJob, *, hint: bool) -> list[Any]:
        return [encode_message(job), GROUP, self._mark_s, self._queue_max, int(hint)]

    async def _group(self, stream: str) -> dict[str, Any]:
        """Return Redis's information about our group. Raises ``_NoGroup``."""
        try:
            groups = await self._redis.xinfo_groups(stream)
        except ResponseError as exc:  # no such key
            raise _NoGroup(stream) from exc
        for group in groups:
            if group["name"] == GROUP.encode():
                return group
        raise _NoGroup(stream)

    async def _depth(self, stream: str) -> Depth:
        try:
            group = await self._group(stream)
        except _NoGroup:
            return Depth(0, 0)
        lag, pending = group["lag"], int(group["pending"])
        waiting = int(await self._redis.xlen(stream)) - pending if lag is None else int(lag)
        return Depth(max(0, waiting), pending)

    async def _grouped(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """Make a call that needs the group; when there is none, create it and call again.

        It is missing at first, and again after Redis was emptied.
        """
        with redis_errors():
            try:
                return await call()
            except ResponseError as exc:
                if not any(word in str(exc) for word in ("NOGROUP", "UNBLOCKED")):
                    raise
            for stream in STREAMS.values():
                try:
                    await self._redis.xgroup_create(stream, GROUP, id="0", mkstream=True)
                except ResponseError as exc:
                    if not str(exc).startswith("BUSYGROUP"):
                        raise
            return await call()

    async def _new(self, lanes: Sequence[Priority], most: int, *, block_s: float | None = None) -> list[Delivery]:
        """Claim new jobs: up to ``most`` of each stream."""
        streams = {STREAMS[lane]: ">" for lane in lanes}
        block_ms = None if block_s is None else max(1, int(block_s * 1000))
        answer = await self._grouped(
            lambda: self._redis.xreadgroup(
                GROUP, self._consumer, cast("dict[Any, Any]", streams), count=most, block=block_ms
            )
        )
        by_name = {name.encode(): lane for lane, name in STREAMS.items()}
        found: list[Delivery] = []
        for name, entries in cast("list[tuple[bytes, list[_Entry]]]", answer or []):
            found += await self._read(by_name[name], entries, {})
        return sorted(found, key=lambda delivery: delivery.receipt)  # "interactive" comes before "refresh"

    async def _abandoned(self, limit: int) -> list[Delivery]:
        """Claim jobs whose lease has expired, when the next sweep is due."""
        if time.monotonic() < self._next_sweep:
            return []
        self._next_sweep = time.monotonic() + self._sweep_s
        found: list[Delivery] = []
        for lane, stream in STREAMS.items():
            if len(found) < limit:
                found += await self._claim(lane, stream, limit - len(found))
        if len(found) == limit:
            self._next_sweep = 0.0  # there may be more
        return found

    async def _claim(self, lane: Priority, stream: str, most: int) -> list[Delivery]:
        rows = await self._grouped(
            lambda: self._redis.xpending_range(stream, GROUP, min="-", max="+", count=most, idle=self._lease_ms)
        )
        idle = cast("list[dict[str, Any]]", rows)
        if not idle:
            return []
        # XCLAIM and not XAUTOCLAIM: only XPENDING says how often a job was claimed.
        attempts: dict[Any, int] = {row["message_id"]: row["times_delivered"] + 1 for row in idle}
        entries = await self._grouped(
            lambda: self._redis.xclaim(stream, GROUP, self._consumer, self._lease_ms, list(attempts))
        )
        log.info("jobs_taken_over", lane=lane, jobs=len(entries))
        return await self._read(lane, cast("list[_Entry]", entries), attempts)

    async def _read(self, lane: Priority, entries: Iterable[_Entry], attempts: Mapping[bytes, int]) -> list[Delivery]:
        """Turn stream entries into deliveries; one that cannot be parsed becomes a dead letter."""
        found = []
        for entry, fields in entries:
            if fields is None:
                continue  # trimmed while it was pending
            body, nth = fields.get(b"job", b""), attempts.get(entry, 1)
            try:
                job = decode_job(body)
            except (msgspec.ValidationError, msgspec.DecodeError) as exc:
                await self._bury(STREAMS[lane], entry.decode(), body, f"unreadable: {exc}", nth)
                continue
            if nth > MAX_ATTEMPTS:
                reason = "its workers were lost"
                await self._bury(STREAMS[lane], entry.decode(), body, reason, nth - 1, job, Cause.CRASHED)
                continue
            found.append(Delivery(job=job, receipt=f"{lane}/{entry.decode()}", attempts=nth))
        return found

    async def _let_go_beyond(self, limit: int, found: list[Delivery]) -> list[Delivery]:
        """Make jobs beyond the limit look abandoned and unattempted, so that the next sweep claims them."""
        for delivery in found[limit:]:
            stream, entry = _address(delivery)
            with redis_errors():
                await self._redis.xclaim(
                    stream, GROUP, self._consumer, 0, [entry], idle=self._lease_ms, retrycount=0, justid=True
                )
            self._next_sweep = 0.0
        return found[:limit]

    async def _mark(self, deliveries: Sequence[Delivery]) -> None:
        """Renew the marks of claimed jobs: they may have expired in the stream."""
        if not deliveries:
            return
        with redis_errors():
            pipe: Any = self._redis.pipeline(transaction=False)
            for delivery in deliveries:
                pipe.set(pending(delivery.job.picture), b"1", ex=self._mark_s)
            await pipe.execute()

    async def _bury(
        self,
        stream: str,
        entry: str,
        body: bytes,
        reason: str,
        attempts: int,
        job: RenderJob | None = None,
        cause: Cause = Cause.CRASHED,
    ) -> None:
        """Make a job a dead letter, and publish its failure."""
        with redis_errors():
            pipe: Any = self._redis.pipeline(transaction=True)
            letter = {"job": body, "reason": reason[:_LONGEST_REASON], "tries": attempts, "at": int(time.time())}
            pipe.xadd(DEAD_STREAM, cast("dict[Any, Any]", letter), maxlen=_MOST_DEAD, approximate=True)
            pipe.xack(stream, GROUP, entry)
            if job is not None:
                pipe.delete(pending(job.picture))
                pipe.publish(DONE_CHANNEL, encode_message(_failed(job, cause)))
            await pipe.execute()
        log.warning("job_buried", reason=reason[:_LONGEST_REASON], attempts=attempts, entry=entry)


class _NoGroup(Exception):
    """The stream, or our group on it, does not exist yet."""


def _offer_keys(job: RenderJob) -> list[str]:
    return [STREAMS[job.lane], pending(job.picture), fresh(job.picture)]


def _failed(job: RenderJob, cause: Cause) -> RenderDone:
    return RenderDone(settings_hash=job.settings_hash, title=job.title, cause=cause)


def _address(delivery: Delivery) -> tuple[str, str]:
    """Return a receipt's stream and entry."""
    lane, _, entry = delivery.receipt.partition("/")
    return STREAMS[Priority(lane)], entry


def _by_stream(deliveries: Sequence[Delivery]) -> dict[str, list[str]]:
    entries: dict[str, list[str]] = {}
    for delivery in deliveries:
        stream, entry = _address(delivery)
        entries.setdefault(stream, []).append(entry)
    return entries
