"""The stored pictures, for admins: page by page, newest first, found by title, id or settings hash."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec

from gateway.admin.title_lookup import media_of
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.db.image_search import PictureFilter, StoredPicture, count_stored, find_named, find_stored
from gateway.db.stats import Count, count_images
from gateway.settings.look_query import shortest_query
from shared.domain.errors import BadRequest, TitleNotFound
from shared.domain.ids import ExternalId, MediaId
from shared.domain.pictures import Kind
from shared.queue.prewarm_input import parse_external_id
from shared.settings.content_url import content_path
from shared.settings.model import Settings
from shared.stores.postgres import Pool

PAGE: Final = 50
MOST_PAGES: Final = 1000
"""To see older pictures, search for them."""

_HASH: Final = re.compile(r"[0-9a-f]{8,32}", re.ASCII | re.IGNORECASE)  # shorter text may be a name, such as Face


class ImagesQuery(msgspec.Struct, frozen=True):
    """Which pictures; ``q`` is part of the name, any id, or at least 8 digits of the settings hash.

    ``media`` is the id of a title here, as this list and a title's page name it.
    """

    kind: Kind | None = None
    media: Annotated[str, msgspec.Meta(max_length=40)] = ""
    q: Annotated[str, msgspec.Meta(max_length=100)] = ""
    page: Annotated[int, msgspec.Meta(ge=1, le=MOST_PAGES)] = 1


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A stored picture and its URL.

    ``look`` is the query that leads to its settings, empty for the defaults, or ``None`` if none does.
    """

    media: str
    name: str
    kind: str
    format: str
    size: str
    hash: str
    look: str | None
    bytes: int
    drawn_at: datetime
    checked_at: datetime
    degraded: bool
    url: str


class ImageList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of pictures and their total, which is a minimum if it is an estimate."""

    images: list[Image]
    page: int
    pages: int
    total: int
    is_estimate: bool


class ImagesApi:
    """Serves ``/api/admin/images``."""

    def __init__(self, pool: Pool, *, content_base_url: str) -> None:
        self._pool, self._base = pool, content_base_url

    async def list(self, call: Call, _: NoBody) -> Reply:
        """Return one page of the stored pictures. Raises ``BadRequest``, ``StoreDown``."""
        query: ImagesQuery = call.query
        wanted = await self._wanted(query)
        total = await self._count(wanted)
        are_many = total.is_estimate or wanted == PictureFilter()
        found = await find_stored(self._pool, wanted, skip=(query.page - 1) * PAGE, limit=PAGE, are_many=are_many)
        pages = min(MOST_PAGES, -(-total.count // PAGE))
        images = [self._image(each) for each in found]
        return Reply(
            ImageList(images=images, page=query.page, pages=pages, total=total.count, is_estimate=total.is_estimate)
        )

    async def _count(self, wanted: PictureFilter) -> Count:
        return await (count_images(self._pool) if wanted == PictureFilter() else count_stored(self._pool, wanted))

    async def _wanted(self, query: ImagesQuery) -> PictureFilter:
        text, of_title = query.q.strip(), _title(query.media)
        if not text:
            return PictureFilter(kind=query.kind, media=of_title)
        if not text.isprintable():
            raise BadRequest(public="q must be part of a name, an id, or the start of a hash.")
        if _HASH.fullmatch(text):
            return PictureFilter(kind=query.kind, hash_prefix=text.lower(), media=of_title)
        found = tuple(await self._media(text))
        return PictureFilter(kind=query.kind, media=found if of_title is None else tuple({*found} & {*of_title}))

    async def _media(self, text: str) -> Sequence[MediaId]:
        """Return the title with this id, or the titles whose names contain the text."""
        try:
            external_id = parse_external_id(text)
        except TitleNotFound:
            return ()
        except BadRequest:
            return await find_named(self._pool, text)
        media = await media_of(self._pool, external_id)
        return () if media is None else (media,)

    def _image(self, row: StoredPicture) -> Image:
        url = self._base + content_path(row.hash, _external_id(row), row.kind, row.format)
        return Image(
            media=str(row.media_id),
            name=row.name,
            kind=row.kind,
            format=row.format,
            size=row.size,
            hash=row.hash,
            look=_look(row),
            bytes=row.bytes,
            drawn_at=row.drawn_at,
            checked_at=row.checked_at,
            degraded=row.degraded,
            url=url,
        )


def _title(media: str) -> tuple[MediaId, ...] | None:
    """Return the title that a query names, if any. Raises ``BadRequest``."""
    try:
        return (MediaId.parse(media),) if media else None
    except TitleNotFound:
        return ()
    except BadRequest as error:
        raise BadRequest(public="media must be an id such as movie-19.") from error


def _look(row: StoredPicture) -> str | None:
    try:
        return shortest_query(msgspec.json.decode(row.settings, type=Settings))
    except msgspec.DecodeError:  # a newer version's
        return None


def _external_id(row: StoredPicture) -> ExternalId:
    """Return an external id of the picture's title: a stored one, or the TMDB id that every media id contains."""
    return row.external_id or row.media_id.tmdb
