"""TMDB: which title an id means, what the title is, and its pictures.

One call answers all about a title, in every language at once: without ``include_image_language`` and ``language`` TMDB
lists every picture it has. So one answer serves every look, and "any language" needs no second question.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Final

from services.kit.cache import DAY_S, FactCache
from services.kit.http import ART_BYTES, Answer, Http, Question
from services.kit.reading import Row, day, imdb_ref, inner, json_object, number, rows, text, whole
from services.kit.source import Art, Title
from shared.config import Secret
from shared.errors import ArtNotFound, SourceGarbled, SourceRefused
from shared.ids import IdType, MediaId, TitleKind, TitleRef
from shared.ratings import Rating, Ratings, RatingSite
from shared.settings import Kind

_WORDS: Final = {TitleKind.MOVIE: "movie", TitleKind.SERIES: "tv"}
_EXTERNAL: Final = {IdType.IMDB: "imdb_id", IdType.TVDB: "tvdb_id"}
_WIDTHS: Final = {Kind.POSTER: (500, 780), Kind.BACKDROP: (300, 780, 1280), Kind.LOGO: (300, 500), Kind.EPISODE: (300,)}
_FILE: Final = re.compile(r"/[A-Za-z0-9._-]{1,128}\.(?:jpg|jpeg|png|svg|webp)", re.ASCII)
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}", re.ASCII)
_REGION: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_WITHOUT_TEXT: Final = "xx"
_NO_SUCH: Final = 34
_PIXELS: Final = 30_000  # per side; anything above is a slip of the pen
_MOST_ROWS: Final = 3000  # pictures of one kind that are looked at
_MOST_PER_LANGUAGE: Final = 20  # and that are kept; the best liked come first
_IDS: Final = 50_000
_PICTURES: Final = 200_000  # remembered with their titles, some 40 MB
_ART_CACHE_BYTES: Final = 64 << 20


class TmdbSource:
    """Asks TMDB; remembers ids for a week, titles for ``title_lifetime_s``, and that there is none for a day."""

    name = "tmdb"

    def __init__(
        self,
        http: Http,
        key: Secret,
        *,
        api_url: str,
        image_url: str,
        title_lifetime_s: Callable[[Title], float] = lambda _: DAY_S,
    ) -> None:
        self._api = http.line(self.name)
        self._images = http.line("tmdb_images")  # another host, with troubles of its own
        self._api_url = api_url
        self._image_url = image_url
        is_token = key.count(".") == 2  # noqa: PLR2004 - a version 4 key is a JWT, which has three parts
        self._headers = {"Authorization": Secret(f"Bearer {key}")} if is_token else {}
        self._query = {} if is_token else {"api_key": key}
        self._ids: FactCache[TitleRef, MediaId | None] = FactCache(_IDS, lambda media: 7 * DAY_S if media else DAY_S)
        self._titles: FactCache[MediaId, Title | None] = FactCache(
            _PICTURES, lambda title: min(DAY_S, title_lifetime_s(title)) if title else DAY_S, sizeof=_pictures
        )
        self._art: FactCache[str, bytes] = FactCache(_ART_CACHE_BYTES, lambda _: DAY_S, sizeof=len)

    async def find(self, ref: TitleRef) -> MediaId | None:
        """Return the film or series; see ``TitleSource``."""
        ref = ref.title if ref.episode is None else TitleRef(ref.id_type, ref.number, TitleKind.SERIES)
        if ref.id_type is not IdType.TMDB:
            return await self._ids.get(ref, lambda: self._find(ref))
        if ref.kind is not None:
            return MediaId(ref.kind, ref.number)
        for kind in (TitleKind.MOVIE, TitleKind.SERIES):  # a bare number is a film, else a series
            media = MediaId(kind, ref.number)
            if await self.title(media, "") is not None:
                return media
        return None

    async def title(self, media: MediaId, lang: str) -> Title | None:  # noqa: ARG002 - every language comes at once
        """Return the title with its art; see ``TitleSource``."""
        media = MediaId(media.kind, media.number)
        return await self._titles.get(media, lambda: self._title(media))

    async def fetch(self, art: Art, width: int) -> bytes:
        """Return the smallest rendition that is wide enough; see ``ArtSource``."""
        if not _FILE.fullmatch(art.path):
            raise ArtNotFound("not a picture of TMDB")
        rendition = _rendition(art, width)
        question = Question(f"{self._image_url}/{rendition}", most_bytes=ART_BYTES)
        return await self._art.get(rendition, lambda: self._images.ask(question, self._read_picture))

    def forget(self, art: Art, width: int) -> None:
        """Keep no copy of a rendition that is no picture; see ``ArtSource``."""
        self._art.forget(_rendition(art, width))

    async def _find(self, ref: TitleRef) -> MediaId | None:
        external = TitleRef(ref.id_type, ref.number)
        question = self._question(f"/find/{external}", {"external_source": _EXTERNAL[ref.id_type]})
        return await self._api.ask(question, lambda answer: self._read_found(ref, answer))

    async def _title(self, media: MediaId) -> Title | None:
        path = f"/{_WORDS[media.kind]}/{media.number}"
        question = self._question(path, {"append_to_response": "external_ids,images"})
        return await self._api.ask(question, lambda answer: self._read_title(media, answer))

    def _question(self, path: str, query: dict[str, str]) -> Question:
        return Question(f"{self._api_url}{path}", {**query, **self._query}, self._headers)

    def _read_found(self, ref: TitleRef, answer: Answer) -> MediaId | None:
        body = self._read_object(answer)
        if body is None:
            return None
        if not any(isinstance(body.get(name), list) for name in ("movie_results", "tv_results")):
            raise SourceGarbled(self.name, "an answer to /find without a list of titles")
        return _found(ref, body)

    def _read_title(self, media: MediaId, answer: Answer) -> Title | None:
        body = self._read_object(answer)
        if body is None:
            return None
        if whole(body, "id") is None:
            raise SourceGarbled(self.name, "a title without an id")
        return read_title(media, body)

    def _read_object(self, answer: Answer) -> Row | None:
        """Return the body's object, ``None`` for "no such resource"."""
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise SourceRefused(self.name, f"status {answer.status}: the key is not accepted")
        body = json_object(self.name, answer.body)
        if answer.status == HTTPStatus.NOT_FOUND and body.get("status_code") == _NO_SUCH:
            return None
        if answer.status != HTTPStatus.OK or body.get("success") is False:
            raise SourceGarbled(self.name, f"status {answer.status}, code {number(body, 'status_code')}")
        return body

    def _read_picture(self, answer: Answer) -> bytes:
        if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            raise ArtNotFound("TMDB no longer has this picture")
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise SourceRefused(self._images.source, f"status {answer.status}")
        if answer.status != HTTPStatus.OK or not answer.body:
            raise SourceGarbled(self._images.source, f"status {answer.status}, {len(answer.body)} bytes")
        return answer.body


