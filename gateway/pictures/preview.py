"""Sample pictures for the page on which settings are chosen."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web

from gateway.api.api_error import ApiError
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.db.sessions import SessionRow
from gateway.keys.token import FREE_KEY
from gateway.pictures.address import title_for_kind
from gateway.pictures.handler import PictureDependencies
from gateway.pictures.settings_resolver import resolve_query
from shared.domain.errors import BadRequest, InvalidApiKey, RateLimited
from shared.domain.ids import Episode, ExternalId, IdType
from shared.domain.pictures import Format, Kind
from shared.queue.prewarm_input import parse_external_id
from shared.settings.content_url import content_path
from shared.settings.parameters import PARAMETERS

_FILM: Final = ExternalId(IdType.IMDB, 17136)  # Metropolis
_PART: Final = ExternalId(IdType.IMDB, 903747, episode=Episode(1, 1))  # the first episode of Breaking Bad
SAMPLES: Final = {Kind.POSTER: _FILM, Kind.LOGO: _FILM, Kind.BACKDROP: _FILM, Kind.EPISODE: _PART}
"""The sample of each kind if the query names no title."""

_ADMIN: Final = 0  # in place of a key's id: an admin who looks at previews while the free key is off
_FIELDS: Final[list[tuple[str, Any, Any]]] = [
    (name, str, "") for name in (*(param.names[0] for param in PARAMETERS), "fallback")
]

PreviewQuery: Final[type[msgspec.Struct]] = msgspec.defstruct(
    "PreviewQuery", [("id", Annotated[str, msgspec.Meta(max_length=100)], ""), *_FIELDS], frozen=True, module=__name__
)
"""The title's external id in any form, and the parameters of a picture."""


class Sample(msgspec.Struct, frozen=True):
    """The URL of the sample."""

    location: str


class PreviewApi:
    """Serves ``/api/preview/{kind}``: to all callers if the free key is enabled, else to those who are signed in.

    Without ``is_open`` strangers get none: the pages are closed to them, or the free key has no settings to choose.
    """

    def __init__(
        self,
        deps: PictureDependencies,
        session: Callable[[web.Request], Awaitable[SessionRow]],
        *,
        content_base_url: str,
        is_open: bool = True,
    ) -> None:
        self._deps, self._session, self._base = deps, session, content_base_url
        self._is_open = is_open

    async def show(self, call: Call, _: NoBody) -> Reply:
        """Redirect to a sample picture. Parameters that the query omits come from the global settings.

        It counts as a picture of the free key, or else of the key that is signed in. Raises ``BadRequest``, a 401 or
        429 ``ApiError``, ``StoreDown``.
        """
        key_id, is_free = await self.caller(call.request)
        client = self._deps.rate_limits.client(call.request)
        with rate_refusal():
            self._deps.rate_limits.take_picture(client, key_id)
        kind = _kind(call.request.match_info["kind"])
        title = title_for_kind(parse_external_id(call.query.id) if call.query.id else SAMPLES[kind], kind)
        query = call.request.rel_url.raw_query_string
        resolved = resolve_query(kind, Format.JPG, query, ((True, self._deps.change_feed.overrides),))
        path = content_path(resolved.hash, title, kind, resolved.settings.format)
        with rate_refusal():
            await self._deps.save_settings(resolved, client, is_free=is_free)
            self._deps.announce(path, resolved, title, (key_id, client))
        location = self._base + path.removesuffix(f".{resolved.settings.format}") + resolved.ending
        return Reply(Sample(location), location=location)

    async def caller(self, request: web.Request) -> tuple[int, bool]:
        """Return the id of the key whose limits a preview shares, and whether it is the free key.

        Raises a 401 ``ApiError``, ``StoreDown``.
        """
        if self._is_open:
            with suppress(InvalidApiKey):
                return (await self._deps.keys.find(FREE_KEY)).id, True
        return (await self._session(request)).key_id or _ADMIN, False


@contextmanager
def rate_refusal() -> Iterator[None]:
    """Translate ``RateLimited`` to the API's error."""
    try:
        yield
    except RateLimited as error:
        status = HTTPStatus.TOO_MANY_REQUESTS
        raise ApiError(status, error.public, retry_after_s=error.retry_after_s) from error


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError as exc:
        raise BadRequest(public=f"The kind must be one of {', '.join(Kind)}.") from exc
