"""OMDb: a second opinion on what IMDb, Rotten Tomatoes and Metacritic say, and what a title has won, by IMDb id."""

import json
import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final

from services.client.cache import DAY_S, TieredResponseCache, share
from services.client.http import Http, Request, Response, in_query
from services.client.json_reader import Row, imdb_ref, json_object, rows, text
from services.client.key_pool import Quota
from services.client.remote_cache import RemoteCache
from services.source import RatingsAnswer, Title
from shared.config.environment import Secret
from shared.domain.awards import Award
from shared.domain.errors import SourceInvalidResponse, SourceRefused
from shared.domain.ids import ExternalId, IdType, TitleKind
from shared.domain.ratings import GREATEST, Rating, Ratings, RatingSite

_SITES: Final = {
    "Internet Movie Database": RatingSite.IMDB,
    "Rotten Tomatoes": RatingSite.RT,
    "Metacritic": RatingSite.MC,
}
_VALUE: Final = re.compile(r"(?P<value>\d{1,3}(?:\.\d{1,2})?)(?:%|/(?:100|10))?", re.ASCII)
_VOTES: Final = re.compile(r"\d{1,3}(?:,?\d{3}){0,3}", re.ASCII)
_WON: Final = re.compile(r"\s*won\s+0*[1-9][0-9]{0,2}\s*(?P<award>oscar|primetime\s+emmy)s?(?![a-z])", re.IGNORECASE)
_STATUETTES: Final = {TitleKind.MOVIE: ("oscar", Award.OSCAR), TitleKind.SERIES: ("primetime", Award.EMMY)}
_SAYS_NO_SUCH: Final = ("not found", "incorrect imdb id", "error getting data", "conversion from string")
_SAYS_REFUSED: Final = ("limit", "api key")
_QUOTE_ESCAPED: Final = re.compile(r'\\"(?=,"[A-Za-z]+":)')
_STRAY_BACKSLASH: Final = re.compile(r'\\(\\|["/bfnrt]|u[0-9a-fA-F]{4})|\\')
_TITLES: Final = 5_000


class OmdbSource:
    """Asks OMDb once for ratings and award; the caller says for how long that is remembered, "none" a day at most."""

    name = "omdb"
    knows_awards = True  # of the sources, only this one tells winners from nominees for films and series

    def __init__(
        self,
        http: Http,
        keys: Sequence[Secret],
        *,
        api_url: str,
        ratings_lifetime_s: Callable[[Title], float],
        daily_limit: int = 0,
        remote: RemoteCache | None = None,
    ) -> None:
        self._line = http.line(self.name, keys, in_query("apikey"), Quota(daily=daily_limit))
        self._api_url = api_url
        self._lifetime_s = ratings_lifetime_s
        self._told: TieredResponseCache[ExternalId, RatingsAnswer | None] = TieredResponseCache(
            _TITLES,
            lambda _: 0.0,
            shared=share(remote, "omdb.told", RatingsAnswer | None, spell=lambda ref: ref.alias),
        )

    async def ratings(self, title: Title) -> RatingsAnswer | None:
        """Return ratings and award; see ``RatingSource``. What has no IMDb id of its own is not known here."""
        ref = title.ref(IdType.IMDB)
        if ref is None or bool(title.media.episode) != (ref.kind is TitleKind.EPISODE):
            return None
        lifetime_s = self._lifetime_s(title)
        kind = TitleKind.EPISODE if title.media.episode else title.media.kind
        question = Request(f"{self._api_url}/", {"i": str(ExternalId(IdType.IMDB, ref.number))})
        return await self._told.get(
            ref,
            lambda: self._line.send(question, lambda answer: self._read(kind, answer)),
            lifetime_s=lambda told: lifetime_s if told else min(lifetime_s, DAY_S),
        )

    def _read(self, kind: TitleKind, answer: Response) -> RatingsAnswer | None:
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:  # a bad key and a spent quota alike
            raise SourceRefused(self.name, f"status {answer.status}: the key is not accepted, or its quota is spent")
        body = _object(self.name, answer.body)
        complaint = text(body, "Error").lower()
        if any(words in complaint for words in _SAYS_REFUSED):
            raise SourceRefused(self.name, "the key is not accepted, or its quota is spent")
        if any(words in complaint for words in _SAYS_NO_SUCH):
            return None
        if answer.status != HTTPStatus.OK or text(body, "Response") != "True":
            raise SourceInvalidResponse(self.name, f"status {answer.status}, no title in the answer")
        return read_omdb_ratings(kind, body)


def read_omdb_ratings(kind: TitleKind, body: Row) -> RatingsAnswer:
    """Read the object of a film, a series or an episode; everything in it is text, and what is missing reads ``N/A``.

    An episode's IMDb id is given as one of that kind, for a bare one would be that of its series.
    """
    votes_text = text(body, "imdbVotes")
    votes = int(votes_text.replace(",", "")) if _VOTES.fullmatch(votes_text) else None
    said = [(_SITES.get(text(row, "Source")), text(row, "Value")) for row in rows(body, "Ratings")]
    said += [(RatingSite.IMDB, text(body, "imdbRating")), (RatingSite.MC, text(body, "Metascore"))]
    ratings: Ratings = {}
    for site, value_text in said:
        match = _VALUE.fullmatch(value_text)
        if site and match and 0 < float(match["value"]) <= GREATEST[site]:
            ratings.setdefault(site, Rating(float(match["value"]), votes if site is RatingSite.IMDB else None))
    ref = imdb_ref(body, "imdbID")
    own = ExternalId(ref.id_type, ref.number, kind if kind is TitleKind.EPISODE else None) if ref else None
    return RatingsAnswer(ratings, (own,) if own else (), read_award(kind, text(body, "Awards")))


def read_award(kind: TitleKind, awards: str) -> Award | None:
    """Read the sentence on awards, which begins with the highest: ``Won 2 Oscars. 8 wins & 3 nominations total``.

    Films carry Emmys too (documentaries, television films), and those are not what an Emmy on a poster says.
    """
    match = _WON.match(awards)
    if match is None or kind not in _STATUETTES:
        return None
    word, award = _STATUETTES[kind]
    return award if match["award"].lower().startswith(word) else None


def _object(source: str, body: bytes) -> Row:
    """Return the JSON object, mended where OMDb forgot to escape: a lone backslash, a raw tab."""
    try:
        return json_object(source, body)
    except SourceInvalidResponse:
        mended = _mended(body)
        if not isinstance(mended, dict):
            raise
        return mended


def _mended(body: bytes) -> Any:
    written = body.decode("utf-8", "replace")
    written = _QUOTE_ESCAPED.sub(r'\\\\"', written)
    written = _STRAY_BACKSLASH.sub(lambda match: match[0] if match[1] else r"\\", written)
    try:
        return json.loads(written, strict=False)
    except (ValueError, RecursionError):
        return None