def _rendition(art: Art, width: int) -> str:
    """Return the path of the smallest rendition that is wide enough."""
    size = next((f"w{known}" for known in _WIDTHS[art.kind] if known >= width), "original")
    return size + re.sub(r"\.svg$", ".png", art.path)  # TMDB draws its vector logos for whoever asks for a PNG


def _pictures(title: Title | None) -> int:
    """Return how much a title takes in the cache."""
    return 1 if title is None else 1 + len(title.posters) + len(title.backdrops) + len(title.logos)


def _found(ref: TitleRef, body: Row) -> MediaId | None:
    """Choose among what ``/find`` found: films and series first, then the series of an episode or season."""
    films = [(TitleKind.MOVIE, row) for row in rows(body, "movie_results")]
    series = [(TitleKind.SERIES, row) for row in rows(body, "tv_results")]
    if ref.kind is not None:
        own = films if ref.kind is TitleKind.MOVIE else series
    elif ref.id_type is IdType.TVDB:  # films and series are numbered apart there, and the number is a series first
        own = series or films
    else:
        own = sorted(films + series, key=lambda pair: number(pair[1], "popularity") or 0.0, reverse=True)
    known = [MediaId(kind, found) for kind, row in own if (found := whole(row, "id"))]
    if ref.kind is not TitleKind.MOVIE:
        parts = [*rows(body, "tv_season_results"), *rows(body, "tv_episode_results")]
        known += [MediaId(TitleKind.SERIES, found) for row in parts if (found := whole(row, "show_id"))]
    return known[0] if known else None


