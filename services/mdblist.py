"""MDBList: the ratings of every site at once, and films by their TVDB number."""

import functools
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Final, TypeVar

import msgspec

from services.kit.batch import AskAlone, Gatherer
from services.kit.cache import DAY_S, FactCache, share
from services.kit.http import Answer, Http, Question, in_query, retry_after_s
from services.kit.keys import Quota
from services.kit.reading import Row, imdb_ref, inner, json_object, number, rows, text, whole
from services.kit.remote import RemoteFacts
from services.kit.source import RatingsAnswer, Title
from services.kit.urgency import nobody_waits
from shared.config import Secret
from shared.errors import BadRequest, SourceGarbled, SourceRefused
from shared.ids import IdType, MediaId, TitleKind, TitleRef
from shared.ratings import GREATEST, Rating, Ratings, RatingSite

_T = TypeVar("_T")

_WORDS: Final = {TitleKind.MOVIE: "movie", TitleKind.SERIES: "show"}
_LISTED: Final = {"movies": "movie", "shows": "show"}
_SITES: Final = {
    "imdb": RatingSite.IMDB,
    "tmdb": RatingSite.TMDB,
    "tomatoes": RatingSite.RT,
    "popcorn": RatingSite.RTA,
    "tomatoesaudience": RatingSite.RTA,
    "audience": RatingSite.RTA,
    "metacritic": RatingSite.MC,
    "trakt": RatingSite.TRAKT,
    "letterboxd": RatingSite.LB,
    "rogerebert": RatingSite.EBERT,
    "myanimelist": RatingSite.MAL,
    "mal": RatingSite.MAL,
}
_TITLE_FIELDS: Final = frozenset({"ids", "imdbid", "ratings", "score", "title", "tmdbid", "type"})
_OTHER_SCALE: Final = 5.0  # value and score of one rating differ by rounding, or because the value is on another scale
_PER_CENT: Final = 100.0
_BATCH: Final = 10  # what MDBList allows a key that costs nothing
_NOT_TOGETHER: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
_BURST: Final = 1_000  # calls in five minutes
_TITLES: Final = 5_000
_FILMS: Final = 10_000
_LIST: Final = re.compile(r"[0-9]{1,10}|[A-Za-z0-9_-][A-Za-z0-9_.~-]{0,99}/[A-Za-z0-9_-][A-Za-z0-9_.~-]{0,199}")
_LIST_NAMES: Final = "A list of MDBList is written user/list-name, or as its number."
_PAGE: Final = 500
_MOST_PAGES: Final = 400


