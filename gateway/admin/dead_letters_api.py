"""Dead letters, for admins: listed with their reason, retried or dropped."""

from http import HTTPStatus
from typing import Annotated, Final

import msgspec
import structlog
from redis.asyncio import Redis

from gateway.api.api_error import ApiError
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.db.audit import Action, changing
from shared.queue.dead_letters import (
    DeadLetter,
    dead_letters,
    delete_dead_letter,
    find_dead_letter,
    is_dead_letter_id,
    retry_dead_letter,
)
from shared.queue.protocol import EnqueueResult, JobProducer
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PAGE: Final = 50
_RETRY_S: Final = 30


class DeadLetterQuery(msgspec.Struct, frozen=True):
    """Which dead letters to return: those older than ``before``; by default the newest."""

    before: (
        Annotated[
            str,
            msgspec.Meta(
                pattern=r"^[0-9]{1,15}-[0-9]{1,15}\Z", description="Use the id of a dead letter, such as 1-0."
            ),
        ]
        | None
    ) = None


class DeadLetterPage(msgspec.Struct, frozen=True, kw_only=True):
    """Dead letters, newest first; ``before`` is the query for the next page, or null on the last one."""

    letters: list[DeadLetter]
    total: int
    before: str | None


class DeadLetterRetried(msgspec.Struct, frozen=True):
    """The outcome: ``queued``, or ``pending`` if a job for the picture is already in progress."""

    offer: EnqueueResult


class DeadLettersApi:
    """Serves ``/api/admin/dead-letters``."""

    def __init__(self, pool: Pool, redis: Redis, queue: JobProducer) -> None:
        self._pool, self._redis, self._queue = pool, redis, queue

    async def list(self, call: Call, _: NoBody) -> Reply:
        """Return a page of dead letters. Raises ``StoreDown``."""
        query: DeadLetterQuery = call.query
        found = await dead_letters(self._redis, PAGE + 1, before=query.before)
        shown = found.newest[:PAGE]
        before = shown[-1].id if len(found.newest) > PAGE else None
        return Reply(DeadLetterPage(letters=shown, total=found.count, before=before))

    async def retry(self, call: Call, _: NoBody) -> Reply:
        """Queue the job again and drop the dead letter. Raises an ``ApiError``: 404, 409, 503; ``StoreDown``."""
        letter = await self._find(call)
        if letter.picture is None:
            raise ApiError(HTTPStatus.CONFLICT, "This job cannot be read, so it cannot be retried. Please drop it.")
        async with changing(self._pool, call.actor, Action.LETTER_RETRIED) as change:
            change.target = f"picture:{letter.picture}"
            offer = await self._retried(letter)
        log.info("letter_retried", letter=letter.id, picture=letter.picture, by=call.actor)
        return Reply(DeadLetterRetried(offer))

    async def drop(self, call: Call, _: NoBody) -> Reply:
        """Drop a dead letter and return it. Raises a 404 ``ApiError``, ``StoreDown``."""
        letter = await self._find(call)
        async with changing(self._pool, call.actor, Action.LETTER_DROPPED) as change:
            change.target = f"picture:{letter.picture}"
            if not await delete_dead_letter(self._redis, letter.id):
                raise _gone()
        log.info("letter_dropped", letter=letter.id, picture=letter.picture, by=call.actor)
        return Reply(letter)

    async def _retried(self, letter: DeadLetter) -> EnqueueResult:
        offer = await retry_dead_letter(self._redis, self._queue, letter.id)
        if offer is None:
            raise _gone()
        if offer is EnqueueResult.FULL:
            sentence = "The queue is full. Please try again later; the dead letter is kept."
            raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, sentence, retry_after_s=_RETRY_S)
        return offer

    async def _find(self, call: Call) -> DeadLetter:
        letter_id = call.request.match_info["id"]
        letter = await find_dead_letter(self._redis, letter_id) if is_dead_letter_id(letter_id) else None
        if letter is None:
            raise _gone()
        return letter


def _gone() -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, "No such dead letter: it was retried, dropped, or has expired.")