def read_title(media: MediaId, body: Row) -> Title:
    """Read the body of ``/movie/{id}`` or ``/tv/{id}``, as far as it goes."""
    is_film = media.kind is TitleKind.MOVIE
    images = inner(body, "images")
    language = _language(text(body, "original_language"))
    return Title(
        media=media,
        refs=tuple(_refs(media, body)),
        name=text(body, "title" if is_film else "name") or text(body, "original_title" if is_film else "original_name"),
        film_date=day(body, "release_date") if is_film else day(body, "last_air_date") or day(body, "first_air_date"),
        original_lang=language,
        popularity=max(0.0, number(body, "popularity") or 0.0),
        posters=_arts(Kind.POSTER, rows(images, "posters"), text(body, "poster_path"), language),
        backdrops=_arts(Kind.BACKDROP, rows(images, "backdrops"), text(body, "backdrop_path"), None),
        logos=_arts(Kind.LOGO, rows(images, "logos"), "", None),
        ratings=_ratings(body),
    )


def _refs(media: MediaId, body: Row) -> Iterable[TitleRef]:
    """Give every canonical name; a bare TMDB number is a film, a bare TVDB number a series."""
    external = inner(body, "external_ids")
    yield TitleRef(IdType.TMDB, media.number, media.kind)
    if media.kind is TitleKind.MOVIE:
        yield TitleRef(IdType.TMDB, media.number)
    imdb = imdb_ref(external, "imdb_id") or imdb_ref(body, "imdb_id")
    if imdb:
        yield imdb
    tvdb = whole(external, "tvdb_id")
    if tvdb:
        yield TitleRef(IdType.TVDB, tvdb, media.kind)
        if media.kind is TitleKind.SERIES:
            yield TitleRef(IdType.TVDB, tvdb)


def _arts(kind: Kind, listed: list[Row], main: str, main_lang: str | None) -> tuple[Art, ...]:
    """Read a list of pictures; the title's main one joins at the end when the list does not have it."""
    arts: dict[str, Art] = {}
    kept: Counter[str | None] = Counter()
    for row in listed[:_MOST_ROWS]:
        art = _art(kind, row)
        if art and art.path not in arts and kept[art.lang] < _MOST_PER_LANGUAGE:
            arts[art.path] = art
            kept[art.lang] += 1
    if _FILE.fullmatch(main) and main not in arts:
        arts[main] = Art(main, 0, 0, main_lang, kind=kind)
    return tuple(arts.values())


def _art(kind: Kind, row: Row) -> Art | None:
    path = text(row, "file_path")
    if not _FILE.fullmatch(path):
        return None
    region = text(row, "iso_3166_1")
    return Art(
        path,
        _pixels(row, "width"),
        _pixels(row, "height"),
        _language(text(row, "iso_639_1")),
        region if _REGION.fullmatch(region) else None,
        max(0.0, number(row, "vote_average") or 0.0),
        kind,
    )


def _pixels(row: Row, name: str) -> int:
    value = whole(row, name) or 0
    return value if value <= _PIXELS else 0


def _language(code: str) -> str | None:
    return code if _LANGUAGE.fullmatch(code) and code != _WITHOUT_TEXT else None


def _ratings(body: Row) -> Ratings:
    """Return TMDB's own rating, 0–10 there and a percentage here; 0 means that nobody voted."""
    average = number(body, "vote_average") or 0.0
    if not 0 < average <= 10:  # noqa: PLR2004 - the top of its scale
        return {}
    return {RatingSite.TMDB: Rating(round(average * 10, 2), whole(body, "vote_count"))}
