"""OMDb: a second source of IMDb, Rotten Tomatoes and Metacritic ratings, and of awards, by IMDb id."""

import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Final

from services.client.cache import DAY_S, TieredResponseCache, shared_cache
from services.client.http import Http, Request, Response
from services.client.json_reader import Row, count, imdb_ref, json_object, rows, text
from services.client.key_pool import Quota
from services.client.refusals import is_about_key, read_answer
from services.client.remote_cache import RemoteCache
from services.client.upstream import UpstreamClient, in_query
from services.titles import SourceRatings, Title
from shared.config.environment import Secret
from shared.domain.awards import Award
from shared.domain.errors import SourceInvalidResponse
from shared.domain.ids import ExternalId, IdType, TitleKind
from shared.domain.ratings import Ratings, RatingSite, rating_of

_SITES: Final = {
    "Internet Movie Database": RatingSite.IMDB,
    "Rotten Tomatoes": RatingSite.RT,
    "Metacritic": RatingSite.MC,
}
_VALUE: Final = re.compile(r"(?P<value>\d{1,3}(?:\.\d{1,2})?)(?:%|/(?:100|10))?", re.ASCII)
_WON: Final = re.compile(r"\s*won\s+0*[1-9][0-9]{0,2}\s*(?P<award>oscar|primetime\s+emmy)s?(?![a-z])", re.IGNORECASE)
_NOMINATED: Final = re.compile(
    r"\s*nominated\s+for\s+0*[1-9][0-9]{0,2}\s*(?P<award>oscar|primetime\s+emmy)s?(?![a-z])", re.IGNORECASE
)
_AWARDS: Final = {TitleKind.MOVIE: ("oscar", Award.OSCAR), TitleKind.SERIES: ("primetime", Award.EMMY)}
_NOT_FOUND_MESSAGES: Final = ("not found", "incorrect imdb id", "error getting data", "conversion from string")
_QUOTE_ESCAPED: Final = re.compile(r'\\"(?=,"[A-Za-z]+":)')
_STRAY_BACKSLASH: Final = re.compile(r'\\(\\|["/bfnrt]|u[0-9a-fA-F]{4})|\\')
_MAX_TITLES: Final = 5_000
_MAX_BYTES: Final = 64 << 10  # a title has 1 to 4 KB, and repairing a large body takes seconds


class OmdbSource:
    """Calls OMDb for ratings and award. The caller sets the TTL; "no such title" is cached for a day at most."""

    name = "omdb"
    knows_ages = False
    only_rates = None
    knows_awards = True  # the only source that distinguishes winners from nominees

    def __init__(
        self,
        http: Http,
        keys: Sequence[Secret],
        *,
        api_url: str,
        ratings_ttl_s: Callable[[Title], float],
        daily_limit: int = 0,
        remote: RemoteCache | None = None,
    ) -> None:
        self._upstream = UpstreamClient(http, self.name, keys, in_query("apikey"), Quota(daily=daily_limit))
        self._api_url = api_url
        self._ttl_s = ratings_ttl_s
        self._cache: TieredResponseCache[ExternalId, SourceRatings | None] = TieredResponseCache(
            _MAX_TITLES,
            lambda _: 0.0,
            shared=shared_cache(remote, "omdb.told", SourceRatings | None, key_text=lambda ref: ref.alias),
        )

    async def ratings(self, title: Title) -> SourceRatings | None:
        """Return ratings and award; see ``RatingSource``. OMDb only knows titles with an IMDb id of their own."""
        ref = title.ref(IdType.IMDB)
        if ref is None or bool(title.media.episode) != (ref.kind is TitleKind.EPISODE):
            return None
        ttl_s = self._ttl_s(title)
        kind = TitleKind.EPISODE if title.media.episode else title.media.kind
        query = {"i": str(ExternalId(IdType.IMDB, ref.number))}
        request = Request(f"{self._api_url}/", query, max_bytes=_MAX_BYTES)
        return await self._cache.get(
            ref,
            lambda: self._upstream.send(request, lambda response: self._read(ref, kind, response)),
            ttl_s=lambda found: ttl_s if found else min(ttl_s, DAY_S),
        )

    def _read(self, ref: ExternalId, kind: TitleKind, response: Response) -> SourceRatings | None:
        body = read_answer(self.name, response, lambda body: is_about_key(text(body, "Error")), _object)
        complaint = text(body, "Error").lower()
        if any(words in complaint for words in _NOT_FOUND_MESSAGES):
            return None
        if response.status != HTTPStatus.OK or text(body, "Response") != "True":
            raise SourceInvalidResponse(self.name, f"status {response.status}, no title in the response")
        named = imdb_ref(body, "imdbID")
        if named is not None and named.number != ref.number:
            return None  # the ratings of another title
        return read_omdb_ratings(kind, body)


def read_omdb_ratings(kind: TitleKind, body: Row) -> SourceRatings:
    """Read the object of a film, series or episode. All its values are text; a missing one is ``N/A``, so 0 is meant.

    An episode's IMDb id gets kind ``EPISODE``, because without a kind it would stand for its series.
    """
    votes = count(body, "imdbVotes")
    found = [(_SITES.get(text(row, "Source")), text(row, "Value")) for row in rows(body, "Ratings")]
    found += [(RatingSite.IMDB, text(body, "imdbRating")), (RatingSite.MC, text(body, "Metascore"))]
    ratings: Ratings = {}
    for site, value_text in found:
        match = _VALUE.fullmatch(value_text)
        is_imdb = site is RatingSite.IMDB  # the only site with votes here
        rating = (
            rating_of(site, float(match["value"]), votes if is_imdb else None, zero_needs_votes=is_imdb)
            if site and match
            else None
        )
        if site and rating:
            ratings.setdefault(site, rating)
    ref = imdb_ref(body, "imdbID")
    own = ExternalId(ref.id_type, ref.number, kind if kind is TitleKind.EPISODE else None) if ref else None
    awards = text(body, "Awards")
    return SourceRatings(
        ratings, (own,) if own else (), read_award(kind, awards), nominated=read_nomination(kind, awards)
    )


def read_award(kind: TitleKind, awards: str) -> Award | None:
    """Read the sentence on awards, which starts with the highest: ``Won 2 Oscars. 8 wins & 3 nominations total``.

    Documentaries and television films can win Emmys too, but the Emmy badge is for series only.
    """
    return _named_award(kind, _WON.match(awards))


def read_nomination(kind: TitleKind, awards: str) -> Award | None:
    """Read what the sentence says where nothing was won: ``Nominated for 2 Oscars. 8 wins & 3 nominations total``."""
    return _named_award(kind, _NOMINATED.match(awards))


def _named_award(kind: TitleKind, match: re.Match[str] | None) -> Award | None:
    if match is None or kind not in _AWARDS:
        return None
    word, award = _AWARDS[kind]
    return award if match["award"].lower().startswith(word) else None


def _object(source: str, body: bytes) -> Row:
    """Return the JSON object, after repairing what OMDb fails to escape: a lone backslash or quote."""
    try:
        return json_object(source, body)
    except SourceInvalidResponse:
        return json_object(source, _repaired(body))


def _repaired(body: bytes) -> bytes:
    decoded = body.decode("utf-8", "replace")
    decoded = _QUOTE_ESCAPED.sub(r'\\\\"', decoded)
    decoded = _STRAY_BACKSLASH.sub(lambda match: match[0] if match[1] else r"\\", decoded)
    return decoded.encode()
