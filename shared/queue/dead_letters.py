"""Dead letters, and how long jobs have been waiting."""

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

import msgspec
import structlog
from redis.asyncio import Redis

from shared.domain.errors import Cause
from shared.observability.unreadable import DECODE_ERRORS
from shared.queue.messages import Priority, RenderDone, RenderJob, decode_job, encode_message
from shared.queue.protocol import EnqueueResult, JobProducer
from shared.queue.redis_keys import DEAD_STREAM, DONE_CHANNEL, GROUP, PRIORITIES, pending
from shared.stores.redis import redis_errors

_MAX_STORED: Final = 1000
_MAX_REASON_STORED: Final = 500
_MAX_REASON_SHOWN: Final = 200
_NUMBER: Final = re.compile(r"[0-9]{1,15}-[0-9]{1,15}", re.ASCII)


log: structlog.stdlib.BoundLogger = structlog.get_logger()


class RejectedJob(msgspec.Struct, frozen=True):
    """A job that becomes a dead letter; ``job`` is missing if its body cannot be parsed."""

    stream: str
    entry: str
    body: bytes
    reason: str
    attempts: int
    job: RenderJob | None = None
    cause: Cause = Cause.CRASHED


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A job that was given up: which picture, unless it cannot be parsed, and why. ``id`` is its stream entry."""

    id: str
    at: datetime
    picture: str | None
    """The settings hash and the external id as requested."""
    reason: str
    tries: int


class DeadLetters(msgspec.Struct, frozen=True):
    """The number of dead letters, of which about a thousand are kept, and the newest ones."""

    count: int
    newest: list[DeadLetter]


async def write_dead_letter(redis: Redis, rejected: RejectedJob) -> None:
    """Move a job from its stream to the dead letters, and publish its failure. Raises ``StoreDown``."""
    reason = rejected.reason[:_MAX_REASON_STORED]
    fields = {"job": rejected.body, "reason": reason, "tries": rejected.attempts, "at": int(time.time())}
    with redis_errors():
        pipe: Any = redis.pipeline(transaction=True)
        pipe.xadd(DEAD_STREAM, cast("dict[Any, Any]", fields), maxlen=_MAX_STORED, approximate=True)
        pipe.xack(rejected.stream, GROUP, rejected.entry)
        if rejected.job is not None:
            pipe.delete(pending(rejected.job.picture))
            pipe.publish(DONE_CHANNEL, encode_message(failed_message(rejected.job, rejected.cause)))
        await pipe.execute()
    if rejected.job is not None:  # one that cannot be read was counted, and may be one of thousands
        log.warning("job_buried", reason=reason, attempts=rejected.attempts, entry=rejected.entry)


def failed_message(job: RenderJob, cause: Cause) -> RenderDone:
    """Return the message that a job failed."""
    return RenderDone(settings_hash=job.settings_hash, title=job.title, cause=cause)


async def dead_letters(redis: Redis, most: int, *, before: str | None = None) -> DeadLetters:
    """Return the newest dead letters, at most ``most``; with ``before``, those older than that id.

    Raises ``StoreDown``.
    """
    newest = "+" if before is None else f"({before}"
    is_first = before is not None and not before.strip("0-")  # Redis refuses it, and nothing is older
    with redis_errors():
        count = await redis.xlen(DEAD_STREAM)
        entries: Any = [] if is_first else await redis.xrevrange(DEAD_STREAM, max=newest, count=most)
    return DeadLetters(int(count), [_letter(entry.decode(), fields) for entry, fields in entries])


def is_dead_letter_id(text: str) -> bool:
    """Return whether the text has the form of a dead letter's id."""
    return _NUMBER.fullmatch(text) is not None


async def find_dead_letter(redis: Redis, letter_id: str) -> DeadLetter | None:
    """Return a dead letter, or ``None`` when it is not there. Raises ``StoreDown``."""
    with redis_errors():
        entries: Any = await redis.xrange(DEAD_STREAM, min=letter_id, max=letter_id)
    return _letter(letter_id, entries[0][1]) if entries else None


async def retry_dead_letter(redis: Redis, offers: JobProducer, letter_id: str) -> EnqueueResult | None:
    """Enqueue a dead letter's job and delete the letter; ``None`` when there is no such letter or it cannot be parsed.

    It is kept when the stream is full. For a moment it is in both places: drawing twice is harmless, a loss is not.
    Raises ``StoreDown``.
    """
    with redis_errors():
        entries: Any = await redis.xrange(DEAD_STREAM, min=letter_id, max=letter_id)
    job = _job(entries[0][1]) if entries else None
    if job is None:
        return None
    (answer,) = await offers.enqueue([job])
    if answer is not EnqueueResult.FULL:
        await delete_dead_letter(redis, letter_id)
    return answer


async def delete_dead_letter(redis: Redis, letter_id: str) -> bool:
    """Delete a dead letter; return whether it existed. Raises ``StoreDown``."""
    with redis_errors():
        return bool(await redis.xdel(DEAD_STREAM, letter_id))


async def waiting_s(redis: Redis, priority: Priority) -> float | None:
    """Return how long the oldest unclaimed job of a priority has waited, or ``None``. Raises ``StoreDown``."""
    with redis_errors():
        # An entry's id is its time by Redis's clock, so compare with that clock.
        seconds, micros = await redis.time()
        oldest = [await _oldest(redis, stream) for stream, held in PRIORITIES.items() if held is priority]
    waiting = [max(0.0, seconds + micros / 1e6 - since) for since in oldest if since is not None]
    return max(waiting, default=None)


async def _oldest(redis: Redis, stream: str) -> float | None:
    """Return since when the oldest unclaimed entry of a stream has waited."""
    last = await _last_claimed(redis, stream)
    entries: Any = await redis.xrange(stream, min=f"({last}", count=1)
    return _time(entries[0][0].decode()) if entries else None


async def _last_claimed(redis: Redis, stream: str) -> str:
    """Return the id of the last entry that was claimed; ``0-0`` when none was."""
    if not await redis.exists(stream):
        return "0-0"
    for group in await redis.xinfo_groups(stream):
        if group["name"] == GROUP.encode():
            return str(group["last-delivered-id"].decode())
    return "0-0"


def _letter(entry: str, fields: Mapping[bytes, bytes]) -> DeadLetter:
    job = _job(fields)
    return DeadLetter(
        id=entry,
        at=datetime.fromtimestamp(_time(entry), UTC),
        picture=None if job is None else job.picture,
        reason=fields.get(b"reason", b"").decode(errors="replace")[:_MAX_REASON_SHOWN],
        tries=int(fields.get(b"tries", b"0")),
    )


def _job(fields: Mapping[bytes, bytes]) -> RenderJob | None:
    """Return a dead letter's job, or ``None`` when this version cannot parse it."""
    try:
        return decode_job(fields.get(b"job", b""))
    except DECODE_ERRORS:
        return None


def _time(entry: str) -> float:
    return int(entry.partition("-")[0]) / 1000
