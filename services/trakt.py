"""Trakt: public lists and watchlists. Its ratings come from MDBList, so it is asked for nothing else."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import msgspec

from services.client.http import Http, Request, Response
from services.client.json_reader import Row, imdb_ref, inner, json_value, rows, text, whole
from services.client.key_pool import Quota
from services.client.refusals import check_bare_refusal, is_about_key
from services.client.upstream import UpstreamClient
from shared.config.environment import Secret
from shared.domain.errors import BadRequest, SourceInvalidResponse
from shared.domain.ids import ExternalId, IdType, TitleKind

_BURST: Final = 1_000  # calls per five minutes
_LIST: Final = re.compile(
    r"lists/[0-9]{1,10}|users/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}/(?:watchlist|lists/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199})",
    re.ASCII,
)
_LIST_NAMES: Final = "A Trakt list is written as users/user/lists/list-name, users/user/watchlist or lists/number."
_KINDS: Final = {"movie": TitleKind.MOVIE, "show": TitleKind.SERIES}
_MAX_BYTES: Final = 512 << 10  # of a page; a row has about 300 bytes
_MAX_PAGES: Final = 100
_PAGE_SIZE: Final = 250  # the most that Trakt returns, whatever ``limit`` says
_MISSING: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.UNAUTHORIZED})  # 401: of a user whose profile is private


def _with_key(request: Request, client_id: Secret) -> Request:
    return msgspec.structs.replace(request, headers={"trakt-api-version": "2", "trakt-api-key": client_id})


class TraktSource:
    """Calls Trakt with the id of an application, which is enough for what is public."""

    name = "trakt"

    def __init__(self, http: Http, client_ids: Sequence[Secret], *, api_url: str) -> None:
        self._upstream = UpstreamClient(http, self.name, client_ids, _with_key, Quota(burst=_BURST))
        self._api_url = api_url

    async def titles(self, name: str, most: int) -> tuple[ExternalId, ...]:
        """Return the films and series of a list such as ``users/user/lists/list-name``; see ``TitleLists``."""
        if not _LIST.fullmatch(name):
            raise BadRequest(public=_LIST_NAMES)
        path = name if name.endswith("/watchlist") else f"{name}/items"
        found: dict[ExternalId, None] = {}
        for page in range(1, _MAX_PAGES + 1):
            query = {"page": str(page), "limit": str(min(most, _PAGE_SIZE))}
            request = Request(f"{self._api_url}/{path}", query, max_bytes=_MAX_BYTES)
            listed, pages = await self._upstream.send(request, self._read_page)
            found |= {ref: None for row in listed if (ref := _title_of(row))}
            if page >= pages or len(found) >= most:
                break
        return tuple(found)[:most]

    def _read_page(self, response: Response) -> tuple[list[Row], int]:
        """Return a page's rows, and how many pages there are."""
        try:
            value = json_value(response.body)
        except (msgspec.DecodeError, RecursionError):
            value = None
        if response.status in _MISSING or _is_private(response.status, value):
            raise BadRequest(public=f"Trakt has no such public list. {_LIST_NAMES}")
        check_bare_refusal(self.name, response)
        if response.status != HTTPStatus.OK or not isinstance(value, list):
            raise SourceInvalidResponse(self.name, f"status {response.status}, no list in the response")
        pages = response.headers.get("x-pagination-page-count", "")
        return rows({"all": value}, "all"), int(pages) if re.fullmatch("[0-9]{1,6}", pages, re.ASCII) else 1


def _is_private(status: int, body: object) -> bool:
    """Return whether a response refuses the list alone: 403 is also what a bad client id gets, as a page or by name."""
    if status != HTTPStatus.FORBIDDEN or not isinstance(body, dict):
        return False
    return not any(is_about_key(value.replace("_", " ")) for value in body.values() if isinstance(value, str))


def _title_of(row: Row) -> ExternalId | None:
    """Return the film or series of a row; ``None`` for seasons, episodes, people, and titles without a usable id."""
    word = text(row, "type")
    kind = _KINDS.get(word)
    if kind is None:
        return None
    ids = inner(inner(row, word), "ids")
    tmdb, tvdb = whole(ids, "tmdb"), whole(ids, "tvdb")
    if tmdb:
        return ExternalId(IdType.TMDB, tmdb, kind)
    return imdb_ref(ids, "imdb") or (ExternalId(IdType.TVDB, tvdb, kind) if tvdb else None)
