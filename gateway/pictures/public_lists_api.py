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
_LIST: Final = re.compile(
    r"(?:https?://)?(?:www\.)?(?:mdblist\.com/lists/)?"
    r"(?P<user>[A-Za-z0-9_-][A-Za-z0-9_.~-]{0,99})/(?P<list>[A-Za-z0-9_-][A-Za-z0-9_.~-]{0,199})/?(?:[?#].*)?",
    re.ASCII,
)
_FORMS: Final = "Enter the address of a public MDBList list, such as https://mdblist.com/lists/user/list-name."
_TRAKT: Final = (
    "Trakt’s lists need a Trakt key, which Marquee does not use. "
    "Import the list into MDBList, and enter the address that it has there."
)
_MISSING: Final = "MDBList has no such list, or it is private."
_LATE: Final = "The list cannot be read at the moment. Please try again later."


class ListQuery(msgspec.Struct, frozen=True):
    """Which list: its address at MDBList, or ``user/list-name``."""

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
        """Return the ids of the first titles of a public MDBList list.

        Raises ``ApiError`` (400, 401, 404, 429, 503), ``StoreDown``.
        """
        key_id, _is_free = await self._caller(call.request)
        name = public_list_name(call.query.list)
        client = self._rate_limits.client(call.request)
        with rate_refusal():
            self._rate_limits.take_list(client, key_id)
        try:
            status, body = await self._renderer().fetch(f"{PUBLIC_LISTS_PATH}?{urlencode({'name': name})}", client)
            if status == HTTPStatus.OK:
                return Reply(msgspec.json.decode(body, type=PublicList))
            if status == HTTPStatus.NOT_FOUND:
                raise ApiError(HTTPStatus.NOT_FOUND, _MISSING, field="list")
            if status == HTTPStatus.BAD_REQUEST:
                raise ApiError(HTTPStatus.BAD_REQUEST, msgspec.json.decode(body, type=_Refused).error, field="list")
        except (Busy, DeadlineExceeded, StoreDown, msgspec.DecodeError) as error:
            raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, _LATE, retry_after_s=_RETRY_S) from error
        raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, _LATE, retry_after_s=_RETRY_S)


def public_list_name(text: str) -> str:
    """Return a list's name as MDBList's API writes it. Raises a 400 ``ApiError``."""
    text = text.strip()
    if "trakt.tv" in text:
        raise ApiError(HTTPStatus.BAD_REQUEST, _TRAKT, field="list")
    found = _LIST.fullmatch(text)
    if found is None or (("://" in text or found["user"].startswith("www.")) and "mdblist.com/lists/" not in text):
        raise ApiError(HTTPStatus.BAD_REQUEST, _FORMS, field="list")
    return f"{found['user']}/{found['list']}"
