"""Finds pictures for callers: what is stored, what can be drawn while they wait, and the plain art when it cannot."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

import msgspec
import structlog
from cachetools import TTLCache

from renderer.content.address_cache import AddressCache
from renderer.content.fallback import FallbackArtwork
from renderer.content.last_access import LastAccess
from renderer.content.waiters import Waiters
from renderer.jobs.dependencies import Dependencies
from renderer.metrics import RendererMetrics
from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.storage_key import storage_key
from shared.concurrency.singleflight import SingleFlight
from shared.domain.cache_lifetime import FACT_S, Freshness, state
from shared.domain.errors import (
    PERMANENT_CAUSES,
    ArtNotFound,
    Busy,
    Cause,
    DeadlineExceeded,
    MarqueeError,
    StoreDown,
    TitleNotFound,
    UnknownSettings,
)
from shared.domain.ids import MediaId
from shared.domain.pictures import Size
from shared.observability.tracing import Role, current_span, start_span
from shared.queue.messages import Priority, RenderDone, RenderJob
from shared.queue.protocol import EnqueueResult, JobQueue
from shared.settings.content_url import ContentAddress
from shared.settings.digest import SettingsHash
from shared.settings.model import Settings

_T = TypeVar("_T")

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PLAIN_GRACE_S: Final = 0.8
"""How long past the wait the plain art may take: clients give up after three seconds."""

STORE_S: Final = 1.0
"""Longest wait for an answer of Redis or Postgres before the caller is served without."""

MEANWHILE_S: Final = 0.5
"""Longest look for what may have been stored while a caller waited in vain: a part of the grace."""

MOST_WAITED_FOR: Final = 2000
"""Pictures that callers may wait for at once in one process."""

_LOOKED_AGAIN_S: Final = 30
_KNOWN_FACTS: Final = 50_000
_LOOKED_AGAIN: Final = 100_000


class CacheStatus(StrEnum):
    """Where an answer came from: the ``X-Cache-Status`` header."""

    HIT = "HIT"
    STALE = "STALE"
    MISS = "MISS"
    FALLBACK = "MISS-FALLBACK"


class PictureResult(msgspec.Struct, frozen=True):
    """A picture for a caller, and how it was come by."""

    picture: Picture
    cache: CacheStatus


class ContentService:
    """All pictures, as a caller sees them. One per process."""

    def __init__(
        self,
        *,
        tools: Dependencies,
        queue: JobQueue,
        plain: FallbackArtwork,
        wait_s: float,
        metrics: RendererMetrics,
        asked: LastAccess | None = None,
    ) -> None:
        self._tools = tools
        self._queue = queue
        self._plain = plain
        self._wait_s = wait_s
        self._metrics = metrics
        self._asked = asked
        self._places = AddressCache()
        self._waiting = Waiters()
        self._misses: SingleFlight[ContentAddress, PictureResult] = SingleFlight()
        self._facts: TTLCache[str, Cause] = TTLCache(_KNOWN_FACTS, FACT_S)
        self._looked_again: TTLCache[ContentAddress, CacheStatus] = TTLCache(_LOOKED_AGAIN, _LOOKED_AGAIN_S)
        metrics.waiting.set_function(lambda: len(self._misses))
        metrics.waiting_limit.set(MOST_WAITED_FOR)

    async def find(self, address: ContentAddress) -> PictureResult:
        """Return a picture: stored, drawn while the caller waits, or plain art.

        Raises ``UnknownSettings``; ``TitleNotFound``-like facts as ``MarqueeError`` of their cause; ``Busy``;
        ``StoreDown``; ``SourceError`` when there is neither a picture nor art.
        """
        key = self._places.find(address)
        picture = None if key is None else await self._tools.storage.get(key)
        settings, time_is_up = None, 0.0
        if picture is None:
            # The wait begins here: what slow stores take of it is not added to it.
            time_is_up = asyncio.get_running_loop().time() + self._wait_s
            settings = await self._look(address)
            picture = await self._stored(address, settings)
        if picture is not None:
            if self._asked is not None:
                self._asked.note(address.settings_hash, picture.facts.media, address.format)
            due = self._due(picture.facts, self._tools.now())
            return PictureResult(
                picture,
                CacheStatus.HIT if due is Freshness.FRESH else await self._believed(address, picture.facts, due),
            )
        if settings is None:
            raise StoreDown("the look cannot be known now")
        return await self._missed(address, settings, time_is_up)

    async def size(self, address: ContentAddress) -> Size:
        """Return the size of a look, as far as it is known."""
        settings = await self._known(address.settings_hash)
        return Size.MEDIUM if settings is None or settings.kind is not address.kind else settings.size

    async def follow(self) -> None:
        """Hear of settled jobs, for ever: wakes those who wait and drops what is out of date."""
        async for done in self._queue.subscribe():
            self._waiting.notify(done)
            if done.media is not None and done.etag is not None:
                await self._forget_others(done)

    def forget(self) -> None:
        """Believe nothing that was remembered of any picture: some were removed, and the next caller has one drawn.

        All of it lives for a few minutes at most, so that telling one title from another would spare nothing.
        """
        self._places = AddressCache()
        self._facts.clear()
        self._looked_again.clear()

    async def _look(self, address: ContentAddress) -> Settings | None:
        """Return the look, or ``None`` when it cannot be known now but the picture may be stored all the same."""
        try:
            with start_span("find look"):
                settings = await _soon(self._tools.looks.find(address.settings_hash))
        except StoreDown:
            return None
        if settings is None or settings.kind is not address.kind or settings.format is not address.format:
            raise UnknownSettings(f"no look {address.settings_hash} for a {address.kind} in {address.format}")
        return settings

    async def _stored(self, address: ContentAddress, settings: Settings | None) -> Picture | None:
        try:
            with start_span("find title"):
                media = await _soon(self._tools.titles.find(address.title))
        except StoreDown as error:
            log.warning("title_index_lost", reason=str(error))
            return None
        if media is None:
            return None
        key = _key(address, media)
        if settings is not None:
            self._places.remember(address, key)
        return await self._tools.storage.get(key)

    async def _believed(self, address: ContentAddress, facts: ImageMetadata, due: Freshness) -> CacheStatus:
        """Return ``HIT`` or ``STALE`` for what is due; it is refreshed once, whoever and however many ask."""
        cache = self._looked_again.get(address)
        if cache is None:
            cache = self._looked_again[address] = await self._look_again(address, facts, due)
        return cache

    def _due(self, facts: ImageMetadata, now: datetime) -> Freshness:
        return state(
            film_date=facts.film_date,
            degraded=facts.degraded,
            drawn_at=facts.drawn_at,
            now=now,
            rule=self._tools.rule,
        )

    async def _look_again(self, address: ContentAddress, facts: ImageMetadata, due: Freshness) -> CacheStatus:
        try:
            if due is Freshness.STALE and await _soon(self._queue.is_fresh(f"{address.settings_hash}:{facts.media}")):
                return CacheStatus.HIT  # found unchanged lately, though drawn long ago
            trace = current_span().traceparent
            job = RenderJob(
                settings_hash=address.settings_hash, title=address.title, lane=Priority.REFRESH, trace=trace
            )
            await _soon(self._queue.enqueue([job]))
        except StoreDown as error:
            log.warning("refresh_not_queued", reason=str(error))
        return CacheStatus.STALE

    async def _missed(self, address: ContentAddress, settings: Settings, time_is_up: float) -> PictureResult:
        """Have it drawn; all callers of one picture share one wait."""
        cause = self._facts.get(address.picture)
        if cause is not None:
            raise _fact(cause)
        if address not in self._misses and len(self._misses) >= MOST_WAITED_FOR:
            raise Busy("too many pictures are waited for")
        return await self._misses.run(address, lambda: self._draw_or_fall_back(address, settings, time_is_up))

    async def _draw_or_fall_back(self, address: ContentAddress, settings: Settings, time_is_up: float) -> PictureResult:
        job = RenderJob(settings_hash=address.settings_hash, title=address.title, trace=current_span().traceparent)
        with self._waiting.expect(address.picture) as word:
            offered = await self._offer(job)
            if offered is EnqueueResult.FULL:
                raise Busy("the render queue is full")
            done = None if offered is None else await self._drawn(word, job, settings, time_is_up)
        return await self._settle_miss(address, settings, job, done, time_is_up=time_is_up)

    async def _offer(self, job: RenderJob) -> EnqueueResult | None:
        """Queue the job; ``None`` when the queue is lost, and the caller gets plain art."""
        try:
            with start_span("send interactive", Role.PRODUCER, {"messaging.system": "redis"}):
                return (await _soon(self._queue.enqueue([job])))[0]
        except StoreDown as error:
            log.warning("job_not_queued", reason=str(error))
            return None

    async def _drawn(
        self, word: "asyncio.Future[RenderDone]", job: RenderJob, settings: Settings, time_is_up: float
    ) -> RenderDone | None:
        """Wait for the word; half-way, begin with the plain art, so that it is there when time is up."""
        left_s = max(0.0, time_is_up - asyncio.get_running_loop().time())
        await asyncio.wait([word], timeout=left_s / 2)
        if not word.done():
            self._plain.begin(job, settings)
            await asyncio.wait([word], timeout=left_s / 2)
        return word.result() if word.done() else None

    async def _settle_miss(
        self, address: ContentAddress, settings: Settings, job: RenderJob, done: RenderDone | None, *, time_is_up: float
    ) -> PictureResult:
        if done is not None and done.media is not None:
            picture = await self._meanwhile(self._tools.storage.get(_key(address, MediaId.parse(done.media))), STORE_S)
            if picture is not None:
                return PictureResult(picture, CacheStatus.MISS)
        if done is not None and done.cause in PERMANENT_CAUSES:
            self._facts[address.picture] = done.cause
            raise _fact(done.cause)
        latest = max(asyncio.get_running_loop().time(), time_is_up) + PLAIN_GRACE_S
        try:
            async with asyncio.timeout_at(latest):
                if done is None:  # the word may have been lost on its way
                    self._plain.begin(job, settings)
                    picture = await self._meanwhile(self._stored(address, settings), MEANWHILE_S)
                    if picture is not None:
                        return PictureResult(picture, CacheStatus.MISS)
                return PictureResult(await self._plain.get(job, settings), CacheStatus.FALLBACK)
        except TimeoutError as exc:
            raise DeadlineExceeded("neither picture nor art in time") from exc

    async def _meanwhile(self, look: Awaitable[Picture | None], seconds: float) -> Picture | None:
        """Return what was stored while the caller waited; a storage that does not give it soon holds nothing."""
        try:
            return await _soon(look, seconds)
        except StoreDown as error:
            log.warning("picture_not_read", reason=str(error))
            return None

    async def _forget_others(self, done: RenderDone) -> None:
        """Drop an older copy of what another replica has drawn anew."""
        settings = await self._known(done.settings_hash)
        if settings is not None and done.media is not None and done.etag is not None:
            key = storage_key(done.settings_hash, MediaId.parse(done.media), settings.format)
            self._tools.storage.forget_unless(key, done.etag)

    async def _known(self, settings_hash: SettingsHash) -> Settings | None:
        try:
            return await self._tools.looks.find(settings_hash)
        except StoreDown:
            return None


async def _soon(asked: Awaitable[_T], seconds: float = STORE_S) -> _T:
    """Wait for a store no longer than a caller who wants a picture can. Raises ``StoreDown``."""
    try:
        async with asyncio.timeout(seconds):
            return await asked
    except TimeoutError as exc:
        raise StoreDown(f"no answer within {seconds} s") from exc


def _key(address: ContentAddress, media: MediaId) -> str:
    return storage_key(address.settings_hash, media, address.format)


def _fact(cause: Cause) -> MarqueeError:
    """Return the fact that a worker found, from the cause that crossed the stream."""
    inner = f"told by a worker: {cause}"
    return TitleNotFound(inner) if cause is Cause.TITLE_NOT_FOUND else ArtNotFound(inner)
