"""Fanart.tv: more posters, logos and backdrops, by language and by how well people like them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Final

from yarl import URL

from services.client.cache import DAY_S, HOUR_S, TieredResponseCache, share
from services.client.http import ART_BYTES, Http, Request, Response, in_query
from services.client.image_response import read_picture
from services.client.json_reader import Row, json_object, number, rows, text
from services.client.remote_cache import RemoteCache
from services.source import Art, Gallery, Title
from shared.config.environment import Secret
from shared.domain.errors import ArtNotFound, SourceInvalidResponse, SourceRefused
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
_TITLE_FIELDS: Final = frozenset({"name", "tmdb_id", "imdb_id", "thetvdb_id"}).union(
    section for sections in _SECTIONS.values() for names in sections.values() for section in names
)
_PICTURE: Final = re.compile(
    r"https?://(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?/[^?#\\]{1,800}\.(?:jpe?g|png|webp)",
    re.ASCII | re.IGNORECASE,
)
_THEIR_HOST: Final = re.compile(r"(?:(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,5}fanart\.tv", re.ASCII)
_LANGUAGE: Final = re.compile(r"(?P<language>[a-z]{2,3})(?:[-_](?P<region>[a-z]{2}))?", re.ASCII | re.IGNORECASE)
_UNREADABLE: Final = "und"  # has text, in a language that nobody asks for
_ALL_SEASONS: Final = frozenset({"", "all"})
_PIXELS: Final = 30_000  # per side; anything above is a slip of the pen
_GREATEST: Final = 1_000_000_000
_MOST_ROWS: Final = 3000  # pictures of one section that are looked at
_MOST_PER_LANGUAGE: Final = 20  # and of one kind that are kept; the best liked come first
_SHARED_S: Final = 6 * HOUR_S  # longest that a gallery lies in Redis
_PICTURES: Final = 100_000  # remembered, some 30 MB
_ART_CACHE_BYTES: Final = 64 << 20


class FanartSource:
    """Asks Fanart.tv; remembers for a day what pictures a title has, also that there are none."""

    name = "fanart"

    def __init__(self, http: Http, keys: Sequence[Secret], *, api_url: str, remote: RemoteCache | None = None) -> None:
        self._api = http.line(self.name, keys, in_query("api_key"))
        self._images = http.line("fanart_images")  # another host, with troubles of its own, and none of our key
        self._api_url = api_url
        self._hosts = PictureHosts(api_url)
        self._galleries: TieredResponseCache[str, Gallery] = TieredResponseCache(
            _PICTURES,
            lambda _: DAY_S,
            sizeof=_pictures,
            shared=share(remote, "fanart.galleries", Gallery, most_s=_SHARED_S),
        )
        self._art: TieredResponseCache[str, bytes] = TieredResponseCache(_ART_CACHE_BYTES, lambda _: DAY_S, sizeof=len)

    async def gallery(self, title: Title) -> Gallery:
        """Return the pictures of a film, or of a series whose TVDB number is known; see ``ArtSource``."""
        path = _path(title)
        if path is None:
            return {}
        question = Request(f"{self._api_url}{path}")
        kind = title.media.kind
        return await self._galleries.get(
            path, lambda: self._api.send(question, lambda answer: self._read_gallery(kind, answer))
        )

    async def fetch(self, art: Art, width: int) -> bytes:  # noqa: ARG002 - there is one size
        """Return the picture as it is, however wide; see ``ArtSource``."""
        address = self._hosts.address(art.path)
        if address is None:
            raise ArtNotFound("not a picture of Fanart.tv")
        question = Request(address, most_bytes=ART_BYTES)
        return await self._art.get(
            art.path, lambda: self._images.send(question, partial(read_picture, self._images.source))
        )

    def forget(self, art: Art, width: int) -> None:  # noqa: ARG002 - there is one size
        """Keep no copy of what is no picture; see ``ArtSource``."""
        self._art.forget(art.path)

    def _read_gallery(self, kind: TitleKind, answer: Response) -> Gallery:
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise SourceRefused(self.name, f"status {answer.status}: the key is not accepted")
        if answer.status == HTTPStatus.NOT_FOUND:
            return {}
        body = json_object(self.name, answer.body)
        is_error = text(body, "status") == "error"  # comes with status 200 as well
        complaint = text(body, "error message").lower() if is_error else ""
        if "not found" in complaint:
            return {}
        if "key" in complaint:
            raise SourceRefused(self.name, "the key is not accepted")
        body = _title_object(body)
        if answer.status != HTTPStatus.OK or is_error or _TITLE_FIELDS.isdisjoint(body):
            raise SourceInvalidResponse(self.name, f"status {answer.status}, no title in the answer")
        return read_gallery(kind, body, self._hosts.address)


class PictureHosts:
    """Tells where pictures may be fetched from: hosts of fanart.tv, and whatever stands in for its API.

    A row holds a whole address, written by strangers. Any other host could be one of our own network.
    """

    def __init__(self, api_url: str) -> None:
        api = URL(api_url)
        self._is_secure = api.scheme == "https"
        self._own = (api.raw_host, api.port)

    def address(self, written: str) -> str | None:
        """Return the address ready for the wire, ``None`` when nothing may be fetched from there.

        Plain http becomes https where the API itself is asked so; what an address may not hold is escaped.
        """
        if not written.isprintable() or not _PICTURE.fullmatch(written):
            return None
        try:
            url = URL(written)
        except ValueError:  # a port beyond 65535, an address that is none
            return None
        if self._is_secure and url.scheme == "http":
            is_default = url.is_default_port()
            url = url.with_scheme("https")
            url = url.with_port(None) if is_default else url
        host = url.raw_host or ""
        is_theirs = bool(_THEIR_HOST.fullmatch(host)) and url.is_default_port()
        return str(url) if is_theirs or (host, url.port) == self._own else None


def read_gallery(kind: TitleKind, body: Row, address: Callable[[str], str | None]) -> Gallery:
    """Read a film's or a series' object; ``address`` tells from where a picture may be fetched, if at all."""
    gallery: Gallery = {}
    for picture, sections in _SECTIONS[kind].items():
        listed = (art for name in sections for art in _arts(picture, rows(body, name), address))
        arts = _kept(listed)
        if arts:
            gallery[picture] = arts
    return gallery


def _path(title: Title) -> str | None:
    """Return how a title is asked for: films by TMDB's number, series by TVDB's, an episode by that of its series."""
    if title.media.kind is TitleKind.MOVIE:
        return f"/movies/{title.media.number}"
    numbers = (
        ref.number
        for ref in title.refs
        if ref.id_type is IdType.TVDB and ref.kind in {None, TitleKind.SERIES}  # a bare TVDB number is a series
    )
    return next((f"/tv/{number}" for number in numbers), None)


def _title_object(body: Row) -> Row:
    """Return the title's object, which the API's older version gives under the title's name."""
    values = list(body.values())
    return values[0] if len(values) == 1 and isinstance(values[0], dict) else body