class MdblistSource:
    """Asks MDBList; the caller says for how long ratings are remembered, "none" is remembered for a day at most."""

    name = "mdblist"
    knows_awards = False

    def __init__(
        self,
        http: Http,
        keys: Sequence[Secret],
        *,
        api_url: str,
        ratings_lifetime_s: Callable[[Title], float],
        daily_limit: int = 0,
        remote: RemoteFacts | None = None,
    ) -> None:
        quota = Quota(daily=daily_limit, burst=_BURST, is_told=True)
        self._line = http.line(self.name, keys, in_query("apikey"), quota)
        self._api_url = api_url
        self._lifetime_s = ratings_lifetime_s
        self._ratings: FactCache[MediaId, RatingsAnswer | None] = FactCache(
            _TITLES, lambda _: 0.0, shared=share(remote, "mdblist.ratings", RatingsAnswer | None)
        )
        self._films: FactCache[int, MediaId | None] = FactCache(
            _FILMS,
            lambda film: 7 * DAY_S if film else DAY_S,
            shared=share(remote, "mdblist.films", MediaId | None),
        )
        self._refreshes: dict[TitleKind, Gatherer[int, RatingsAnswer | None]] = {
            kind: Gatherer(functools.partial(self._ask_many, kind), most=_BATCH) for kind in _WORDS
        }

    async def ratings(self, title: Title) -> RatingsAnswer | None:
        """Return the ratings; see ``RatingSource``. The TMDB number is asked for, for every title has one.

        Episodes are not known here, and the ratings of their series are not theirs.
        """
        media, lifetime_s = title.media, self._lifetime_s(title)
        if media.episode:
            return None
        return await self._ratings.get(
            media,
            lambda: self._refresh(media) if nobody_waits() else self._ask_one(media),
            lifetime_s=lambda answer: lifetime_s if answer else min(lifetime_s, DAY_S),
        )

    async def by_tvdb_film(self, number: int) -> MediaId | None:
        """Return the film with that TVDB number; see ``FilmNames``."""
        return await self._films.get(number, lambda: self._ask("tvdb", TitleKind.MOVIE, number, _film))

    async def titles(self, name: str, most: int) -> tuple[TitleRef, ...]:
        """Return what is on a public list, written ``user/list-name`` or as its number; see ``TitleLists``."""
        if not _LIST.fullmatch(name):
            raise BadRequest(public=_LIST_NAMES)
        found: dict[TitleRef, None] = {}
        offset = 0
        for _ in range(_MOST_PAGES):
            page = {"limit": str(min(most, _PAGE)), "offset": str(offset), "unified": "true"}
            question = Question(f"{self._api_url}/lists/{name}/items", page)
            listed, is_last = await self._line.ask(question, self._read_page)
            offset += len(listed)
            found |= {ref: None for row in listed if (ref := _listed(row))}
            if is_last or len(found) >= most:
                break
        return tuple(found)[:most]

    def _read_page(self, answer: Answer) -> tuple[list[Row], bool]:
        """Return a page's rows, and whether it is the last; a list is an array, or one array a kind."""
        listed = _list_rows(answer.body) if answer.status == HTTPStatus.OK else None
        if listed is not None:
            return listed, not listed or answer.headers.get("x-has-more", "true").lower() == "false"
        if self._body(answer) is None:
            raise BadRequest(public=f"MDBList has no such public list. {_LIST_NAMES}")
        raise SourceGarbled(self.name, "a list without titles")

    async def _refresh(self, media: MediaId) -> RatingsAnswer | None:
        """Ask together with others that are in no hurry: ten titles for the price of one."""
        try:
            return await self._refreshes[media.kind].get(media.number)
        except AskAlone:
            return await self._ask_one(media)

    async def _ask_one(self, media: MediaId) -> RatingsAnswer | None:
        return await self._ask("tmdb", media.kind, media.number, lambda body: read_ratings(media, body))

    async def _ask_many(self, kind: TitleKind, numbers: Collection[int]) -> dict[int, RatingsAnswer | None]:
        """Return what one answer says of these, ``None`` for no such title; what is left out has to be asked alone."""
        if len(numbers) == 1:
            return {}
        body = msgspec.json.encode({"ids": numbers})
        question = Question(f"{self._api_url}/tmdb/{_WORDS[kind]}", body=body)
        return await self._line.ask(question, lambda answer: self._read_many(kind, numbers, answer))

    def _read_many(self, kind: TitleKind, numbers: Collection[int], answer: Answer) -> dict[int, RatingsAnswer | None]:
        if answer.status in _NOT_TOGETHER:  # too many, or one number that it does not like: nothing about the others
            with suppress(SourceGarbled):
                self._body(answer)
            return {}
        listed = _list_rows(answer.body) if answer.body.lstrip().startswith(b"[") else None
        if listed is None or answer.status != HTTPStatus.OK:
            self._body(answer)
            return {}
        by_number = {_tmdb(row): row for row in reversed(listed)}
        told = {
            number: read_ratings(MediaId(kind, number), by_number[number]) for number in numbers if number in by_number
        }
        if not told or None in by_number:  # a row does not say what it is about: it may be any that seems left out
            return {**told}
        return {number: told.get(number) for number in numbers}

    async def _ask(self, provider: str, kind: TitleKind, number: int, read: Callable[[Row], _T]) -> _T | None:
        question = Question(f"{self._api_url}/{provider}/{_WORDS[kind]}/{number}")

        def read_answer(answer: Answer) -> _T | None:
            body = self._body(answer)
            return None if body is None else read(body)

        return await self._line.ask(question, read_answer)

    def _body(self, answer: Answer) -> Row | None:
        """Return the title's object, ``None`` when there is no such title; errors come with status 200 as well."""
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise SourceRefused(self.name, f"status {answer.status}: the key is not accepted")
        body = json_object(self.name, answer.body)
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status == HTTPStatus.OK and body.get("response") is not False and not _TITLE_FIELDS.isdisjoint(body):
            return body
        complaint = text(body, "error").lower()
        if "not found" in complaint:
            return None
        if "limit" in complaint or "key" in complaint:
            raise SourceRefused(
                self.name,
                "limit reached" if "limit" in complaint else "the key is not accepted",
                retry_after_s=retry_after_s(answer.headers.get("retry-after")),
            )
        raise SourceGarbled(self.name, f"status {answer.status}, no title in the answer")


