"""What an operator wants to know of the queue beside its depth: jobs that nobody could do, and how long others wait."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

from shared.jobs.connect import redis_errors
from shared.jobs.message import Lane, decode_job
from shared.jobs.redis_names import DEAD_STREAM, GROUP, STREAMS

_LONGEST_REASON: Final = 200


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A job that was given up: which picture, unless it cannot be read, and why."""

    at: datetime
    picture: str | None
    """The settings hash and the title as it was asked for."""
    reason: str
    tries: int


class DeadLetters(msgspec.Struct, frozen=True):
    """How many jobs were given up, of which about a thousand are kept, and the newest of them."""

    count: int
    newest: list[DeadLetter]


async def dead_letters(redis: Redis, most: int) -> DeadLetters:
    """Return the newest dead letters, at most so many. Raises ``StoreDown``."""
    with redis_errors():
        count = await redis.xlen(DEAD_STREAM)
        entries: Any = await redis.xrevrange(DEAD_STREAM, count=most)
    return DeadLetters(int(count), [_letter(entry.decode(), fields) for entry, fields in entries])


async def waiting_s(redis: Redis, lane: Lane) -> float | None:
    """Return for how long the oldest job of a lane waits to be taken, or ``None``. Raises ``StoreDown``."""
    with redis_errors():
        # An entry's id is its time by the clock of Redis, so that is the clock to ask.
        seconds, micros = await redis.time()
        stream = STREAMS[lane]
        last = await _last_taken(redis, stream)
        entries: Any = await redis.xrange(stream, min=f"({last}", count=1)
    if not entries:
        return None
    return max(0.0, seconds + micros / 1e6 - _time(entries[0][0].decode()))


async def _last_taken(redis: Redis, stream: str) -> str:
    """Return the id of the last entry that was handed out; before the first when none was."""
    if not await redis.exists(stream):
        return "0-0"
    for group in await redis.xinfo_groups(stream):
        if group["name"] == GROUP.encode():
            return str(group["last-delivered-id"].decode())
    return "0-0"


def _letter(entry: str, fields: Mapping[bytes, bytes]) -> DeadLetter:
    try:
        picture = decode_job(fields.get(b"job", b"")).picture
    except (msgspec.ValidationError, msgspec.DecodeError):
        picture = None
    return DeadLetter(
        at=datetime.fromtimestamp(_time(entry), UTC),
        picture=picture,
        reason=fields.get(b"reason", b"").decode(errors="replace")[:_LONGEST_REASON],
        tries=int(fields.get(b"tries", b"0")),
    )


def _time(entry: str) -> float:
    return int(entry.partition("-")[0]) / 1000
