"""Turns what a consumer claimed from a stream into deliveries, and settles what needs no work."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from redis.asyncio import Redis

from shared.observability.unreadable import DECODE_ERRORS, UnreadableMessages
from shared.queue.consumer_group import Entry
from shared.queue.dead_letters import RejectedJob, write_dead_letter
from shared.queue.messages import Priority, RenderJob, decode_job
from shared.queue.protocol import MAX_ATTEMPTS, Delivery
from shared.queue.redis_keys import GROUP, HINT_SCRIPT, STREAMS, pending, short_name, stream_of
from shared.stores.redis import redis_errors
from shared.stores.redis_client import Arguments, Script

Ahead: TypeAlias = Callable[[RenderJob], object]
"""Called with a claimed job while Redis still decides about it."""


class ClaimedEntries:
    """Reads the entries of all streams. ``hint_dropped`` is called for each prefetch that need not be drawn."""

    def __init__(
        self, redis: Redis, *, mark_s: int, hint_dropped: Callable[[], object], unreadable: UnreadableMessages
    ) -> None:
        self._redis, self._mark_s, self._hint_dropped, self._unreadable = redis, mark_s, hint_dropped, unreadable
        self._hint_script = Script(redis, HINT_SCRIPT)

    async def read(
        self, stream: str, entries: Iterable[Entry], attempts: Mapping[bytes, int], *, ahead: Ahead | None
    ) -> list[Delivery]:
        """Return the deliveries of stream entries. One that cannot be parsed, or was lost too often, is a dead letter.

        Raises ``StoreDown``.
        """
        found = []
        for entry, fields in entries:
            if fields is None:
                continue  # trimmed while it was pending
            delivery = await self._delivery(stream, entry, fields.get(b"job", b""), attempts.get(entry, 1))
            if delivery is None:
                continue
            if ahead is not None:
                ahead(delivery.job)
            found.append(delivery)
        return await self._wanted(found)

    async def _delivery(self, stream: str, entry: bytes, body: bytes, nth: int) -> Delivery | None:
        """Return the job of an entry; ``None`` for one that became a dead letter."""
        try:
            job = decode_job(body)
        except DECODE_ERRORS as exc:
            self._unreadable.skip(stream, "job_unreadable", body, str(exc))
            letter = RejectedJob(stream, entry.decode(), body, f"unreadable: {exc}", nth)
            await write_dead_letter(self._redis, letter)
            return None
        if nth > MAX_ATTEMPTS:
            letter = RejectedJob(stream, entry.decode(), body, "its workers were lost", nth - 1, job)
            await write_dead_letter(self._redis, letter)
            return None
        return Delivery(job=job, receipt=f"{short_name(stream)}/{entry.decode()}", attempts=nth)

    async def _wanted(self, found: list[Delivery]) -> list[Delivery]:
        """Return the jobs without the prefetches that need not be drawn any more, which are settled."""
        hints = [each for each in found if is_new_hint(each)]
        if not hints:
            return found
        calls: list[tuple[list[str], Arguments]] = [
            ([pending(each.job.picture), STREAMS[Priority.PREFETCH]], [GROUP, address_of(each)[1], self._mark_s])
            for each in hints
        ]
        with redis_errors():
            answers = await self._hint_script.each(calls)
        dropped = {each.receipt for each, is_wanted in zip(hints, answers, strict=True) if not is_wanted}
        for _ in dropped:
            self._hint_dropped()
        return [each for each in found if each.receipt not in dropped]


def is_new_hint(delivery: Delivery) -> bool:
    """Return whether a claimed job is a prefetch that was never claimed before."""
    return delivery.attempts == 1 and address_of(delivery)[0] == STREAMS[Priority.PREFETCH]


def address_of(delivery: Delivery) -> tuple[str, str]:
    """Return a receipt's stream and entry."""
    name, _, entry = delivery.receipt.partition("/")
    return stream_of(name), entry
