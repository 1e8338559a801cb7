"""Jobs that were given up, for admins: seen with their reason, tried again, or dropped."""

from http import HTTPStatus
from typing import Annotated, Final

import msgspec
import structlog
from redis.asyncio import Redis

from gateway.api.endpoint import Call, Nothing, Reply
from gateway.api.errors import Refusal
from gateway.db.audit import Action, changing
from shared.queue.dead_letters import DeadLetter, dead_letters, drop_letter, find_letter, is_letter_id, retry_letter
from shared.queue.protocol import JobOffers, Offer
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PAGE: Final = 50
_RETRY_S: Final = 30


class LetterQuery(msgspec.Struct, frozen=True):
    """Which letters to show: those older than the letter ``before``; without it the newest."""

    before: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,15}-[0-9]{1,15}\Z")] | None = None


class LetterPage(msgspec.Struct, frozen=True, kw_only=True):
    """Letters of ``total``, the newest first; ``before`` asks for the following ones, null when there are none."""

    letters: list[DeadLetter]
    total: int
    before: str | None


class LetterRetried(msgspec.Struct, frozen=True):
    """What became of a letter's job: ``queued``, or ``pending`` where one for the picture was under way already."""

    offer: Offer


class Letters:
    """Answers ``/api/admin/dead-letters``."""

    def __init__(self, pool: Pool, redis: Redis, offers: JobOffers) -> None:
        self._pool, self._redis, self._offers = pool, redis, offers

    async def list(self, call: Call, _: Nothing) -> Reply:
        """Show a page of the dead letters. Raises ``StoreDown``."""
        query: LetterQuery = call.query
        found = await dead_letters(self._redis, PAGE + 1, before=query.before)
        shown = found.newest[:PAGE]
        before = shown[-1].id if len(found.newest) > PAGE else None
        return Reply(LetterPage(letters=shown, total=found.count, before=before))

    async def retry(self, call: Call, _: Nothing) -> Reply:
        """Queue a letter's job again, and drop the letter. Raises a ``Refusal``: 404, 409, 503; ``StoreDown``."""
        letter = await self._find(call)
        if letter.picture is None:
            raise Refusal(
                HTTPStatus.CONFLICT, "This job cannot be read any more, so it cannot be tried again; drop it."
            )
        async with changing(self._pool, call.actor, Action.LETTER_RETRIED) as change:
            change.target = f"picture:{letter.picture}"
            offer = await self._retried(letter)
        log.info("letter_retried", letter=letter.id, picture=letter.picture, by=call.actor)
        return Reply(LetterRetried(offer))

    async def drop(self, call: Call, _: Nothing) -> Reply:
        """Forget a letter, and show what it was. Raises a 404 ``Refusal``, ``StoreDown``."""
        letter = await self._find(call)
        async with changing(self._pool, call.actor, Action.LETTER_DROPPED) as change:
            change.target = f"picture:{letter.picture}"
            if not await drop_letter(self._redis, letter.id):
                raise _gone()
        log.info("letter_dropped", letter=letter.id, picture=letter.picture, by=call.actor)
        return Reply(letter)

    async def _retried(self, letter: DeadLetter) -> Offer:
        offer = await retry_letter(self._redis, self._offers, letter.id)
        if offer is None:
            raise _gone()
        if offer is Offer.FULL:
            sentence = "The queue is full. Please try again when some of it is drawn; the letter is kept."
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, sentence, retry_after_s=_RETRY_S)
        return offer

    async def _find(self, call: Call) -> DeadLetter:
        letter_id = call.request.match_info["id"]
        letter = await find_letter(self._redis, letter_id) if is_letter_id(letter_id) else None
        if letter is None:
            raise _gone()
        return letter


def _gone() -> Refusal:
    return Refusal(HTTPStatus.NOT_FOUND, "There is no such letter: it was tried again, dropped, or is too old.")
