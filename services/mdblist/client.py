"""MDBList: the ratings of every site at once, and films by their TVDB number."""

import functools
import re
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Final, TypeVar

import msgspec

from services.client.batcher import AskAlone, Batcher
from services.client.cache import DAY_S, TieredResponseCache, share
from services.client.http import Http, Request, Response, in_query, retry_after_s
from services.client.json_reader import Row, json_object, text
from services.client.key_pool import Quota
from services.client.priority import is_background
from services.client.remote_cache import RemoteCache
from services.mdblist.reader import WORDS, read_film, read_listed, read_mdblist_ratings, read_rows, read_tmdb
from services.source import RatingsAnswer, Title
from shared.config.environment import Secret
from shared.domain.errors import BadRequest, SourceInvalidResponse, SourceRefused
from shared.domain.ids import ExternalId, MediaId, TitleKind

_T = TypeVar("_T")

_TITLE_FIELDS: Final = frozenset({"ids", "imdbid", "ratings", "score", "title", "tmdbid", "type"})
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
        remote: RemoteCache | None = None,
    ) -> None:
        quota = Quota(daily=daily_limit, burst=_BURST, is_told=True)
        self._line = http.line(self.name, keys, in_query("apikey"), quota)
        self._api_url = api_url
        self._lifetime_s = ratings_lifetime_s
        self._ratings: TieredResponseCache[MediaId, RatingsAnswer | None] = TieredResponseCache(
            _TITLES, lambda _: 0.0, shared=share(remote, "mdblist.ratings", RatingsAnswer | None)
        )
        self._films: TieredResponseCache[int, MediaId | None] = TieredResponseCache(
            _FILMS,
            lambda film: 7 * DAY_S if film else DAY_S,
            shared=share(remote, "mdblist.films", MediaId | None),
        )
        self._refreshes: dict[TitleKind, Batcher[int, RatingsAnswer | None]] = {
            kind: Batcher(functools.partial(self._ask_many, kind), most=_BATCH) for kind in WORDS
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
            lambda: self._refresh(media) if is_background() else self._ask_one(media),
            lifetime_s=lambda answer: lifetime_s if answer else min(lifetime_s, DAY_S),
        )

    async def by_tvdb_film(self, number: int) -> MediaId | None:
        """Return the film with that TVDB number; see ``FilmNames``."""
        return await self._films.get(number, lambda: self._ask("tvdb", TitleKind.MOVIE, number, read_film))

    async def titles(self, name: str, most: int) -> tuple[ExternalId, ...]:
        """Return what is on a public list, written ``user/list-name`` or as its number; see ``TitleLists``."""
        if not _LIST.fullmatch(name):
            raise BadRequest(public=_LIST_NAMES)
        found: dict[ExternalId, None] = {}
        offset = 0
        for _ in range(_MOST_PAGES):
            page = {"limit": str(min(most, _PAGE)), "offset": str(offset), "unified": "true"}
            question = Request(f"{self._api_url}/lists/{name}/items", page)
            listed, is_last = await self._line.send(question, self._read_page)
            offset += len(listed)
            found |= {ref: None for row in listed if (ref := read_listed(row))}
            if is_last or len(found) >= most:
                break
        return tuple(found)[:most]

    def _read_page(self, answer: Response) -> tuple[list[Row], bool]:
        """Return a page's rows, and whether it is the last; a list is an array, or one array a kind."""
        listed = read_rows(answer.body) if answer.status == HTTPStatus.OK else None
        if listed is not None:
            return listed, not listed or answer.headers.get("x-has-more", "true").lower() == "false"
        # A private list is forbidden as a wrong key is, and says nothing about ours.
        is_private = answer.status == HTTPStatus.FORBIDDEN and b"key" not in answer.body.lower()
        if is_private or self._body(answer) is None:
            raise BadRequest(public=f"MDBList has no such public list. {_LIST_NAMES}")
        raise SourceInvalidResponse(self.name, "a list without titles")

    async def _refresh(self, media: MediaId) -> RatingsAnswer | None:
        """Ask together with others that are in no hurry: ten titles for the price of one."""
        try:
            return await self._refreshes[media.kind].get(media.number)
        except AskAlone:
            return await self._ask_one(media)

    async def _ask_one(self, media: MediaId) -> RatingsAnswer | None:
        return await self._ask("tmdb", media.kind, media.number, lambda body: read_mdblist_ratings(media, body))

    async def _ask_many(self, kind: TitleKind, numbers: Collection[int]) -> dict[int, RatingsAnswer | None]:
        """Return what one answer says of these, ``None`` for no such title; what is left out has to be asked alone."""
        if len(numbers) == 1:
            return {}
        body = msgspec.json.encode({"ids": numbers})
        question = Request(f"{self._api_url}/tmdb/{WORDS[kind]}", body=body)
        return await self._line.send(question, lambda answer: self._read_many(kind, numbers, answer))

    def _read_many(
        self, kind: TitleKind, numbers: Collection[int], answer: Response
    ) -> dict[int, RatingsAnswer | None]:
        if answer.status in _NOT_TOGETHER:  # too many, or one number that it does not like: nothing about the others
            with suppress(SourceInvalidResponse):
                self._body(answer)
            return {}
        listed = read_rows(answer.body) if answer.body.lstrip().startswith(b"[") else None
        if listed is None or answer.status != HTTPStatus.OK:
            self._body(answer)
            return {}
        by_number = {read_tmdb(row): row for row in reversed(listed)}
        told = {
            number: read_mdblist_ratings(MediaId(kind, number), by_number[number])
            for number in numbers
            if number in by_number
        }
        if not told or None in by_number:  # a row does not say what it is about: it may be any that seems left out
            return {**told}
        return {number: told.get(number) for number in numbers}

    async def _ask(self, provider: str, kind: TitleKind, number: int, read: Callable[[Row], _T]) -> _T | None:
        question = Request(f"{self._api_url}/{provider}/{WORDS[kind]}/{number}")

        def read_answer(answer: Response) -> _T | None:
            body = self._body(answer)
            return None if body is None else read(body)

        return await self._line.send(question, read_answer)

    def _body(self, answer: Response) -> Row | None:
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
        raise SourceInvalidResponse(self.name, f"status {answer.status}, no title in the answer")
