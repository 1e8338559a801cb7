"""Writes to Postgres what the worker learns: an index, so that losing a row costs a question and never a picture."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import structlog

from renderer.jobs.context import JobContext
from renderer.jobs.title_index import TitleIndex
from renderer.metrics import RendererMetrics
from services.source import Title
from shared.domain.errors import StoreDown
from shared.domain.ids import ExternalId, MediaId
from shared.domain.rating_merge import RatingReport
from shared.stores.image_rows import ImageRow, mark_checked, record_image
from shared.stores.postgres import Pool
from shared.stores.title_rows import TitleMetadata, find_reports, save_reports

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class IndexWriter:
    """Notes titles and pictures; Postgres being away is logged and counted, and stops no drawing."""

    def __init__(
        self, *, titles: TitleIndex, pool: Pool, now: Callable[[], datetime], metrics: RendererMetrics
    ) -> None:
        self._titles = titles
        self._pool = pool
        self._now = now
        self._metrics = metrics

    async def learn(self, media: MediaId, *refs: ExternalId) -> None:
        """Remember other names of a title."""
        if refs:
            await self._try(self._titles.learn(media, refs))

    async def learn_title(self, title: Title, asked_as: ExternalId) -> None:
        """Remember a title with all its names."""
        refs = tuple(dict.fromkeys((asked_as, *title.refs)))
        facts = TitleMetadata(
            media=title.media,
            name=title.name,
            film_date=title.film_date,
            released=title.released,
            last_aired=title.last_aired,
            status=title.status,
        )
        await self._try(self._titles.remember(facts, refs))

    async def heard(self, media: MediaId, reports: Sequence[RatingReport]) -> None:
        """Keep what the sources said, for a day on which they say nothing."""
        await self._try(save_reports(self._pool, media, reports))

    async def reports(self, media: MediaId) -> tuple[RatingReport, ...]:
        """Return what the sources last said of a title; nothing while Postgres is away."""
        try:
            return await find_reports(self._pool, media)
        except StoreDown as error:
            log.warning("reports_not_read", reason=str(error))
            return ()

    async def drawn(self, draft: JobContext) -> None:
        """Note a picture that was stored."""
        assert draft.media is not None  # noqa: S101 - the picture is stored under it
        assert draft.picture is not None  # noqa: S101 - it is stored
        facts = draft.picture.facts
        row = ImageRow(
            hash=draft.job.settings_hash,
            media=draft.media,
            ext=draft.settings.format,
            etag=facts.etag,
            bytes=len(draft.picture.body),
            fingerprint=facts.fingerprint,
            degraded=facts.degraded,
            drawn_at=facts.drawn_at,
        )
        await self._try(record_image(self._pool, row))
        self._metrics.stored_bytes.inc(row.bytes)

    async def checked(self, draft: JobContext) -> None:
        """Note that a stored picture was found right."""
        assert draft.media is not None  # noqa: S101 - set before anything is compared
        look, ext = draft.job.settings_hash, draft.settings.format
        await self._try(mark_checked(self._pool, look, draft.media, ext, self._now()))

    async def _try(self, write: Awaitable[None]) -> None:
        try:
            await write
        except StoreDown as error:
            log.warning("record_lost", reason=str(error))
            self._metrics.records_lost.inc()
