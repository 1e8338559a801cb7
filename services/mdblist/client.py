"""Calls MDBList: ratings of every site in one response, public lists, and films by TVDB number."""

import functools
import re
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Final, TypeVar

import msgspec

from services.client.batcher import Batcher, MissingFromBatch
from services.client.cache import DAY_S, TieredResponseCache, shared_cache
from services.client.http import Http, Request, Response
from services.client.json_reader import Row, text
from services.client.key_pool import Quota
from services.client.priority import is_background
from services.client.refusals import BareRefusal, is_about_key, read_answer
from services.client.remote_cache import RemoteCache
from services.client.upstream import UpstreamClient, in_query
from services.mdblist.reader import WORDS, is_about, read_film, read_listed, read_mdblist_ratings, read_rows, read_tmdb
from services.titles import SourceRatings, Title
from shared.config.environment import Secret
from shared.domain.errors import BadRequest, SourceInvalidResponse
from shared.domain.ids import ExternalId, MediaId, TitleKind

_T = TypeVar("_T")

_TITLE_FIELDS: Final = frozenset({"ids", "imdbid", "ratings", "score", "title", "tmdbid", "type"})
_BATCH: Final = 10  # the limit for free keys
_BATCH_REJECTED: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
_BURST: Final = 1_000  # calls per five minutes
_MAX_TITLES: Final = 5_000
_MAX_FILMS: Final = 10_000
_LIST: Final = re.compile(r"[0-9]{1,10}|[A-Za-z0-9_-][A-Za-z0-9_.~-]{0,99}/[A-Za-z0-9_-][A-Za-z0-9_.~-]{0,199}")
_LIST_NAMES: Final = "An MDBList list is written as user/list-name or as its number."
_MAX_BYTES: Final = 512 << 10  # of up to ten titles; one has 2 to 20 KB
_PAGE_SIZE: Final = 500
_MAX_PAGES: Final = 400


