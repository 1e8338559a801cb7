"""Redraws one stored picture for an admin, even if nothing about it has changed."""

from http import HTTPStatus
from typing import Annotated, Final

import msgspec
import structlog
from redis.asyncio import Redis

from gateway.api.api_error import ApiError
from gateway.api.endpoint import Call, Reply
from gateway.db.audit import Action, changing
from shared.domain.errors import BadRequest, UnknownSettings
from shared.domain.ids import ExternalId, MediaId
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

_MAX_IMAGES: Final = 5000
_RETRY_S: Final = 30


class RedrawRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which stored picture: its settings hash, its title's media id and its format."""

    hash: Annotated[str, msgspec.Meta(max_length=100)]
    media: Annotated[str, msgspec.Meta(max_length=100)]
    ext: Format


class RedrawAccepted(msgspec.Struct, frozen=True):
    """The outcome: ``queued``, or ``pending`` if a job for the picture is already in progress."""

    offer: EnqueueResult


class RedrawApi:
    """Serves ``/api/admin/images/redraw``."""

    def __init__(self, pool: Pool, redis: Redis, queue: JobProducer) -> None:
        self._pool, self._redis, self._queue = pool, redis, queue

    async def redraw(self, call: Call, body: RedrawRequest) -> Reply:
        """Queue a redraw of a stored picture; the current one is served until it is done.

        Raises ``BadRequest``, ``TitleNotFound``, an ``ApiError`` (404, or 503 while the queue is full), ``StoreDown``.
        """
        settings_hash, media = _settings_hash(body.hash), _media(body.media)
        images = await find_images(self._pool, media, _MAX_IMAGES)
        if not any((image.hash, image.ext) == (settings_hash, body.ext.value) for image in images):
            raise ApiError(HTTPStatus.NOT_FOUND, "No such picture is stored. It may have been purged.")
        job = RenderJob(settings_hash=settings_hash, title=await self._title(media), lane=Priority.REFRESH, force=True)
        with redis_errors():
            await self._redis.delete(fresh(job.picture), fresh(f"{settings_hash}:{media}"))
        async with changing(self._pool, call.actor, Action.REDRAW_ASKED) as change:
            change.target, change.details = f"title:{media}", {"look": settings_hash}
            offer = await self._enqueue(job)
        log.info("redraw_asked", settings_hash=settings_hash, media=str(media), by=call.actor)
        return Reply(RedrawAccepted(offer))

    async def _enqueue(self, job: RenderJob) -> EnqueueResult:
        (offer,) = await self._queue.enqueue([job])
        if offer is EnqueueResult.FULL:
            sentence = "The queue is full. Please try again later."
            raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, sentence, retry_after_s=_RETRY_S)
        return offer

    async def _title(self, media: MediaId) -> ExternalId:
        """Return an external id by which the worker finds this title and no other."""
        known = await find_external_ids(self._pool, media, only_answers=True)
        return known[0] if known else media.tmdb


def _settings_hash(text: str) -> SettingsHash:
    try:
        return parse_hash(text)
    except UnknownSettings as error:
        raise BadRequest(public="hash must be the 32 hex digits of a picture's address.") from error


def _media(text: str) -> MediaId:
    try:
        return MediaId.parse(text)
    except BadRequest as error:
        raise BadRequest(public="media must look like movie-278, series-1396 or series-1396:1:1.") from error
