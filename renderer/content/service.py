"""Finds pictures for callers: stored, or drawn while they wait, or else the artwork without badges."""

import asyncio
from collections.abc import Awaitable
from enum import StrEnum
from typing import Final, TypeVar

import msgspec
import structlog
from cachetools import TTLCache

from renderer.content.address_cache import AddressCache
from renderer.content.admission import Admission
from renderer.content.client_limits import ANYBODY, Caller
from renderer.content.deadline import Deadline
from renderer.content.fallback import FallbackArtwork
from renderer.content.last_access import LastAccess
from renderer.content.waiters import Waiters
from renderer.jobs.dependencies import Dependencies
from renderer.metrics import RendererMetrics
from renderer.storage.base import Picture
from renderer.storage.storage_key import storage_key
from shared.concurrency.singleflight import SingleFlight
from shared.domain.cache_lifetime import FACT_S, Freshness
from shared.domain.errors import (
    PERMANENT_CAUSES,
    ArtNotFound,
    Busy,
    Cause,
    DeadlineExceeded,
    MarqueeError,
    SourceError,
    StoreDown,
    TitleNotFound,
    UnknownSettings,
)
from shared.domain.ids import MediaId
from shared.domain.pictures import Size
from shared.observability.tracing import Role, current_span, start_span
from shared.queue.messages import Priority, RenderJob
from shared.queue.protocol import EnqueueResult, JobQueue
from shared.settings.content_url import ContentAddress
from shared.settings.digest import SettingsHash
from shared.settings.model import Settings
from shared.settings.work import work_of

_T = TypeVar("_T")

log: structlog.stdlib.BoundLogger = structlog.get_logger()

FALLBACK_GRACE_S: Final = 0.8
"""How long past the wait the fallback artwork may take: clients give up after three seconds."""

STORE_TIMEOUT_S: Final = 1.0
"""Longest wait for Redis or Postgres before the caller is served without it; a patient caller waits longer for Redis,
half of what is left, since without it there is no picture.
"""

RECHECK_TIMEOUT_S: Final = 0.5
"""Longest check for a picture that was stored while a caller waited in vain: part of the grace period."""

HINT_TIMEOUT_S: Final = 0.2
"""Longest search for the picture of a likely title, after drawing has failed: the caller has waited already."""

MAX_MISSES: Final = 2000
"""Pictures that callers may wait for at once in one process."""

_RECENT_CHECKS: Final = 100_000
_RECENT_CHECK_S: Final = 30
_PERMANENT_ERRORS: Final = 50_000


class CacheStatus(StrEnum):
    """Where an answer came from: the ``X-Cache-Status`` header."""

    HIT = "HIT"
    STALE = "STALE"
    MISS = "MISS"
    FALLBACK = "MISS-FALLBACK"


class PictureResult(msgspec.Struct, frozen=True):
    """A picture for a caller, and where it came from."""

    picture: Picture
    cache: CacheStatus


