"""Finds pictures for callers: stored, or drawn while they wait, or else the artwork without badges."""

import asyncio
from typing import Final

import structlog

from renderer.content.admission import Admission
from renderer.content.client_limits import ANYBODY, Caller
from renderer.content.deadline import Deadline
from renderer.content.due_pictures import DuePictures
from renderer.content.fallback import FallbackArtwork
from renderer.content.last_access import LastAccess
from renderer.content.missing_pictures import FALLBACK_GRACE_S, MissingPictures
from renderer.content.picture_result import CacheStatus, PictureResult
from renderer.content.redraw_pace import REDRAWS_PER_MINUTE, RedrawPace
from renderer.content.stored_pictures import (
    READ_TIMEOUT_S,
    PictureFinder,
    patience_s,
    within,
)
from renderer.content.waiters import Waiters
from renderer.jobs.dependencies import Dependencies
from renderer.metrics import RendererMetrics
from renderer.storage.base import ImageMetadata, Picture
from renderer.storage.storage_key import storage_key
from shared.concurrency.singleflight import SingleFlight
from shared.domain.cache_lifetime import Freshness
from shared.domain.errors import (
    Busy,
    DeadlineExceeded,
    StoreDown,
    UnknownSettings,
)
from shared.domain.ids import MediaId
from shared.domain.pictures import Size
from shared.observability.tracing import start_span
from shared.queue.messages import RenderJob
from shared.queue.protocol import JobQueue
from shared.settings.content_url import ContentAddress
from shared.settings.digest import SettingsHash
from shared.settings.model import Settings
from shared.settings.work import work_of

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MAX_MISSES: Final = 2000
"""Pictures that callers may wait for at once in one process."""


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
        redraws_per_minute: int = REDRAWS_PER_MINUTE,
    ) -> None:
        self._dependencies = dependencies
        self._queue = queue
        self._admission = Admission(queue)
        self._fallback, self._wait_s = fallback, wait_s
        self._last_access = last_access
        self._stored = PictureFinder(dependencies)
        self._waiters = Waiters()
        self._missing = MissingPictures(queue, self._stored, fallback, self._waiters)
        self._misses: SingleFlight[ContentAddress, PictureResult] = SingleFlight()
        self._due = DuePictures(queue, RedrawPace(redraws_per_minute), metrics, dependencies.rule)
        metrics.waiting.set_function(lambda: len(self._misses))
        metrics.waiting_limit.set(MAX_MISSES)

    async def find(self, address: ContentAddress, caller: Caller = ANYBODY) -> PictureResult:
        """Return a picture: stored; or, if a gateway announced it, drawn while the caller waits, or fallback artwork.

        Raises ``UnknownSettings``; ``NotAnnounced``; ``RateLimited``; ``TitleNotFound`` and ``ArtNotFound``; ``Busy``;
        ``StoreDown``; and ``SourceError`` when there is neither a picture nor artwork.
        """
        picture = self._stored.peek(address)
        if picture is not None:
            return await self._stored_result(address, picture)
        deadline = Deadline.after(self._wait_s)  # from here on: a slow store does not add to the caller's wait
        settings = await self._settings(address, deadline)
        key = await self._stored.key(address, is_known=settings is not None)
        stored = None if key is None else await self._read_or_plain(address, settings, key, caller)
        if stored is not None:
            return stored
        if settings is None:
            raise StoreDown("the settings cannot be read now")
        self._missing.check(address.picture)
        with self._waiters.expect(address.picture):  # its job may be settled while the caller is being admitted
            is_queue_up = True
            if address not in self._misses:
                # Before the flight that all callers share: what one of them may not do is no answer for the others.
                is_queue_up = await self._admit(address, settings, key, caller, patience_s(deadline))
            if address not in self._misses and len(self._misses) >= MAX_MISSES:
                raise Busy("too many pictures are waited for")
            job_client = caller.client if is_queue_up else None
            return await self._misses.run(address, lambda: self._missing.draw(address, settings, deadline, job_client))

    async def find_in_bucket(self, address: ContentAddress) -> tuple[str, ImageMetadata] | None:
        """Return the key and the metadata of a stored picture that is fresh and that a CDN may serve from the bucket.

        ``None`` leaves it to :meth:`find`. Raises ``UnknownSettings``.
        """
        found = self._stored.peek_metadata(address)
        if found is None:
            settings = await self._settings(address, Deadline.after(self._wait_s))
            key = None if settings is None else await self._stored.key(address, is_known=True)
            metadata = None if key is None else await self._stored.metadata(key)
            if key is None or metadata is None:
                return None
            found = key, metadata
        key, metadata = found
        if not metadata.cache_control:
            return None
        is_fresh = self._is_fresh(metadata)
        if not is_fresh and await self._due.check(address, metadata, self._dependencies.now()) is not CacheStatus.HIT:
            return None
        self.note(address, metadata)
        return found

    def peek_in_bucket(self, address: ContentAddress) -> tuple[str, ImageMetadata] | None:
        """Return the same if it is known without I/O; nothing is noted."""
        found = self._stored.peek_metadata(address)
        return found if found is not None and found[1].cache_control and self._is_fresh(found[1]) else None

    async def _admit(
        self, address: ContentAddress, settings: Settings, key: str | None, caller: Caller, timeout_s: float
    ) -> bool:
        """Return whether the picture may be queued. One that is stored but damaged was admitted before."""
        if self._stored.is_damaged(key):
            caller.take_work(work_of(settings))
            return True
        return await self._admission.check(address.picture, work_of(settings), caller, timeout_s)

    async def _read_or_plain(
        self, address: ContentAddress, settings: Settings | None, key: str, caller: Caller
    ) -> PictureResult | None:
        """Return the stored picture, ``None`` if there is none; plain artwork when it cannot be read in time."""
        reading, deadline = self._stored.begin_read(key), Deadline.after(READ_TIMEOUT_S)
        plain: RenderJob | None = None
        await asyncio.wait([reading], timeout=deadline.left_s / 2)
        if not reading.done():
            if settings is not None:
                plain = await self._begin_plain(address, settings, caller)  # half-way, so that it is ready in time
            await asyncio.wait([reading], timeout=deadline.left_s)
        try:
            picture = await within(reading, 0)
        except StoreDown as error:
            log.warning("picture_not_read", reason=str(error))
            if settings is None:
                raise
            job = plain or await self._begin_plain(address, settings, caller)
            return await self._plain(job, settings, deadline.left_s + FALLBACK_GRACE_S)
        return None if picture is None else await self._stored_result(address, picture)

    async def _begin_plain(self, address: ContentAddress, settings: Settings, caller: Caller) -> RenderJob:
        """Start to draw plain artwork in place of a picture that cannot be read. Raises ``RateLimited``."""
        job = RenderJob(settings_hash=address.settings_hash, title=address.title)
        await self._admission.admit_plain(address.picture, work_of(settings), caller)
        self._fallback.begin(job, settings)
        return job

    async def _plain(self, job: RenderJob, settings: Settings, seconds: float) -> PictureResult:
        """Return plain artwork. Raises ``DeadlineExceeded``, and what drawing it raises."""
        try:
            async with asyncio.timeout(seconds):
                return PictureResult(await self._fallback.get(job, settings), CacheStatus.FALLBACK)
        except TimeoutError as exc:
            raise DeadlineExceeded("neither picture nor artwork in time") from exc

    def peek(self, address: ContentAddress) -> Picture | None:
        """Return the picture if it is fresh and in memory, under an address whose key is, too; no I/O."""
        picture = self._stored.peek(address)
        return picture if picture is not None and self._is_fresh(picture.metadata) else None

    def note(self, address: ContentAddress, metadata: ImageMetadata) -> None:
        """Note that a caller was given a stored picture; no I/O."""
        if self._last_access is not None:
            self._last_access.note(address.settings_hash, metadata.media, address.format)

    def _is_fresh(self, metadata: ImageMetadata) -> bool:
        freshness = metadata.freshness(self._dependencies.now(), self._dependencies.rule)
        return not metadata.is_outdated and freshness is Freshness.FRESH

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
        self._stored.invalidate()
        self._missing.invalidate()
        self._due.invalidate()

    async def _settings(self, address: ContentAddress, deadline: Deadline) -> Settings | None:
        """Return the settings, ``None`` when they cannot be read now. Raises ``UnknownSettings``."""
        registry = self._dependencies.settings_registry
        settings = registry.peek(address.settings_hash)
        if settings is None:
            try:
                with start_span("find look"):
                    settings = await within(registry.find(address.settings_hash), deadline.left_s)
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

    async def _stored_result(self, address: ContentAddress, picture: Picture) -> PictureResult:
        self.note(address, picture.metadata)
        if self._is_fresh(picture.metadata):
            return PictureResult(picture, CacheStatus.HIT)
        return PictureResult(picture, await self._due.check(address, picture.metadata, self._dependencies.now()))

    async def _drop_outdated(self, settings_hash: SettingsHash, media: str, etag: str) -> None:
        """Drop an older copy of what another replica has redrawn."""
        settings = await self._settings_or_none(settings_hash)
        if settings is not None:
            key = storage_key(settings_hash, MediaId.parse(media), settings.format)
            self._dependencies.storage.invalidate_unless(key, etag)
            self._stored.drop_metadata(key)
