"""Sample pictures for the page on which settings are chosen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web

from gateway.api.api_error import ApiError
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.pictures.address import PRESET_PREFIX, title_for_kind
from gateway.pictures.handler import PictureDependencies
from gateway.pictures.key_layers import layers_below
from gateway.pictures.page_caller import PageCaller
from gateway.pictures.settings_resolver import resolve_query
from gateway.settings.layers import design_layer
from shared.designs.as_settings import FROM_ADDRESS
from shared.designs.checks import checked_design
from shared.designs.document import DesignDocument
from shared.domain.errors import BadField, BadRequest, RateLimited
from shared.domain.ids import Episode, ExternalId, IdType
from shared.domain.pictures import Format, Kind
from shared.queue.prewarm_input import parse_external_id
from shared.settings.content_url import content_path
from shared.settings.parameters import PARAMETERS

_FILM: Final = ExternalId(IdType.IMDB, 17136)  # Metropolis
_PART: Final = ExternalId(IdType.IMDB, 903747, episode=Episode(1, 1))  # the first episode of Breaking Bad
SAMPLES: Final = {Kind.POSTER: _FILM, Kind.LOGO: _FILM, Kind.BACKDROP: _FILM, Kind.EPISODE: _PART}
"""The sample of each kind if the query names no title."""

_FIELDS: Final[list[tuple[str, Any, Any]]] = [
    (name, str, "") for name in (*(param.names[0] for param in PARAMETERS), "fallback")
]

_ID: Final[tuple[str, Any, Any]] = ("id", Annotated[str, msgspec.Meta(max_length=100)], "")

_PRESET: Final[tuple[str, Any, Any]] = ("preset", Annotated[str, msgspec.Meta(max_length=57)], "")

PreviewQuery: Final[type[msgspec.Struct]] = msgspec.defstruct(
    "PreviewQuery", [_ID, _PRESET, *_FIELDS], frozen=True, module=__name__
)
"""The title's external id in any form, the name of a published preset, and the parameters of a picture."""

_OF_DESIGN: Final = {param.names[0] for param in PARAMETERS if param.field in FROM_ADDRESS} | {"fallback"}

DesignPreviewQuery: Final[type[msgspec.Struct]] = msgspec.defstruct(
    "DesignPreviewQuery",
    [_ID, *(field for field in _FIELDS if field[0] in _OF_DESIGN)],
    frozen=True,
    module=__name__,
)
"""The same of a design, with the parameters that it leaves to the address."""


class Sample(msgspec.Struct, frozen=True):
    """The URL of the sample."""

    location: str


class PreviewApi:
    """Serves ``/api/preview/{kind}`` and ``/api/preview/design``.

    To all callers if the free key is enabled, else to those who are signed in.
    """

    def __init__(self, deps: PictureDependencies, caller: PageCaller, *, content_base_url: str) -> None:
        self._deps, self._caller, self._base = deps, caller, content_base_url

    async def show(self, call: Call, _: NoBody) -> Reply:
        """Redirect to a sample picture. Parameters that the query omits come from the preset, if it names one.

        Next come the global settings, and pinned art. It counts as a picture of the free key, or else of the key that
        is signed in. Raises ``BadRequest``, a 401 or 429 ``ApiError``, ``StoreDown``.
        """
        location = await self._announced(call, lambda: self._chosen(call))
        return Reply(Sample(location), location=location)

    async def show_design(self, call: Call, body: DesignDocument) -> Reply:
        """Return where a sample picture of a design is. Of the parameters, size, region, quality and artwork count.

        It counts as a picture like other previews. Raises ``BadField``, ``BadRequest``, a 401 or 429 ``ApiError``,
        ``StoreDown``.
        """
        design = checked_design(body)
        return Reply(Sample(await self._announced(call, lambda: (design.kind, design_layer(design)))))

    def _chosen(self, call: Call) -> tuple[Kind, str]:
        """Return the kind, and the layer of the preset that the query names, if any. Raises ``BadRequest``."""
        kind, name = _kind(call.request.match_info["kind"]), call.query.preset
        if not name:
            return kind, ""
        found = self._deps.change_feed.presets.find(f"{PRESET_PREFIX}{name}")
        if found is None or found[0] is not kind:
            raise BadField.at("preset", f"must be the name of a preset for this kind, {kind}")
        return found

    async def _announced(self, call: Call, chosen: Callable[[], tuple[Kind, str]]) -> str:
        """Store the settings of a kind, with a layer for it on top of the global ones, and let the sample be drawn.

        Returns where it is. The limits come before everything else.
        """
        key_id, is_free = await self._caller.key(call.request)
        client = self._deps.rate_limits.client(call.request)
        with rate_refusal():
            self._deps.rate_limits.take_picture(client, key_id)
        kind, layer = chosen()
        title = title_for_kind(parse_external_id(call.query.id) if call.query.id else SAMPLES[kind], kind)
        pin = await self._pin(call.request, key_id, kind, title)
        layers = (*layers_below(self._deps.change_feed.overrides, "", layer), *(((False, pin),) if pin else ()))
        resolved = resolve_query(kind, Format.JPG, call.request.rel_url.raw_query_string, layers)
        path = content_path(resolved.hash, title, kind, resolved.settings.format)
        with rate_refusal():
            await self._deps.save_settings(resolved, client, is_free=is_free)
            self._deps.announce(path, resolved, title, (key_id, client))
        return self._base + path.removesuffix(f".{resolved.settings.format}") + resolved.ending

    async def _pin(self, request: web.Request, key_id: int, kind: Kind, title: ExternalId) -> str:
        """Return the overrides of a title's pinned art, for the key that is signed in if there is one."""
        pins = self._deps.change_feed.pinned_art
        return pins.layer(await self._caller.signed_in(request, key_id), kind, title) if pins.has_any else ""


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