class MdblistSource:
    """Calls MDBList. The caller sets the TTL of ratings; "no such title" is cached for a day at most."""

    name = "mdblist"
    knows_awards = False
    knows_ages = True
    only_rates = None

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
        quota = Quota(daily=daily_limit, burst=_BURST, is_reported=True)
        self._upstream = UpstreamClient(http, self.name, keys, in_query("apikey"), quota)
        self._api_url = api_url
        self._ttl_s = ratings_ttl_s
        self._ratings: TieredResponseCache[MediaId, SourceRatings | None] = TieredResponseCache(
            _MAX_TITLES, lambda _: 0.0, shared=shared_cache(remote, "mdblist.ratings", SourceRatings | None)
        )
        self._films: TieredResponseCache[int, MediaId | None] = TieredResponseCache(
            _MAX_FILMS,
            lambda film: 7 * DAY_S if film else DAY_S,
            shared=shared_cache(remote, "mdblist.films", MediaId | None),
        )
        self._refreshes: dict[TitleKind, Batcher[int, SourceRatings | None]] = {
            kind: Batcher(functools.partial(self._fetch_many, kind), max_size=_BATCH) for kind in WORDS
        }

    async def ratings(self, title: Title) -> SourceRatings | None:
        """Return the ratings by TMDB number, which every title has; see ``RatingSource``.

        ``None`` for episodes, seasons and collections, which MDBList does not rate.
        """
        media, ttl_s = title.media, self._ttl_s(title)
        if media.is_part or media.kind not in WORDS:
            return None
        return await self._ratings.get(
            media,
            lambda: self._refresh(media) if is_background() else self._fetch_one(media),
            ttl_s=lambda found: ttl_s if found else min(ttl_s, DAY_S),
        )

    async def by_tvdb_film(self, number: int, *, gone: MediaId | None = None) -> MediaId | None:
        """Return the film with this TVDB number; see ``FilmNames``."""
        film = await self._films.get(number, lambda: self._film(number, gone))
        if film is None or film != gone:
            return film
        self._films.invalidate(number)
        return await self._films.get(number, lambda: self._film(number, gone))

    async def _film(self, number: int, gone: MediaId | None = None) -> MediaId | None:
        film = await self._fetch("tvdb", TitleKind.MOVIE, number, lambda body: read_film(number, body))
        return None if film == gone else film

    async def titles(self, name: str, most: int) -> tuple[ExternalId, ...]:
        """Return the titles of a public list, named ``user/list-name`` or by number; see ``TitleLists``."""
        if not _LIST.fullmatch(name):
            raise BadRequest(public=_LIST_NAMES)
        found: dict[ExternalId, None] = {}
        offset = 0
        for _ in range(_MAX_PAGES):
            page = {"limit": str(min(most, _PAGE_SIZE)), "offset": str(offset), "unified": "true"}
            request = Request(f"{self._api_url}/lists/{name}/items", page)
            listed, is_last = await self._upstream.send(request, self._read_page)
            offset += len(listed)
            found |= {ref: None for row in listed if (ref := read_listed(row))}
            if is_last or len(found) >= most:
                break
        return tuple(found)[:most]

    def _read_page(self, response: Response) -> tuple[list[Row], bool]:
        """Return a page's rows, and whether it is the last one. A list is one array, or one array per kind."""
        listed = read_rows(response.body) if response.status == HTTPStatus.OK else None
        if listed is not None:
            return listed, not listed or response.headers.get("x-has-more", "true").lower() == "false"
        try:
            is_missing = self._body(response) is None
        except BareRefusal:
            if response.status != HTTPStatus.FORBIDDEN or b'"error"' not in response.body:
                raise
            is_missing = True  # MDBList's own answer for a private list
        if is_missing:
            raise BadRequest(public=f"MDBList has no such public list. {_LIST_NAMES}")
        raise SourceInvalidResponse(self.name, "a list without titles")

    async def _refresh(self, media: MediaId) -> SourceRatings | None:
        """Fetch in a batch with other background requests: ten titles cost one call."""
        try:
            return await self._refreshes[media.kind].get(media.number)
        except MissingFromBatch:
            return await self._fetch_one(media)

    async def _fetch_one(self, media: MediaId) -> SourceRatings | None:
        return await self._fetch("tmdb", media.kind, media.number, lambda body: _ratings_of(media, body))

    async def _fetch_many(self, kind: TitleKind, numbers: Collection[int]) -> dict[int, SourceRatings | None]:
        """Return the titles that one call yields, ``None`` for no such title; missing ones must be fetched singly."""
        if len(numbers) == 1:
            return {}
        body = msgspec.json.encode({"ids": numbers})
        request = Request(f"{self._api_url}/tmdb/{WORDS[kind]}", body=body, max_bytes=_MAX_BYTES)
        try:
            return await self._upstream.send(request, lambda response: self._read_many(kind, numbers, response))
        except SourceInvalidResponse:  # one title may have spoilt it for the others
            return {}

    def _read_many(
        self, kind: TitleKind, numbers: Collection[int], response: Response
    ) -> dict[int, SourceRatings | None]:
        if response.status in _BATCH_REJECTED:  # too many numbers, or one invalid: no information about the others
            with suppress(SourceInvalidResponse):
                self._body(response)
            return {}
        listed = read_rows(response.body) if response.body.lstrip().startswith(b"[") else None
        if listed is None or response.status != HTTPStatus.OK:
            self._body(response)
            return {}
        by_number = {read_tmdb(row): row for row in reversed(listed)}
        found = {
            number: _ratings_of(MediaId(kind, number), by_number[number]) for number in numbers if number in by_number
        }
        if not found or None in by_number:  # a row without a number may be any title that seems to be missing
            return {**found}
        return {number: found.get(number) for number in numbers}

    async def _fetch(self, provider: str, kind: TitleKind, number: int, read: Callable[[Row], _T]) -> _T | None:
        request = Request(f"{self._api_url}/{provider}/{WORDS[kind]}/{number}", max_bytes=_MAX_BYTES)

        def read_response(response: Response) -> _T | None:
            body = self._body(response)
            return None if body is None else read(body)

        return await self._upstream.send(request, read_response)

    def _body(self, response: Response) -> Row | None:
        """Return the title's object, ``None`` if there is no such title. Errors may come with status 200."""
        body = read_answer(self.name, response, _refuses)
        if response.status == HTTPStatus.NOT_FOUND:
            return None
        if response.status == HTTPStatus.OK and _is_title(body):
            return body
        if "not found" in text(body, "error").lower():
            return None
        raise SourceInvalidResponse(self.name, f"status {response.status}, no title in the response")


def _is_title(body: Row) -> bool:
    return body.get("response") is not False and not _TITLE_FIELDS.isdisjoint(body)


def _refuses(body: Row) -> bool:
    return not _is_title(body) and is_about_key(text(body, "error") or text(body, "detail"))


def _ratings_of(media: MediaId, body: Row) -> SourceRatings | None:
    """Return the ratings, ``None`` if they are those of another title."""
    return read_mdblist_ratings(media, body) if is_about(media, body) else None
