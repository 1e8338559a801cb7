"""Everything stored about a title: metadata, ids, each source's ratings, and pictures."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Final

import msgspec

from gateway.admin.title_lookup import UNKNOWN_TITLE, media_of
from gateway.api.api_error import ApiError
from gateway.api.endpoint import Call, NoBody, Reply
from shared.domain.awards import Award
from shared.domain.ids import MediaId, TitleKind
from shared.domain.rating_merge import RatingReport, award_of, merged
from shared.domain.ratings import Rating, Ratings, RatingSite
from shared.queue.prewarm_input import parse_external_id
from shared.stores.image_rows import StoredImage, find_images
from shared.stores.postgres import Pool
from shared.stores.title_rows import TitleRecord, find_title

FRESH_FOR: Final = timedelta(days=1)
"""A source's report counts as fresh for this long, like the picture of a new film."""

MAX_IMAGES: Final = 500


class SourceReport(msgspec.Struct, frozen=True, kw_only=True):
    """The ratings that one source reported."""

    source: str
    heard_at: datetime
    is_fresh: bool
    ratings: Ratings
    award: Award | None


class MergedRating(msgspec.Struct, frozen=True, kw_only=True):
    """The rating that a picture drawn now would show, and its source."""

    value: float
    votes: int | None
    source: str
    heard_at: datetime
    is_fresh: bool


class TitlePage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything stored about a title; its age is counted from ``film_date``."""

    media: str
    kind: TitleKind
    name: str
    status: str
    film_date: date | None
    released: date | None
    last_aired: date | None
    checked_at: datetime
    aliases: tuple[str, ...]
    reports: list[SourceReport]
    ratings: dict[RatingSite, MergedRating]
    award: Award | None
    images: list[StoredImage]


class TitlesApi:
    """Serves ``/api/admin/titles/{id}``."""

    def __init__(self, pool: Pool, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._pool, self._now = pool, now

    async def show(self, call: Call, _: NoBody) -> Reply:
        """Return a title by any of its ids. Raises ``BadRequest``, a 404 ``ApiError``, ``StoreDown``."""
        media = await media_of(self._pool, parse_external_id(call.request.match_info["id"]))
        record = None if media is None else await find_title(self._pool, media)
        if record is None:
            raise ApiError(HTTPStatus.NOT_FOUND, UNKNOWN_TITLE)
        images = await find_images(self._pool, record.facts.media, MAX_IMAGES)
        return Reply(_page(record, images, self._now()))


def _page(record: TitleRecord, images: list[StoredImage], now: datetime) -> TitlePage:
    facts = record.facts
    reports = [
        msgspec.structs.replace(report, is_fresh=now - report.heard_at <= FRESH_FOR) for report in record.reports
    ]
    return TitlePage(
        media=str(facts.media),
        kind=_kind(facts.media),
        name=facts.name,
        status=facts.status,
        film_date=facts.film_date,
        released=facts.released,
        last_aired=facts.last_aired,
        checked_at=record.checked_at,
        aliases=record.aliases,
        reports=msgspec.convert(reports, list[SourceReport], from_attributes=True),
        ratings={site: _merged(rating, report) for site, (rating, report) in merged(reports).items()},
        award=award_of(reports),
        images=images,
    )


def _kind(media: MediaId) -> TitleKind:
    if media.season is not None:
        return TitleKind.SEASON
    return TitleKind.EPISODE if media.episode else media.kind


def _merged(rating: Rating, report: RatingReport) -> MergedRating:
    return MergedRating(
        value=rating.value,
        votes=rating.votes,
        source=report.source,
        heard_at=report.heard_at,
        is_fresh=report.is_fresh,
    )
