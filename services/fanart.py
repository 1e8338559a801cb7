"""Fanart.tv: more posters, logos and backdrops, with their language and number of likes."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from yarl import URL

from services.client.cache import DAY_S, HOUR_S, TieredResponseCache, shared_cache
from services.client.http import ART_BYTES, Http, Request, Response
from services.client.image_response import read_picture
from services.client.json_reader import Row, number, rows, text
from services.client.refusals import is_about_key, read_answer
from services.client.remote_cache import RemoteCache
from services.client.upstream import UpstreamClient, in_query
from services.source import Art, Gallery, Title, art_named, limit_art
from shared.config.environment import Secret
from shared.domain.errors import ArtNotFound, SourceInvalidResponse
from shared.domain.ids import IdType, TitleKind
from shared.domain.pictures import Kind

_SECTIONS: Final[dict[TitleKind, dict[Kind, tuple[str, ...]]]] = {
    TitleKind.MOVIE: {
        Kind.POSTER: ("movieposter",),
        Kind.BACKDROP: ("moviebackground",),
        Kind.LOGO: ("hdmovielogo", "movielogo"),
    },
    TitleKind.SERIES: {
        Kind.POSTER: ("tvposter",),
        Kind.BACKDROP: ("showbackground",),
        Kind.LOGO: ("hdtvlogo", "clearlogo"),
    },
}
_SEASON_POSTERS: Final = "seasonposter"
_TITLE_FIELDS: Final = frozenset({"name", "tmdb_id", "imdb_id", "thetvdb_id", _SEASON_POSTERS}).union(
    section for sections in _SECTIONS.values() for names in sections.values() for section in names
)
_OWN_FIELDS: Final = {TitleKind.MOVIE: "tmdb_id", TitleKind.SERIES: "thetvdb_id"}
_PICTURE: Final = re.compile(
    r"https?://(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?/[^?#\\]{1,800}\.(?:jpe?g|png|webp)",
    re.ASCII | re.IGNORECASE,
)
_FANART_HOST: Final = re.compile(r"(?:(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,5}fanart\.tv", re.ASCII)
_LANGUAGE: Final = re.compile(r"(?P<language>[a-z]{2,3})(?:[-_](?P<region>[a-z]{2}))?", re.ASCII | re.IGNORECASE)
_ORIGINAL: Final = "original"
_PREVIEW: Final = "preview"
_LISTED: Final = "/fanart/"
_REDUCED: Final = "/preview/"
"""Fanart.tv serves every picture under ``/fanart/`` also at a few hundred pixels under ``/preview/``."""

_UNREADABLE: Final = "und"  # has text, in a language code that no user can choose
_ALL_SEASONS: Final = frozenset({"", "all"})
_MAX_SEASON: Final = 9_999
_MAX_PIXELS: Final = 30_000  # per side; larger values are mistakes
_MAX_AMOUNT: Final = 1_000_000_000
_MAX_BYTES: Final = 2 << 20  # a title has 10 to 300 KB
_MAX_ROWS: Final = 3000  # per section
_SHARED_TTL_S: Final = 6 * HOUR_S  # of a gallery in Redis
_MAX_LISTED: Final = 30_000  # pictures in whole lists, which are read where a caller chose one, about 10 MB
_MAX_PICTURES: Final = 100_000  # in memory, about 30 MB
ART_CACHE_BYTES: Final = 32 << 20
"""Artwork kept in memory."""


class FanartSource:
    """Calls Fanart.tv. A title's list of pictures is cached for a day, also if it is empty."""

    name = "fanart"

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

    async def _list(self, title: Title, path: str, select: Callable[[Iterable[Art]], tuple[Art, ...]]) -> Gallery:
        """Return those pictures of a title that ``select`` takes of each list."""
        request = Request(f"{self._api_url}{path}", max_bytes=_MAX_BYTES)
        kind, number = title.media.kind, int(path.rpartition("/")[2])
        return await self._api.send(request, lambda response: self._read_gallery(kind, number, response, select))

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

    def _read_gallery(
        self, kind: TitleKind, number: int, response: Response, select: Callable[[Iterable[Art]], tuple[Art, ...]]
    ) -> Gallery:
        if response.status == HTTPStatus.NOT_FOUND:
            return {}
        body = read_answer(self.name, response, lambda body: is_about_key(text(body, "error message")))
        is_error = text(body, "status") == "error"  # comes with status 200 as well
        complaint = text(body, "error message").lower() if is_error else ""
        if "not found" in complaint:
            return {}
        body = _title_object(body)
        if response.status != HTTPStatus.OK or is_error or _TITLE_FIELDS.isdisjoint(body):
            raise SourceInvalidResponse(self.name, f"status {response.status}, no title in the response")
        if _amount(body, _OWN_FIELDS[kind]) not in {0, number}:
            return {}  # the pictures of another title
        return read_gallery(kind, body, self._hosts.address, select)


