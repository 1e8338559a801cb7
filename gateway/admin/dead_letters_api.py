"""Jobs that were given up, for admins: seen with their reason, tried again, or dropped."""

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
    """Which letters to show: those older than the letter ``before``; without it the newest."""

    before: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,15}-[0-9]{1,15}\Z")] | None = None


class DeadLetterPage(msgspec.Struct, frozen=True, kw_only=True):
    """Letters of ``total``, the newest first; ``before`` asks for the following ones, null when there are none."""

    letters: list[DeadLetter]
    total: int
    before: str | None


class DeadLetterRetried(msgspec.Struct, frozen=True):
    """What became of a letter's job: ``queued``, or ``pending`` where one for the picture was under way already."""

    offer: EnqueueResult


class DeadLettersApi:
    """Answers ``/api/admin/dead-letters``."""

    def __init__(self, pool: Pool, redis: Redis, offers: JobProducer) -> None:
        self._pool, self._redis, self._offers = pool, redis, offers

    async def list(self, call: Call, _: NoBody) -> Reply:
        """Show a page of the dead letters. Raises ``StoreDown``."""
        query: DeadLetterQuery = call.query
        found = await dead_letters(self._redis, PAGE + 1, before=query.before)
        shown = found.newest[:PAGE]
        before = shown[-1].id if len(found.newest) > PAGE else None
        return Reply(DeadLetterPage(letters=shown, total=found.count, before=before))

    async def retry(self, call: Call, _: NoBody) -> Reply:
        """Queue a letter's job again, and drop the letter. Raises a ``ApiError``: 404, 409, 503; ``StoreDown``."""
        letter = await self._find(call)
        if letter.picture is None:
            raise ApiError(
                HTTPStatus.CONFLICT, "This job cannot be read any more, so it cannot be tried again; drop it."
            )
        async with changing(self._pool, call.actor, Action.LETTER_RETRIED) as change:
            change.target = f"picture:{letter.picture}"
            offer = await self._retried(letter)
        log.info("letter_retried", letter=letter.id, picture=letter.picture, by=call.actor)
        return Reply(DeadLetterRetried(offer))

    async def drop(self, call: Call, _: NoBody) -> Reply:
        """Forget a letter, and show what it was. Raises a 404 ``ApiError``, ``StoreDown``."""
        letter = await self._find(call)
        async with changing(self._pool, call.actor, Action.LETTER_DROPPED) as change:
            change.target = f"picture:{letter.picture}"
            if not await delete_dead_letter(self._redis, letter.id):
                raise _gone()
        log.info("letter_dropped", letter=letter.id, picture=letter.picture, by=call.actor)
        return Reply(letter)

    async def _retried(self, letter: DeadLetter) -> EnqueueResult:
        offer = await retry_dead_letter(self._redis, self._offers, letter.id)
        if offer is None:
            raise _gone()
        if offer is EnqueueResult.FULL:
            sentence = "The queue is full. Please try again when some of it is drawn; the letter is kept."
            raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, sentence, retry_after_s=_RETRY_S)
        return offer

    async def _find(self, call: Call) -> DeadLetter:
        letter_id = call.request.match_info["id"]
        letter = await find_dead_letter(self._redis, letter_id) if is_dead_letter_id(letter_id) else None
        if letter is None:
            raise _gone()
        return letter


def _gone() -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, "There is no such letter: it was tried again, dropped, or is too old.")
