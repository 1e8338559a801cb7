"""Enqueues jobs in Redis, and announces the pictures that gateways redirect to."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from shared.queue.announced import Announced
from shared.queue.messages import Priority, RenderJob, encode_message
from shared.queue.protocol import HEAVIEST_HINT, HINTS_MAX, EnqueueResult
from shared.queue.redis_keys import (
    BACKLOG_MOST,
    ENQUEUE_SCRIPT,
    GROUP,
    HINT,
    LEVEL_WORK,
    LEVELS,
    MS_PER_WORK,
    STREAMS,
    backlog,
    fresh,
    pending,
)
from shared.stores.redis import redis_errors
from shared.stores.redis_client import Script


class Enqueuer:
    """The producers' half of the queue: one round trip, whatever the number of jobs."""

    def __init__(self, redis: Redis, announced: Announced, *, queue_max: int, mark_s: int, hint_s: int) -> None:
        self._announced = announced
        self._queue_max, self._mark_s, self._hint_s = queue_max, mark_s, hint_s
        self._script = Script(redis, ENQUEUE_SCRIPT)

    async def enqueue(self, jobs: Sequence[RenderJob], *, hint: bool, client: str) -> list[EnqueueResult]:
        """Enqueue each job unless its picture is pending or the stream is full. Raises ``StoreDown``."""
        if not jobs:
            return []
        if len(jobs) == 1 and _is_callers(jobs[0]) and self._announced.was_in_hand(jobs[0].picture):
            return [EnqueueResult.PENDING]
        is_heavy = [hint and job.work > HEAVIEST_HINT for job in jobs]
        calls = [
            (_keys(job, client), self._arguments(job, hint=hint))
            for job, heavy in zip(jobs, is_heavy, strict=True)
            if not heavy
        ]
        announcement = self._announced.commands(job.picture for job in jobs) if hint else ()
        with redis_errors():
            answers = iter(await self._script.each(calls, then=announcement))
        return [EnqueueResult.HEAVY if heavy else EnqueueResult(next(answers).decode()) for heavy in is_heavy]

    def _arguments(self, job: RenderJob, *, hint: bool) -> list[Any]:
        is_prefetch = job.lane is Priority.PREFETCH
        mark, mark_s = (HINT, self._hint_s) if is_prefetch else ("1", self._mark_s)
        most = min(HINTS_MAX, self._queue_max) if is_prefetch else self._queue_max
        levels = [MS_PER_WORK, BACKLOG_MOST * MS_PER_WORK, *(work * MS_PER_WORK for work in LEVEL_WORK)]
        return [encode_message(job), GROUP, mark_s, most, int(hint), mark, job.work, *levels]


def _is_callers(job: RenderJob) -> bool:
    """Return whether a caller waits for a picture that one job draws as well as another."""
    return job.lane is Priority.INTERACTIVE and not job.force


def _keys(job: RenderJob, client: str) -> list[str]:
    """Return the keys of the script; without a client there is one level."""
    streams = LEVELS if job.lane is Priority.INTERACTIVE and client else [STREAMS[job.lane]]
    return [pending(job.picture), fresh(job.picture), backlog(client), *streams]