def _list_rows(body: bytes) -> list[Row] | None:
    """Return the rows of a list's page, ``None`` when it is none."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if isinstance(value, list):
        return rows({"all": value}, "all")
    if not isinstance(value, dict) or not any(isinstance(value.get(kind), list) for kind in ("movies", "shows")):
        return None
    return [{"mediatype": word, **row} for kind, word in _LISTED.items() for row in rows(value, kind)]


def _listed(row: Row) -> TitleRef | None:
    """Return the title of a list's row; ``None`` when it says neither kind nor a number that can be read."""
    kind = next((kind for kind, word in _WORDS.items() if word == text(row, "mediatype")), None)
    ids = inner(row, "ids")
    tmdb, tvdb = whole(ids, "tmdb") or whole(row, "id"), whole(ids, "tvdb") or whole(row, "tvdb_id")
    if kind and tmdb:
        return TitleRef(IdType.TMDB, tmdb, kind)
    imdb = imdb_ref(ids, "imdb") or imdb_ref(row, "imdb_id")
    return imdb or (TitleRef(IdType.TVDB, tvdb, kind) if kind and tvdb else None)


def read_ratings(media: MediaId, body: Row) -> RatingsAnswer:
    """Read a title's object, of the present host and the old one."""
    ratings: Ratings = {}
    for row in rows(body, "ratings"):
        site = _SITES.get(text(row, "source"))
        rating = _rating(site, row) if site else None
        if site and rating:
            ratings.setdefault(site, rating)
    score = number(body, "score") or 0.0  # 0 says that there is not enough to go by
    if 0 < score <= GREATEST[RatingSite.MDBLIST]:
        ratings[RatingSite.MDBLIST] = Rating(score)
    return RatingsAnswer(ratings, tuple(_refs(media, body)))


def _rating(site: RatingSite, row: Row) -> Rating | None:
    """Return a rating in the site's own scale.

    ``score`` is always a percentage. ``value`` should be in the site's scale and at times is not (Letterboxd 8 of 5,
    TMDB 6.3 of 100): where the two disagree, the score is right.
    """
    greatest = GREATEST[site]
    value, score = number(row, "value") or 0.0, number(row, "score") or 0.0
    if 0 < score <= _PER_CENT and abs(value / greatest * _PER_CENT - score) > _OTHER_SCALE:
        value = round(score * greatest / _PER_CENT, 2)
    return Rating(value, whole(row, "votes")) if 0 < value <= greatest else None


def _refs(media: MediaId, body: Row) -> Iterable[TitleRef]:
    """Give the other names, unless they are names of another title."""
    ids = inner(body, "ids")
    if (whole(ids, "tmdb") or whole(body, "tmdbid") or media.number) != media.number:
        return
    imdb = imdb_ref(ids, "imdb") or imdb_ref(body, "imdbid")
    if imdb:
        yield imdb
    tvdb = whole(ids, "tvdb")
    if tvdb:
        yield TitleRef(IdType.TVDB, tvdb, media.kind)
        if media.kind is TitleKind.SERIES:  # a bare TVDB number is a series
            yield TitleRef(IdType.TVDB, tvdb)


def _film(body: Row) -> MediaId | None:
    tmdb = _tmdb(body)
    return MediaId(TitleKind.MOVIE, tmdb) if tmdb and text(body, "type") in {"movie", ""} else None


def _tmdb(body: Row) -> int | None:
    return whole(inner(body, "ids"), "tmdb") or whole(body, "tmdbid")
