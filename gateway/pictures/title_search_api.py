"""Finds titles by name, id or link. A renderer asks the sources: the gateway has no key of theirs."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final

import msgspec

from gateway.api.api_error import ApiError
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.pictures.page_caller import PageCaller
from gateway.pictures.pinned_art_api import Documents
from gateway.pictures.preview import rate_refusal
from gateway.pictures.rate_limits import ClientRateLimits
from gateway.pictures.title_links import LONGEST, read_title_query
from shared.domain.errors import BadRequest, Busy, DeadlineExceeded, StoreDown, TitleNotFound
from shared.domain.title_query import ListedTitle, ListedTitles, TitleQuery, readable_id

_RETRY_S: Final = 5
_LATE: Final = "The search is not available at the moment. Please try again, or enter the title’s id."


class SearchQuery(msgspec.Struct, frozen=True):
    """What to look for.

    ``q`` is a name, with or without a year, an id in any form, a TMDB number, or a link to IMDb, TMDB, TVDB, Letterboxd
    or Trakt.
    """

    q: Annotated[str, msgspec.Meta(max_length=LONGEST)] = ""


class TitleSearchApi:
    """Serves ``/api/search`` to those who may see previews."""

    def __init__(
        self,
        caller: PageCaller,
        rate_limits: ClientRateLimits,
        renderer: Callable[[], Documents],
        *,
        content_base_url: str,
    ) -> None:
        self._caller, self._rate_limits, self._renderer = caller, rate_limits, renderer
        self._base = content_base_url

    async def show(self, call: Call, _: NoBody) -> Reply:
        """Return up to eight titles, best first; none if there is no such title.

        An id is returned without a name while the sources cannot be asked. Raises ``ApiError`` (400, 401, 429, 503).
        """
        key_id, _is_free = await self._caller.key(call.request)
        client = self._rate_limits.client(call.request)
        with rate_refusal():
            self._rate_limits.take_search(client, key_id)
        try:
            named = read_title_query(call.query.q)
        except BadRequest as error:
            raise ApiError(HTTPStatus.BAD_REQUEST, error.public, field="q") from error
        except TitleNotFound:
            return Reply(ListedTitles([]))
        return Reply(
            ListedTitles([self._shown(each, named.part_of(each.id)) for each in await self._found(named.query, client)])
        )

    def _shown(self, title: ListedTitle, title_id: str) -> ListedTitle:
        """Return a title with the whole address of its poster."""
        poster = title.poster and self._base + title.poster
        return ListedTitle(id=title_id, kind=title.kind, name=title.name, year=title.year, poster=poster)

    async def _found(self, query: TitleQuery, client: str) -> list[ListedTitle]:
        try:
            status, body = await self._renderer().fetch(query.path, client)
            if status == HTTPStatus.OK:
                return msgspec.json.decode(body, type=ListedTitles).titles
        except (Busy, DeadlineExceeded, StoreDown, msgspec.DecodeError):
            status = HTTPStatus.SERVICE_UNAVAILABLE
        if status == HTTPStatus.TOO_MANY_REQUESTS or not query.ids or query.name:
            raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, _LATE, retry_after_s=_RETRY_S)
        return [ListedTitle(id=readable_id(ref), kind=ref.kind, name="") for ref in query.ids]
