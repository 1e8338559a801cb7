"""Records in Postgres what a job finds out. It is an index only: a lost row costs one call to a source, no picture.

What Postgres does not take now is written later.
"""

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from functools import partial

import structlog

from renderer.jobs.context import JobContext
from renderer.jobs.late_records import LateRecords, Write
from renderer.jobs.title_index import TitleIndex
from renderer.metrics import RendererMetrics
from renderer.storage.base import Picture
from services.source import Title
from shared.domain.errors import StoreDown
from shared.domain.ids import ExternalId, MediaId
from shared.domain.rating_merge import RatingReport
from shared.stores.image_rows import ImageRow, mark_checked, record_image
from shared.stores.postgres import Pool
from shared.stores.title_rows import TitleMetadata, find_reports, save_external_ids, save_reports

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class IndexWriter:
    """Records titles and pictures. An unavailable Postgres does not stop the job; ``late`` writes what it missed."""

    def __init__(
        self, *, titles: TitleIndex, pool: Pool, now: Callable[[], datetime], metrics: RendererMetrics
    ) -> None:
        self._titles = titles
        self._pool = pool
        self._now = now
        self._metrics = metrics
        self.late = LateRecords(pool, metrics)

    async def record_external_ids(self, media: MediaId, *external_ids: ExternalId) -> None:
        """Record further external ids of a title."""
        if not external_ids:
            return
        again = partial(save_external_ids, self._pool, media, external_ids)  # the title index believes that it is saved
        await self._try(("ids", media, external_ids), partial(self._titles.learn, media, external_ids), again)

    async def record_title(self, title: Title, requested_as: ExternalId) -> None:
        """Record a title with all its external ids."""
        external_ids = tuple(dict.fromkeys((requested_as, *title.refs)))
        metadata = TitleMetadata(
            media=title.media,
            name=title.name,
            film_date=title.film_date,
            released=title.released,
            last_aired=title.last_aired,
            status=title.status,
        )
        await self._try(("title", title.media, requested_as), partial(self._titles.remember, metadata, external_ids))

    async def record_ratings(self, media: MediaId, reports: Sequence[RatingReport]) -> None:
        """Record what the sources report, for use while one of them is down."""
        sources = tuple(report.source for report in reports)
        await self._try(("ratings", media, sources), partial(save_reports, self._pool, media, reports))

    async def last_reports(self, media: MediaId) -> tuple[RatingReport, ...]:
        """Return what each source last reported of a title; nothing while Postgres is down."""
        try:
            return await find_reports(self._pool, media)
        except StoreDown as error:
            log.warning("reports_not_read", reason=str(error))
            return ()

    async def record_picture(self, context: JobContext, picture: Picture) -> None:
        """Record a picture that was stored."""
        metadata = picture.metadata
        row = ImageRow(
            hash=context.job.settings_hash,
            media=context.media,
            ext=context.settings.format,
            etag=metadata.etag,
            bytes=len(picture.body),
            fingerprint=metadata.fingerprint,
            degraded=metadata.degraded,
            drawn_at=metadata.drawn_at,
        )
        await self._try(("picture", row.hash, row.media, row.ext), partial(record_image, self._pool, row))
        self._metrics.stored_bytes.inc(row.bytes)

    async def record_check(self, context: JobContext) -> None:
        """Record that a stored picture was checked and is up to date."""
        settings_hash, extension = context.job.settings_hash, context.settings.format
        name = ("check", settings_hash, context.media, extension)
        await self._try(name, partial(mark_checked, self._pool, settings_hash, context.media, extension, self._now()))

    async def _try(self, name: Hashable, write: Write, again: Write | None = None) -> None:
        try:
            if await write() is not False:
                return
            reason = "postgres: not saved"
        except StoreDown as error:
            reason = str(error)
        self.late.keep(name, again or write, reason)
