"""One stored picture drawn anew at an admin's wish, even if nothing about it has changed."""

from http import HTTPStatus
from typing import Annotated, Final

import msgspec
import structlog
from redis.asyncio import Redis

from gateway.api.endpoint import Call, Reply
from gateway.api.errors import ApiError
from gateway.db.audit import Action, changing
from shared.domain.errors import BadRequest, UnknownSettings
from shared.domain.ids import ExternalId, IdType, MediaId
from shared.domain.pictures import Format
from shared.queue.messages import Priority, RenderJob
from shared.queue.protocol import EnqueueResult, JobProducer
from shared.queue.redis_keys import fresh
from shared.settings.digest import SettingsHash, parse_hash
from shared.stores.image_rows import find_images
from shared.stores.postgres import Pool
from shared.stores.redis import redis_errors
from shared.stores.title_rows import find_external_ids

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_MOST_OF_A_TITLE: Final = 5000
_RETRY_S: Final = 30


class RedrawRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which stored picture: its look, its title's media id and its format."""

    hash: Annotated[str, msgspec.Meta(max_length=100)]
    media: Annotated[str, msgspec.Meta(max_length=100)]
    ext: Format


class RedrawAccepted(msgspec.Struct, frozen=True):
    """What became of the wish: ``queued``, or ``pending`` where a job for the picture was under way already."""

    offer: EnqueueResult


class Redraw:
    """Answers ``/api/admin/images/redraw``."""

    def __init__(self, pool: Pool, redis: Redis, offers: JobProducer) -> None:
        self._pool, self._redis, self._offers = pool, redis, offers

    async def redraw(self, call: Call, body: RedrawRequest) -> Reply:
        """Queue the drawing of a stored picture; the one that stands is served until then.

        Raises ``BadRequest``, a ``ApiError`` (404, or 503 while the queue is full), ``StoreDown``.
        """
        look, media = _look(body.hash), _media(body.media)
        images = await find_images(self._pool, media, _MOST_OF_A_TITLE)
        if not any((image.hash, image.ext) == (look, body.ext.value) for image in images):
            raise ApiError(HTTPStatus.NOT_FOUND, "No such picture is stored: it may have been purged meanwhile.")
        job = RenderJob(settings_hash=look, title=await self._title(media), lane=Priority.REFRESH, force=True)
        with redis_errors():
            await self._redis.delete(fresh(job.picture), fresh(f"{look}:{media}"))
        async with changing(self._pool, call.actor, Action.REDRAW_ASKED) as change:
            change.target, change.details = f"title:{media}", {"look": look}
            offer = await self._offered(job)
        log.info("redraw_asked", settings_hash=look, media=str(media), by=call.actor)
        return Reply(RedrawAccepted(offer))

    async def _offered(self, job: RenderJob) -> EnqueueResult:
        (offer,) = await self._offers.enqueue([job])
        if offer is EnqueueResult.FULL:
            sentence = "The queue is full. Please try again when some of it is drawn."
            raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, sentence, retry_after_s=_RETRY_S)
        return offer

    async def _title(self, media: MediaId) -> ExternalId:
        """Return an id by which the worker finds the title; ours is TMDB's number, so there is always one."""
        names = await find_external_ids(self._pool, media)
        return (
            names[0]
            if names
            else ExternalId(IdType.TMDB, media.number, None if media.episode else media.kind, media.episode)
        )


def _look(text: str) -> SettingsHash:
    try:
        return parse_hash(text)
    except UnknownSettings as error:
        raise BadRequest(public="hash is written as the 32 hex digits of a picture's address.") from error


def _media(text: str) -> MediaId:
    try:
        return MediaId.parse(text)
    except BadRequest as error:
        raise BadRequest(public="media is written movie-278, series-1396 or series-1396:1:1.") from error
