"""The titles of a public list, for a page that shows them as pictures. A renderer asks the source."""

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from gateway.api.api_error import ApiError
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.pictures.pinned_art_api import Documents
from gateway.pictures.preview import rate_refusal
from gateway.pictures.rate_limits import ClientRateLimits
from shared.domain.errors import Busy, DeadlineExceeded, StoreDown
from shared.domain.public_list import PUBLIC_LISTS_PATH, PublicList

_RETRY_S: Final = 5
_USER: Final = r"[A-Za-z0-9_-][A-Za-z0-9_.~-]{0,99}"
_NAME: Final = r"[A-Za-z0-9_-][A-Za-z0-9_.~-]{0,199}"
_REST: Final = r"/?(?:[?#].*)?"
_SITE: Final = r"(?:https?://)?(?:www\.|app\.)?"
_OTHER_PAGE: Final = rf"{_SITE}(?:mdblist\.com|trakt\.tv)/|www\."  # whose address reads like a user and a list
_MDBLIST: Final = re.compile(
    rf"(?:{_SITE}mdblist\.com/lists/|mdblist:|(?!{_OTHER_PAGE}))(?P<name>[0-9]{{1,10}}|{_USER}/{_NAME}){_REST}",
    re.ASCII,
)
_TRAKT: Final = re.compile(
    rf"(?:{_SITE}trakt\.tv/|trakt:)(?P<name>lists/[0-9]{{1,10}}|users/{_USER}/(?:watchlist|lists/{_NAME})){_REST}",
    re.ASCII,
)
_FORMS: Final = "Enter the address of a public list, such as https://mdblist.com/lists/user/list-name."
_TRAKT_FORMS: Final = (
    "Enter the address of a public list of Trakt, such as https://trakt.tv/users/user/lists/list-name."
)
_MISSING: Final = {
    "mdblist": "MDBList has no such list, or it is private.",
    "trakt": "Trakt has no such list, or it is private.",
}
_LATE: Final = "The list cannot be read at the moment. Please try again later."


class ListQuery(msgspec.Struct, frozen=True):
    """Which list: its address at MDBList or Trakt, or MDBList's ``user/list-name`` or number."""

    list: Annotated[str, msgspec.Meta(max_length=400)] = ""


class _Refused(msgspec.Struct, frozen=True):
    error: str


class PublicListsApi:
    """Serves ``/api/lists`` to those who may see previews."""

    def __init__(
        self,
        caller: Callable[[web.Request], Awaitable[tuple[int, bool]]],
        rate_limits: ClientRateLimits,
        renderer: Callable[[], Documents],
    ) -> None:
        self._caller, self._rate_limits, self._renderer = caller, rate_limits, renderer

    async def show(self, call: Call, _: NoBody) -> Reply:
        """Return the ids of the first titles of a public list of MDBList or Trakt.

        Raises ``ApiError`` (400, 401, 404, 429, 503), ``StoreDown``.
        """
        key_id, _is_free = await self._caller(call.request)
        source, name = public_list_name(call.query.list)
        client = self._rate_limits.client(call.request)
        with rate_refusal():
            self._rate_limits.take_list(client, key_id)
        try:
            path = f"{PUBLIC_LISTS_PATH}/{source}?{urlencode({'name': name})}"
            status, body = await self._renderer().fetch(path, client)
            if status == HTTPStatus.OK:
                return Reply(msgspec.json.decode(body, type=PublicList))
            if status == HTTPStatus.NOT_FOUND:
                raise ApiError(HTTPStatus.NOT_FOUND, _MISSING[source], field="list")
            if status == HTTPStatus.BAD_REQUEST:
                raise ApiError(HTTPStatus.BAD_REQUEST, msgspec.json.decode(body, type=_Refused).error, field="list")
        except (Busy, DeadlineExceeded, StoreDown, msgspec.DecodeError) as error:
            raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, _LATE, retry_after_s=_RETRY_S) from error
        raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, _LATE, retry_after_s=_RETRY_S)


def public_list_name(text: str) -> tuple[str, str]:
    """Return the source of a list, and its name as the source's API writes it. Raises a 400 ``ApiError``."""
    text = text.strip()
    if found := _MDBLIST.fullmatch(text):
        return "mdblist", found["name"]
    if found := _TRAKT.fullmatch(text):
        return "trakt", found["name"]
    raise ApiError(HTTPStatus.BAD_REQUEST, _TRAKT_FORMS if "trakt" in text else _FORMS, field="list")