class PictureHosts:
    """The hosts that pictures may be downloaded from: those of fanart.tv, and the configured API host.

    A row contains a whole URL from an untrusted user. Any other host could be one of the internal network.
    """

    def __init__(self, api_url: str) -> None:
        api = URL(api_url)
        self._is_secure = api.scheme == "https"
        self._own = (api.raw_host, api.port)

    def address(self, written: str) -> str | None:
        """Return the normalised URL, ``None`` if downloads from it are not allowed.

        ``http`` becomes ``https`` if the API itself uses ``https``; characters not allowed in a URL are escaped.
        """
        if not written.isprintable() or not _PICTURE.fullmatch(written):
            return None
        try:
            url = URL(written)
        except ValueError:  # such as a port above 65535
            return None
        if self._is_secure and url.scheme == "http":
            is_default = url.is_default_port()
            url = url.with_scheme("https")
            url = url.with_port(None) if is_default else url
        host = url.raw_host or ""
        is_fanart = bool(_FANART_HOST.fullmatch(host)) and url.is_default_port()
        return str(url) if is_fanart or (host, url.port) == self._own else None


def read_gallery(
    kind: TitleKind,
    body: Row,
    address: Callable[[str], str | None],
    select: Callable[[Iterable[Art]], tuple[Art, ...]] = limit_art,
) -> Gallery:
    """Read the object of a film or series; ``address`` returns the URL of a picture, or ``None`` if not allowed.

    ``select`` takes some of a list, by default its candidates.
    """
    gallery: Gallery = {}
    for picture, sections in _SECTIONS[kind].items():
        listed = (art for name in sections for art in _arts(picture, rows(body, name), address))
        arts = select(listed)
        if arts:
            gallery[picture] = arts
    seasons = _season_posters(rows(body, _SEASON_POSTERS), address) if kind is TitleKind.SERIES else ()
    if seasons:
        gallery[Kind.POSTER] = (*seasons, *gallery.get(Kind.POSTER, ()))
    return gallery


def _season_posters(listed: list[Row], address: Callable[[str], str | None]) -> tuple[Art, ...]:
    """Read the posters of single seasons, the most liked of each first."""
    by_season: dict[int, list[Row]] = {}
    for row in listed[:_MAX_ROWS]:
        word = _word(row, "season")
        if word.isascii() and word.isdigit() and int(word[:9]) <= _MAX_SEASON:
            by_season.setdefault(int(word[:9]), []).append(row)
    return tuple(
        msgspec.structs.replace(art, season=season)
        for season, found in by_season.items()
        for art in limit_art(_arts(Kind.POSTER, found, address))
    )


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


def _title_object(body: Row) -> Row:
    """Return the title's object, which the older API version nests under the title's name."""
    values = list(body.values())
    return values[0] if len(values) == 1 and isinstance(values[0], dict) else body


def _arts(kind: Kind, listed: list[Row], address: Callable[[str], str | None]) -> list[Art]:
    """Read one section, the most liked first, pictures of a single season last."""
    arts = [
        (_word(row, "season").lower() not in _ALL_SEASONS, art)
        for row in listed[:_MAX_ROWS]
        if (art := _art(kind, row, address))
    ]
    return [art for _, art in sorted(arts, key=lambda pair: (pair[0], -pair[1].votes))]


def _art(kind: Kind, row: Row, address: Callable[[str], str | None]) -> Art | None:
    path = address(text(row, "url"))
    if path is None:
        return None
    lang, region = _language(_word(row, "lang"))
    width, height = _amount(row, "width"), _amount(row, "height")  # only in newer responses
    is_plausible = max(width, height) <= _MAX_PIXELS
    return Art(
        path,
        width if is_plausible else 0,
        height if is_plausible else 0,
        lang,
        region,
        float(_amount(row, "likes")),
        kind,
    )


def _language(code: str) -> tuple[str | None, str | None]:
    """Return language and region; ``00`` and an empty code mean a picture without text."""
    if not code.strip("0"):
        return None, None
    match = _LANGUAGE.fullmatch(code)
    if match is None:
        return _UNREADABLE, None
    return match["language"].lower(), match["region"].upper() if match["region"] else None


def _word(row: Row, name: str) -> str:
    """Return a short text; all values should be strings, but some numbers are not."""
    figure = number(row, name)
    return text(row, name).strip() if figure is None else f"{figure:g}"


def _amount(row: Row, name: str) -> int:
    """Return an integer written as text, 0 if there is none."""
    word = text(row, name).strip()
    if word.isascii() and word.isdigit():
        return int(word[:9])
    return int(min(max(number(row, name) or 0.0, 0.0), _MAX_AMOUNT))


def _pictures(gallery: Gallery) -> int:
    """Return the size of a gallery in the cache."""
    return 1 + sum(len(arts) for arts in gallery.values())
