"""Records in Postgres what a job finds out. It is an index only: a lost row costs one call to a source, no picture.

What Postgres does not take now is written later.
"""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeAlias

import structlog

from renderer.db.purges import order_purge
from renderer.jobs.context import JobContext
from renderer.jobs.late_records import LateRecords, Write
from renderer.jobs.title_index import TitleIndex
from renderer.metrics import RendererMetrics
from renderer.storage.base import Picture
from services.titles import Title
from shared.domain.errors import StoreDown
from shared.domain.ids import ExternalId, IdType, MediaId
from shared.domain.pictures import Format
from shared.domain.rating_merge import RatingReport
from shared.settings.digest import SettingsHash
from shared.stores.image_rows import ImageRow, is_recorded, mark_checked, record_image
from shared.stores.postgres import Pool
from shared.stores.title_reports import find_reports, save_reports
from shared.stores.title_rows import Correction, TitleMetadata, save_external_ids

log: structlog.stdlib.BoundLogger = structlog.get_logger()

Answering: TypeAlias = Callable[[], Awaitable[Sequence[Correction] | None]]
"""Stores answers and returns the corrected ones, ``None`` when Postgres did not take them."""


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

    async def record_answers(self, media: MediaId, *refs: ExternalId, source: str) -> None:
        """Record ids that a stored title was found by."""
        for ref in refs:
            # The title index believes from now on that it is saved, so that a later attempt goes to Postgres itself.
            again = partial(save_external_ids, self._pool, media, [ref], source=source)
            write = partial(self._titles.answer, media, ref, source=source)
            await self._try_correcting(("answer", media, ref), write, again)

    async def record_hints(self, title: Title, mentioned: Sequence[ExternalId], *, source: str) -> None:
        """Record the ids that a rating source mentioned, except those that contradict the title's own entry."""
        own = {ref.id_type for ref in title.refs}
        hints = [ref for ref in mentioned if ref.id_type not in own]
        if hints:
            write = partial(self._titles.learn, title.media, hints, source=source)
            await self._try(("hints", title.media, source), write)

    async def record_title(self, title: Title, *refs: ExternalId, source: str) -> None:
        """Record a title, the ids it was found by, and its other external ids as hints."""
        metadata = TitleMetadata(
            media=title.media,
            name=title.name,
            film_date=title.film_date,
            released=title.released,
            last_aired=title.last_aired,
            status=title.status,
        )
        answers = [*refs, *(ref for ref in title.refs if ref.id_type is IdType.TMDB)]  # the entry itself
        write = partial(self._titles.remember, metadata, answers, passing=title.refs, source=source)
        await self._try_correcting(("title", title.media, *refs), write)

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

    async def record_picture(
        self, settings_hash: SettingsHash, media: MediaId, extension: Format, picture: Picture
    ) -> None:
        """Record a picture that is stored."""
        metadata = picture.metadata
        row = ImageRow(
            hash=settings_hash,
            media=media,
            ext=extension,
            etag=metadata.etag,
            bytes=len(picture.body),
            fingerprint=metadata.fingerprint,
            degraded=metadata.degraded,
            drawn_at=metadata.drawn_at,
            drawing=metadata.drawing,
        )
        await self._try(("picture", row.hash, row.media, row.ext), partial(record_image, self._pool, row))
        self._metrics.stored_bytes.inc(row.bytes)

    async def is_never_stored(self, settings_hash: SettingsHash, media: MediaId, extension: Format) -> bool:
        """Return whether the index is certain that this picture is not stored: no row is missing in it."""
        if not self.late.is_empty:
            return False
        try:
            return not await is_recorded(self._pool, settings_hash, media, extension)
        except StoreDown as error:
            log.warning("images_not_read", reason=str(error))
            return False

    async def record_check(self, context: JobContext) -> None:
        """Record that a stored picture was checked and is up to date."""
        settings_hash, extension = context.job.settings_hash, context.settings.format
        name = ("check", settings_hash, context.media, extension)
        await self._try(name, partial(mark_checked, self._pool, settings_hash, context.media, extension, self._now()))

    async def _try_correcting(self, name: Hashable, write: Answering, again: Answering | None = None) -> None:
        """Store answers. Pictures that were served under an id which meant another title are purged."""
        await self._try(name, partial(self._correct, write), again and partial(self._correct, again))

    async def _correct(self, write: Answering) -> bool:
        """Return whether Postgres took the answers. Raises ``StoreDown``."""
        corrections = await write()
        if corrections is None:
            return False
        for correction in corrections:
            log.warning("title_corrected", alias=correction.ref.alias, was=str(correction.was))
        if corrections:
            await self._try(("purge", *corrections), partial(order_purge, self._pool, corrections))
        return True

    async def _try(self, name: Hashable, write: Write, again: Write | None = None) -> None:
        try:
            if await write() is not False:
                return
            reason = "postgres: not saved"
        except StoreDown as error:
            reason = str(error)
        self.late.keep(name, again or write, reason)
