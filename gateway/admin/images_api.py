"""The stored pictures, for admins: page by page, the newest first, and found by title, id or look."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec

from gateway.admin.title_lookup import media_of
from gateway.api.endpoint import Call, Nothing, Reply
from gateway.db.image_search import Filter, StoredPicture, count_stored, find_named, find_stored
from gateway.db.stats import Count, count_images
from shared.domain.errors import BadRequest
from shared.domain.ids import ExternalId, IdType, MediaId
from shared.domain.pictures import Format, Kind
from shared.queue.prewarm_input import parse_external_id
from shared.settings.content_url import content_path
from shared.settings.digest import SettingsHash
from shared.stores.postgres import Pool

PAGE: Final = 50
MOST_PAGES: Final = 1000
"""Whoever wants to see further back names what they look for."""

_HASH: Final = re.compile(r"[0-9a-f]{8,32}", re.ASCII | re.IGNORECASE)  # fewer may be a name, such as Face or 1917


class ImagesQuery(msgspec.Struct, frozen=True):
    """Which pictures: of a kind; by part of the title's name, any id of it, or at least 8 digits of the look's hash."""

    kind: Kind | None = None
    q: Annotated[str, msgspec.Meta(max_length=100)] = ""
    page: Annotated[int, msgspec.Meta(ge=1, le=MOST_PAGES)] = 1


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A stored picture, and where it is served."""

    media: str
    name: str
    kind: str
    format: str
    size: str
    hash: str
    bytes: int
    drawn_at: datetime
    checked_at: datetime
    degraded: bool
    url: str


class ImageList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of pictures, and how many there are: at least so many where it says that this is an estimate."""

    images: list[Image]
    page: int
    pages: int
    total: int
    is_estimate: bool


class Images:
    """Answers ``/api/admin/images``."""

    def __init__(self, pool: Pool, *, content_base_url: str) -> None:
        self._pool, self._base = pool, content_base_url

    async def list(self, call: Call, _: Nothing) -> Reply:
        """Show one page of the stored pictures. Raises ``BadRequest``, ``StoreDown``."""
        query: ImagesQuery = call.query
        wanted = await self._wanted(query)
        total = await self._count(wanted)
        are_many = total.is_estimate or wanted == Filter()
        found = await find_stored(self._pool, wanted, skip=(query.page - 1) * PAGE, most=PAGE, are_many=are_many)
        pages = min(MOST_PAGES, -(-total.count // PAGE))
        images = [self._image(each) for each in found]
        return Reply(
            ImageList(images=images, page=query.page, pages=pages, total=total.count, is_estimate=total.is_estimate)
        )

    async def _count(self, wanted: Filter) -> Count:
        return await (count_images(self._pool) if wanted == Filter() else count_stored(self._pool, wanted))

    async def _wanted(self, query: ImagesQuery) -> Filter:
        text = query.q.strip()
        if not text:
            return Filter(kind=query.kind)
        if not text.isprintable():
            raise BadRequest(public="q must be a part of a name, an id, or the beginning of a hash.")
        if _HASH.fullmatch(text):
            return Filter(kind=query.kind, hash_prefix=text.lower())
        return Filter(kind=query.kind, media=tuple(await self._media(text)))

    async def _media(self, text: str) -> Sequence[MediaId]:
        """Return the title that an id means, or those that the text is a part of the name of."""
        try:
            ref = parse_external_id(text)
        except BadRequest:
            return await find_named(self._pool, text)
        media = await media_of(self._pool, ref)
        return () if media is None else (media,)

    def _image(self, row: StoredPicture) -> Image:
        kind, fmt = Kind(row.kind), Format(row.ext)
        url = self._base + content_path(SettingsHash(row.hash), _name(row), kind, fmt)
        return Image(
            media=row.media_id,
            name=row.name,
            kind=kind,
            format=fmt,
            size=row.size,
            hash=row.hash,
            bytes=row.bytes,
            drawn_at=row.drawn_at,
            checked_at=row.checked_at,
            degraded=row.degraded,
            url=url,
        )


def _name(row: StoredPicture) -> ExternalId:
    """Return an id of the picture's title; ours is TMDB's number, so there is always one."""
    if row.alias is not None:
        return ExternalId.from_alias(row.alias)
    media = MediaId.parse(row.media_id)
    return ExternalId(IdType.TMDB, media.number, None if media.episode else media.kind, media.episode)