class ContentService:
    """All pictures, as a caller sees them. One per process."""

    def __init__(
        self,
        *,
        dependencies: Dependencies,
        queue: JobQueue,
        fallback: FallbackArtwork,
        wait_s: float,
        metrics: RendererMetrics,
        last_access: LastAccess | None = None,
    ) -> None:
        self._dependencies = dependencies
        self._queue = queue
        self._admission = Admission(queue)
        self._fallback = fallback
        self._wait_s = wait_s
        self._last_access = last_access
        self._addresses = AddressCache()
        self._waiters = Waiters()
        self._misses: SingleFlight[ContentAddress, PictureResult] = SingleFlight()
        self._permanent_errors: TTLCache[str, Cause] = TTLCache(_PERMANENT_ERRORS, FACT_S)
        self._recent_checks: TTLCache[ContentAddress, CacheStatus] = TTLCache(_RECENT_CHECKS, _RECENT_CHECK_S)
        metrics.waiting.set_function(lambda: len(self._misses))
        metrics.waiting_limit.set(MAX_MISSES)

    async def find(self, address: ContentAddress, caller: Caller = ANYBODY) -> PictureResult:
        """Return a picture: stored; or, if a gateway announced it, drawn while the caller waits, or fallback artwork.

        Raises ``UnknownSettings``; ``NotAnnounced``; ``RateLimited``; ``TitleNotFound`` and ``ArtNotFound``; ``Busy``;
        ``StoreDown``; and ``SourceError`` when there is neither a picture nor artwork.
        """
        key = self._addresses.find(address)
        picture = None if key is None else await self._dependencies.storage.get(key)
        if picture is not None:
            return await self._stored_result(address, picture)
        deadline = Deadline.after(self._wait_s)  # from here on: a slow store does not add to the caller's wait
        settings = await self._settings(address)
        picture = await self._stored(address, settings)
        if picture is not None:
            return await self._stored_result(address, picture)
        if settings is None:
            raise StoreDown("the settings cannot be read now")
        cause = self._permanent_errors.get(address.picture)
        if cause is not None:
            raise _permanent_error(cause)
        is_queue_up = True
        if address not in self._misses:
            # Before the flight that all callers share: what one of them may not do is no answer for the others.
            queue_timeout_s = _queue_timeout_s(deadline)
            is_queue_up = await self._admission.check(address.picture, work_of(settings), caller, queue_timeout_s)
        if address not in self._misses and len(self._misses) >= MAX_MISSES:
            raise Busy("too many pictures are waited for")
        job_client = caller.client if is_queue_up else None
        return await self._misses.run(address, lambda: self._draw_or_guess(address, settings, deadline, job_client))

    def peek(self, address: ContentAddress) -> Picture | None:
        """Return the picture if it is fresh and in memory, under an address whose key is, too; no I/O."""
        key = self._addresses.find(address)
        picture = None if key is None else self._dependencies.storage.peek(key)
        return picture if picture is not None and self._freshness(picture) is Freshness.FRESH else None

    def note(self, address: ContentAddress, picture: Picture) -> None:
        """Note that a caller was given a stored picture; no I/O."""
        if self._last_access is not None:
            self._last_access.note(address.settings_hash, picture.metadata.media, address.format)

    def _freshness(self, picture: Picture) -> Freshness:
        return picture.metadata.freshness(self._dependencies.now(), self._dependencies.rule)

    async def _draw_or_guess(
        self, address: ContentAddress, settings: Settings, deadline: Deadline, client: str | None
    ) -> PictureResult:
        """Have the picture drawn. If that is impossible now, return the stored picture of the likely title, briefly."""
        try:
            return await self._draw_while_waiting(address, settings, deadline, client)
        except (SourceError, StoreDown, Busy, DeadlineExceeded):
            picture = await self._hinted(address)
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
            if client is not None and await self._enqueue(job, client, _queue_timeout_s(deadline)):
                await asyncio.wait([settled], timeout=deadline.left_s / 2)
                if not settled.done():
                    self._fallback.begin(job, settings)  # half-way, so that it is ready at the deadline
                    await asyncio.wait([settled], timeout=deadline.left_s)
        done = settled.result() if settled.done() else None
        if done is not None and done.media is not None:
            picture = await self._read(_key(address, MediaId.parse(done.media)))
            if picture is not None:
                return PictureResult(picture, CacheStatus.MISS)
        if done is not None and done.cause in PERMANENT_CAUSES:
            self._permanent_errors[address.picture] = done.cause
            raise _permanent_error(done.cause)
        try:
            async with Deadline.after(deadline.left_s + FALLBACK_GRACE_S).timeout():
                if done is None:  # the message may have been lost
                    self._fallback.begin(job, settings)
                    picture = await self._stored_since(address, settings)
                    if picture is not None:
                        return PictureResult(picture, CacheStatus.MISS)
                return PictureResult(await self._fallback.get(job, settings), CacheStatus.FALLBACK)
        except TimeoutError as exc:
            raise DeadlineExceeded("neither picture nor artwork in time") from exc

    async def size(self, address: ContentAddress) -> Size:
        """Return the size that the settings ask for, medium when they are unknown."""
        settings = await self._settings_or_none(address.settings_hash)
        return Size.MEDIUM if settings is None or settings.kind is not address.kind else settings.size

    async def follow(self) -> None:
        """Receive messages about settled jobs until cancelled: wake the waiting callers and drop outdated copies."""
        async for done in self._queue.subscribe():
            self._waiters.notify(done)
            if done.media is not None:
                self._dependencies.titles.drop_unless(done.title, MediaId.parse(done.media))
            if done.media is not None and done.etag is not None:
                await self._drop_outdated(done.settings_hash, done.media, done.etag)

    def invalidate(self) -> None:
        """Drop all that is cached about pictures: some were deleted, and the next caller has one drawn.

        All of it lives for a few minutes at most, so dropping single titles would save nothing.
        """
        self._addresses = AddressCache()
        self._permanent_errors.clear()
        self._recent_checks.clear()

    async def _settings(self, address: ContentAddress) -> Settings | None:
        """Return the settings, ``None`` when they cannot be read now. Raises ``UnknownSettings``."""
        try:
            with start_span("find look"):
                settings = await _within(self._dependencies.settings_registry.find(address.settings_hash))
        except StoreDown:
            return None
        if settings is None or settings.kind is not address.kind or settings.format is not address.format:
            raise UnknownSettings(f"no settings {address.settings_hash} for a {address.kind} in {address.format}")
        return settings

    async def _settings_or_none(self, settings_hash: SettingsHash) -> Settings | None:
        try:
            return await self._dependencies.settings_registry.find(settings_hash)
        except StoreDown:
            return None

    async def _stored(self, address: ContentAddress, settings: Settings | None) -> Picture | None:
        """Return the stored picture; its address is cached once the settings are known to fit."""
        try:
            with start_span("find title"):
                media = await _within(self._dependencies.titles.find(address.title))
        except StoreDown as error:
            log.warning("title_index_lost", reason=str(error))
            return None
        if media is None:
            return None
        key = _key(address, media)
        if settings is not None:
            self._addresses.remember(address, key)
        return await self._dependencies.storage.get(key)

    async def _hinted(self, address: ContentAddress) -> Picture | None:
        """Return the stored picture of the title that an id was only mentioned with, ``None`` if there is none."""
        try:
            async with asyncio.timeout(HINT_TIMEOUT_S):
                media = await self._dependencies.titles.hint(address.title)
                return None if media is None else await self._dependencies.storage.get(_key(address, media))
        except (StoreDown, TimeoutError):
            return None

    async def _stored_result(self, address: ContentAddress, picture: Picture) -> PictureResult:
        self.note(address, picture)
        freshness = self._freshness(picture)
        if freshness is Freshness.FRESH:
            return PictureResult(picture, CacheStatus.HIT)
        return PictureResult(picture, await self._check(address, picture.metadata.media, freshness))

    async def _check(self, address: ContentAddress, media: str, freshness: Freshness) -> CacheStatus:
        """Return ``HIT`` or ``STALE`` for a picture that is due; it is queued once for all its callers."""
        cache = self._recent_checks.get(address)
        if cache is None:
            cache = self._recent_checks[address] = await self._queue_refresh(address, media, freshness)
        return cache

    async def _queue_refresh(self, address: ContentAddress, media: str, freshness: Freshness) -> CacheStatus:
        try:
            if freshness is Freshness.STALE and await _within(self._queue.is_fresh(f"{address.settings_hash}:{media}")):
                return CacheStatus.HIT  # checked recently and unchanged, though drawn long ago
            trace = current_span().traceparent
            job = RenderJob(
                settings_hash=address.settings_hash, title=address.title, lane=Priority.REFRESH, trace=trace
            )
            await _within(self._queue.enqueue([job]))
        except StoreDown as error:
            log.warning("refresh_not_queued", reason=str(error))
        return CacheStatus.STALE

    async def _enqueue(self, job: RenderJob, client: str, timeout_s: float) -> bool:
        """Return whether the job was queued; false when the queue is down. Raises ``Busy`` when it is full."""
        try:
            with start_span("send interactive", Role.PRODUCER, {"messaging.system": "redis"}):
                (result,) = await _within(self._queue.enqueue([job], client=client), timeout_s)
        except StoreDown as error:
            log.warning("job_not_queued", reason=str(error))
            return False
        if result is EnqueueResult.FULL:
            raise Busy("the render queue is full")
        return True

    async def _read(self, key: str) -> Picture | None:
        """Return a picture that was just stored, ``None`` when storage does not return it in time."""
        return await _or_none(_within(self._dependencies.storage.get(key)))

    async def _stored_since(self, address: ContentAddress, settings: Settings) -> Picture | None:
        """Return a picture that was stored while the caller waited, ``None`` when it is not found in time."""
        return await _or_none(_within(self._stored(address, settings), RECHECK_TIMEOUT_S))

    async def _drop_outdated(self, settings_hash: SettingsHash, media: str, etag: str) -> None:
        """Drop an older copy of what another replica has redrawn."""
        settings = await self._settings_or_none(settings_hash)
        if settings is not None:
            key = storage_key(settings_hash, MediaId.parse(media), settings.format)
            self._dependencies.storage.invalidate_unless(key, etag)


def _queue_timeout_s(deadline: Deadline) -> float:
    return max(STORE_TIMEOUT_S, deadline.left_s / 2)


async def _within(answer: Awaitable[_T], seconds: float = STORE_TIMEOUT_S) -> _T:
    """Wait for a store no longer than a caller who wants a picture can. Raises ``StoreDown``."""
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError as exc:
        raise StoreDown(f"no answer within {seconds} s") from exc


async def _or_none(read: Awaitable[Picture | None]) -> Picture | None:
    try:
        return await read
    except StoreDown as error:
        log.warning("picture_not_read", reason=str(error))
        return None


def _key(address: ContentAddress, media: MediaId) -> str:
    return storage_key(address.settings_hash, media, address.format)


def _permanent_error(cause: Cause) -> MarqueeError:
    """Return the error that a worker reported, from the cause in its message."""
    inner = f"reported by a worker: {cause}"
    return TitleNotFound(inner) if cause is Cause.TITLE_NOT_FOUND else ArtNotFound(inner)
