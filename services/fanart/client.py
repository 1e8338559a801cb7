"""Calls Fanart.tv: lists the pictures of a title, and downloads them."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from yarl import URL

from services.artwork import Art, Gallery, art_named, limit_art
from services.client.cache import DAY_S, HOUR_S, TieredResponseCache, shared_cache
from services.client.http import ART_BYTES, Http, Request, Response
from services.client.image_response import read_picture
from services.client.remote_cache import RemoteCache
from services.client.upstream import UpstreamClient, in_query
from services.fanart.picture_hosts import PictureHosts
from services.fanart.reader import SOURCE, Select, read_gallery_response
from services.titles import Title
from shared.config.environment import Secret
from shared.domain.errors import ArtNotFound
from shared.domain.ids import IdType, TitleKind
from shared.domain.pictures import Kind

_ORIGINAL: Final = "original"
_PREVIEW: Final = "preview"
_LISTED: Final = "/fanart/"
_REDUCED: Final = "/preview/"
"""Fanart.tv serves every picture under ``/fanart/`` also at a few hundred pixels under ``/preview/``."""

_MAX_BYTES: Final = 2 << 20  # a title has 10 to 300 KB
_SHARED_TTL_S: Final = 6 * HOUR_S  # of a gallery in Redis
_MAX_LISTED: Final = 30_000  # pictures in whole lists, which are read where a caller chose one, about 10 MB
_MAX_PICTURES: Final = 100_000  # in memory, about 30 MB
ART_CACHE_BYTES: Final = 32 << 20
"""Artwork kept in memory."""


class FanartSource:
    """Calls Fanart.tv. A title's list of pictures is cached for a day, also if it is empty."""

    name = SOURCE

    def __init__(self, http: Http, keys: Sequence[Secret], *, api_url: str, remote: RemoteCache | None = None) -> None:
        self._api = UpstreamClient(http, self.name, keys, in_query("api_key"))
        self._images = UpstreamClient(
            http, "fanart_images", serves_pictures=True
        )  # another host: its own breaker, and no key
        self._api_url = api_url
        self._hosts = PictureHosts(api_url)
        self._galleries: TieredResponseCache[str, Gallery] = TieredResponseCache(
            _MAX_PICTURES,
            lambda _: DAY_S,
            sizeof=_pictures,
            shared=shared_cache(remote, "fanart.art", Gallery, max_ttl_s=_SHARED_TTL_S),
        )
        self._lists: TieredResponseCache[str, Gallery] = TieredResponseCache(
            _MAX_LISTED, lambda _: HOUR_S, sizeof=_pictures
        )
        self._art: TieredResponseCache[str, bytes] = TieredResponseCache(ART_CACHE_BYTES, lambda _: DAY_S, sizeof=len)

    async def gallery(self, title: Title) -> Gallery:
        """Return the pictures of a film, or of a series with a TVDB number, or of its season; see ``ArtSource``.

        All seasons of a series and the series itself are one call.
        """
        path = _path(title.series or title)
        if path is None:
            return {}
        gallery = await self._galleries.get(path, lambda: self._list(title, path, limit_art))
        return _of_season(gallery, title.art_season)

    async def named(self, title: Title, kind: Kind, file: str) -> Art | None:
        """Return the picture with this file name, of all; see ``ArtSource``."""
        path = _path(title.series or title)
        if path is None:
            return None
        pictures = await self._lists.get(path, lambda: self._list(title, path, tuple))
        return art_named(pictures.get(kind, ()), file)

    async def _list(self, title: Title, path: str, select: Select) -> Gallery:
        """Return those pictures of a title that ``select`` takes of each list."""
        request = Request(f"{self._api_url}{path}", max_bytes=_MAX_BYTES)
        kind, number = title.media.kind, int(path.rpartition("/")[2])

        def read_response(response: Response) -> Gallery:
            return read_gallery_response(kind, number, response, self._hosts.address, select)

        return await self._api.send(request, read_response)

    def renditions(self, art: Art, width: int) -> tuple[Art, ...]:  # noqa: ARG002 - the sizes are fixed
        """Return the picture, and its preview if it has one; see ``ArtSource``."""
        names = [_ORIGINAL] if not _has_preview(art) else [_PREVIEW] if art.is_too_large else [_ORIGINAL, _PREVIEW]
        return art.as_renditions(names)

    async def fetch(self, art: Art, width: int) -> bytes:
        """Return the picture as listed, or its preview; see ``ArtSource``."""
        address = self._address(art, width)
        if address is None:
            raise ArtNotFound("not a picture of Fanart.tv")
        request = Request(address, max_bytes=ART_BYTES)
        return await self._art.get(
            address, lambda: self._images.send(request, partial(read_picture, self._images.source))
        )

    def invalidate(self, art: Art, width: int) -> None:
        """Remove the cached picture; see ``ArtSource``."""
        address = self._address(art, width)
        if address is not None:
            self._art.invalidate(address)

    def _address(self, art: Art, width: int) -> str | None:
        """Return the URL of the picture's rendition, of its first if none was chosen; ``None`` if not allowed."""
        address = self._hosts.address(art.path)
        rendition = art.rendition or self.renditions(art, width)[0].rendition
        if address is None or rendition == _ORIGINAL:
            return address
        url = URL(address, encoded=True)
        return str(url.with_path(url.raw_path.replace(_LISTED, _REDUCED, 1), encoded=True))


def _of_season(gallery: Gallery, season: int | None) -> Gallery:
    """Return a title's pictures without the posters of other seasons."""
    posters = gallery.get(Kind.POSTER, ())
    own = tuple(art for art in posters if art.season is None or art.season == season)
    return gallery if len(own) == len(posters) else gallery | {Kind.POSTER: own}


def _has_preview(art: Art) -> bool:
    return _LISTED in art.path.partition("://")[2]


def _path(title: Title) -> str | None:
    """Return the API path of a title: films by TMDB number, series by TVDB number, episodes by that of their series.

    ``None`` for a series without such a number, and for a collection.
    """
    if title.media.kind is TitleKind.MOVIE:
        return f"/movies/{title.media.number}"
    numbers = (
        ref.number
        for ref in title.refs
        if ref.id_type is IdType.TVDB
        and ref.kind in {None, TitleKind.SERIES}  # a TVDB number without a kind is a series
    )
    return next((f"/tv/{number}" for number in numbers), None)


def _pictures(gallery: Gallery) -> int:
    """Return the size of a gallery in the cache."""
    return 1 + sum(len(arts) for arts in gallery.values())
