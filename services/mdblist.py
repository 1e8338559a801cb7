"""MDBList: the ratings of every site at once, and films by their TVDB number."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Final, TypeVar

from services.kit.cache import DAY_S, FactCache
from services.kit.http import Answer, Http, Question, retry_after_s
from services.kit.reading import Row, imdb_ref, inner, json_object, number, rows, text, whole
from services.kit.source import RatingsAnswer, Title
from shared.config import Secret
from shared.errors import SourceGarbled, SourceRefused
from shared.ids import IdType, MediaId, TitleKind, TitleRef
from shared.ratings import GREATEST, Rating, Ratings, RatingSite

_T = TypeVar("_T")

_WORDS: Final = {TitleKind.MOVIE: "movie", TitleKind.SERIES: "show"}
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
_TITLES: Final = 5_000
_FILMS: Final = 10_000


class MdblistSource:
    """Asks MDBList; the caller says for how long ratings are remembered, "none" is remembered for a day at most."""

    name = "mdblist"

    def __init__(self, http: Http, key: Secret, *, api_url: str, ratings_lifetime_s: Callable[[Title], float]) -> None:
        self._line = http.line(self.name)
        self._api_url = api_url
        self._query = {"apikey": key}
        self._lifetime_s = ratings_lifetime_s
        self._ratings: FactCache[MediaId, RatingsAnswer | None] = FactCache(_TITLES, lambda _: 0.0)
        self._films: FactCache[int, MediaId | None] = FactCache(_FILMS, lambda film: 7 * DAY_S if film else DAY_S)

    async def ratings(self, title: Title) -> RatingsAnswer | None:
        """Return the ratings; see ``RatingSource``. The TMDB number is asked for, for every title has one.

        Episodes are not known here, and the ratings of their series are not theirs.
        """
        media, lifetime_s = title.media, self._lifetime_s(title)
        if media.episode:
            return None
        return await self._ratings.get(
            media,
            lambda: self._ask("tmdb", media.kind, media.number, lambda body: read_ratings(media, body)),
            lifetime_s=lambda answer: lifetime_s if answer else min(lifetime_s, DAY_S),
        )

    async def by_tvdb_film(self, number: int) -> MediaId | None:
        """Return the film with that TVDB number; see ``FilmNames``."""
        return await self._films.get(number, lambda: self._ask("tvdb", TitleKind.MOVIE, number, _film))

    async def _ask(self, provider: str, kind: TitleKind, number: int, read: Callable[[Row], _T]) -> _T | None:
        question = Question(f"{self._api_url}/{provider}/{_WORDS[kind]}/{number}", self._query)

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
    tmdb = whole(inner(body, "ids"), "tmdb") or whole(body, "tmdbid")
    return MediaId(TitleKind.MOVIE, tmdb) if tmdb and text(body, "type") in {"movie", ""} else None