def _arts(kind: Kind, listed: list[Row], address: Callable[[str], str | None]) -> list[Art]:
    """Read one section, what belongs to a single season last, otherwise the best liked first."""
    arts = [
        (_word(row, "season").lower() not in _ALL_SEASONS, art)
        for row in listed[:_MOST_ROWS]
        if (art := _art(kind, row, address))
    ]
    return [art for _, art in sorted(arts, key=lambda pair: (pair[0], -pair[1].votes))]


def _art(kind: Kind, row: Row, address: Callable[[str], str | None]) -> Art | None:
    path = address(text(row, "url"))
    if path is None:
        return None
    lang, region = _language(_word(row, "lang"))
    width, height = _amount(row, "width"), _amount(row, "height")  # only newer answers tell
    is_plausible = max(width, height) <= _PIXELS
    return Art(
        path,
        width if is_plausible else 0,
        height if is_plausible else 0,
        lang,
        region,
        float(_amount(row, "likes")),
        kind,
    )


def _kept(listed: Iterable[Art]) -> tuple[Art, ...]:
    """Return each picture once, and of no language so many that it crowds out the others."""
    arts: dict[str, Art] = {}
    kept: Counter[str | None] = Counter()
    for art in listed:
        if art.path not in arts and kept[art.lang] < _MOST_PER_LANGUAGE:
            arts[art.path] = art
            kept[art.lang] += 1
    return tuple(arts.values())


def _language(code: str) -> tuple[str | None, str | None]:
    """Return language and region; ``00`` and nothing at all are a picture without text."""
    if not code.strip("0"):
        return None, None
    match = _LANGUAGE.fullmatch(code)
    if match is None:
        return _UNREADABLE, None
    return match["language"].lower(), match["region"].upper() if match["region"] else None


def _word(row: Row, name: str) -> str:
    """Return a short text; everything should be text there, and a number at times is not."""
    figure = number(row, name)
    return text(row, name).strip() if figure is None else f"{figure:g}"


def _amount(row: Row, name: str) -> int:
    """Return a whole number written as text, 0 when there is none."""
    word = text(row, name).strip()
    if word.isascii() and word.isdigit():
        return int(word[:9])
    return int(min(max(number(row, name) or 0.0, 0.0), _GREATEST))


def _pictures(gallery: Gallery) -> int:
    """Return how much a gallery takes in the cache."""
    return 1 + sum(len(arts) for arts in gallery.values())
