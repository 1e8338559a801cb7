"""Has pictures drawn that are not stored, while their callers wait: the way of a miss from the queue to an answer."""

import asyncio
from typing import Final

import structlog
from cachetools import TTLCache

from renderer.content.deadline import Deadline
from renderer.content.fallback import FallbackArtwork
from renderer.content.picture_result import CacheStatus, PictureResult, permanent_error
from renderer.content.stored_pictures import PictureFinder, key_of, patience_s, within
from renderer.content.waiters import Waiters
from shared.domain.cache_lifetime import FACT_S, FALLBACK_S
from shared.domain.errors import PERMANENT_CAUSES, Busy, Cause, DeadlineExceeded, SourceError, StoreDown
from shared.domain.ids import MediaId
from shared.observability.tracing import Role, current_span, start_span
from shared.queue.messages import RenderJob
from shared.queue.protocol import EnqueueResult, JobQueue
from shared.settings.content_url import ContentAddress
from shared.settings.model import Settings
from shared.settings.work import work_of

log: structlog.stdlib.BoundLogger = structlog.get_logger()

FALLBACK_GRACE_S: Final = 0.8
"""How long past the wait the fallback artwork may take: clients give up after three seconds."""

RECHECK_TIMEOUT_S: Final = 0.5
"""Longest check for a picture that was stored while a caller waited in vain: part of the grace period."""

_PERMANENT_ERRORS: Final = 50_000
_MAX_UNREADABLE: Final = 10_000  # pictures that were drawn and could not be read: drawing them at once does not help


class MissingPictures:
    """Has each picture drawn that a caller was admitted to. The caller shares one call among all who want the same."""

    def __init__(self, queue: JobQueue, stored: PictureFinder, fallback: FallbackArtwork, waiters: Waiters) -> None:
        self._queue, self._stored, self._fallback, self._waiters = queue, stored, fallback, waiters
        self._unreadable: TTLCache[str, bool] = TTLCache(_MAX_UNREADABLE, FALLBACK_S)
        self._permanent_errors: TTLCache[str, Cause] = TTLCache(_PERMANENT_ERRORS, FACT_S)

    def check(self, picture: str) -> None:
        """Raise ``TitleNotFound`` or ``ArtNotFound`` if a worker reported so of this picture lately."""
        cause = self._permanent_errors.get(picture)
        if cause is not None:
            raise permanent_error(cause)

    def invalidate(self) -> None:
        """Forget which pictures cannot be drawn."""
        self._permanent_errors.clear()

    async def draw(
        self, address: ContentAddress, settings: Settings, deadline: Deadline, client: str | None
    ) -> PictureResult:
        """Have the picture drawn. If that is impossible now, return the stored picture of the likely title, briefly."""
        try:
            return await self._draw_while_waiting(address, settings, deadline, client)
        except (SourceError, StoreDown, Busy, DeadlineExceeded):
            picture = await self._stored.find_hinted(address)
            if picture is None:
                raise
            return PictureResult(picture, CacheStatus.FALLBACK)

    async def _draw_while_waiting(
        self, address: ContentAddress, settings: Settings, deadline: Deadline, client: str | None
    ) -> PictureResult:
        """Have the picture drawn, once for all its callers; return fallback artwork when it is not ready in time.

        Without a client the queue is down, and is not asked.
        """
        trace, work = current_span().traceparent, work_of(settings)
        job = RenderJob(settings_hash=address.settings_hash, title=address.title, work=work, trace=trace)
        with self._waiters.expect(address.picture) as settled:
            is_worth_drawing = client is not None and address.picture not in self._unreadable
            if is_worth_drawing and await self._enqueue(job, client or "", patience_s(deadline)):
                await asyncio.wait([settled], timeout=deadline.left_s / 2)
                if not settled.done():
                    self._fallback.begin(job, settings)  # half-way, so that it is ready at the deadline
                    await asyncio.wait([settled], timeout=deadline.left_s)
        done = settled.result() if settled.done() else None
        if done is not None and done.media is not None:
            picture = await self._stored.read(key_of(address, MediaId.parse(done.media)))
            if picture is not None:
                return PictureResult(picture, CacheStatus.MISS)
            self._unreadable[address.picture] = True
        if done is not None and done.cause in PERMANENT_CAUSES:
            self._permanent_errors[address.picture] = done.cause
            raise permanent_error(done.cause)
        try:
            async with Deadline.after(deadline.left_s + FALLBACK_GRACE_S).timeout():
                if done is None:  # the message may have been lost
                    self._fallback.begin(job, settings)
                    picture = await self._stored.find_in_time(address, RECHECK_TIMEOUT_S)
                    if picture is not None:
                        return PictureResult(picture, CacheStatus.MISS)
                return PictureResult(await self._fallback.get(job, settings), CacheStatus.FALLBACK)
        except (TimeoutError, Busy) as exc:  # the picture is on its way
            raise DeadlineExceeded("neither picture nor artwork in time") from exc

    async def _enqueue(self, job: RenderJob, client: str, timeout_s: float) -> bool:
        """Return whether the job was queued; false when the queue is down. Raises ``Busy`` when it is full."""
        try:
            with start_span("send interactive", Role.PRODUCER, {"messaging.system": "redis"}):
                (result,) = await within(self._queue.enqueue([job], client=client), timeout_s)
        except StoreDown as error:
            log.warning("job_not_queued", reason=str(error))
            return False
        if result is EnqueueResult.FULL:
            raise Busy("the render queue is full")
        return True
