"""Pins: a title is always drawn on the artwork that somebody chose, for one key or for everybody."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Final, Protocol, Self

import msgspec
from aiohttp import web

from gateway.admin.title_lookup import media_of
from gateway.api.api_error import ApiError
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.db.audit import Action, changing
from gateway.db.key_settings import find_key_settings, lock_key_settings
from gateway.db.title_pins import EVERYBODY, MOST_PER_KEY, PinRow, delete_pins, find_pins, write_pin
from gateway.keys.key_settings_api import require_own_settings
from gateway.keys.pinned_art import PINNED_KINDS
from gateway.pictures.address import title_for_kind
from gateway.pictures.handler import PictureDependencies
from gateway.pictures.key_layers import layers_below
from gateway.pictures.preview import rate_refusal
from gateway.pictures.settings_resolver import resolve_query
from shared.domain.errors import BadRequest, DeadlineExceeded, StoreDown
from shared.domain.ids import ExternalId, MediaId
from shared.domain.pictures import Format, Kind
from shared.queue.prewarm_input import parse_external_id
from shared.settings.content_url import content_path
from shared.settings.parameters import parse_query
from shared.stores.postgres import Pool

_KINDS: Final = ", ".join(kind for kind in Kind if kind in PINNED_KINDS)
_RETRY_S: Final = 5


class ArtChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The artwork to draw on: kind of picture, source, and the name of the file in the source's list of the title."""

    kind: Kind
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    file: Annotated[str, msgspec.Meta(min_length=1, max_length=134)]


class UnpinQuery(msgspec.Struct, frozen=True):
    """Which of a title's pins to remove; all of them unless ``kind`` names one."""

    kind: Kind | None = None


class PinPage(msgspec.Struct, frozen=True, kw_only=True):
    """A pin: ``title`` is the external id that it was made for, ``media`` the title's id here."""

    title: str
    media: str
    kind: Kind
    source: str
    file: str
    pinned_at: datetime

    @classmethod
    def of(cls, row: PinRow) -> Self:
        """Return a pin as its owner sees it."""
        return cls(
            title=row.alias,
            media=row.media_id,
            kind=row.kind,
            source=row.source,
            file=row.file,
            pinned_at=row.pinned_at,
        )


class PinList(msgspec.Struct, frozen=True):
    """Pins, the latest first."""

    pins: list[PinPage]


class _Listed(msgspec.Struct, frozen=True):
    source: str
    file: str


class _ArtworkOfTitle(msgspec.Struct, frozen=True):
    """What a pin needs of the renderer's list of artwork."""

    pictures: list[_Listed]
    media: str


class _Refused(msgspec.Struct, frozen=True):
    error: str


class Documents(Protocol):
    """The renderer, which may ask the sources."""

    async def fetch(self, path: str, client: str) -> tuple[int, bytes]:
        """Return status and body. Raises ``Busy``, ``DeadlineExceeded``, ``StoreDown``."""


class PinnedArtApi:
    """Serves ``art`` and ``titles/{id}/art`` below ``/api/key/me`` for one key, and below ``/api/admin`` for all."""

    def __init__(
        self,
        deps: PictureDependencies,
        pool: Pool,
        renderer: Callable[[], Documents],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._deps, self._pool, self._renderer, self._now = deps, pool, renderer, now

    async def list(self, call: Call, _: NoBody) -> Reply:
        """Return the pins. Raises ``StoreDown``."""
        return await self._pins(_owner(call))

    async def pin(self, call: Call, body: ArtChoice) -> Reply:
        """Pin a file of the title, replacing the previous one. Gateways apply it within seconds.

        Raises ``BadRequest``, an ``ApiError`` (404 for an unknown title or file, 409 if there are too many pins, 429,
        503), ``StoreDown``.
        """
        owner = _owner(call)
        title = _title(call.request, body.kind)
        file = parse_query(body.kind, {"art": body.file})["art_file"]
        of_key = "" if owner == EVERYBODY else require_own_settings(await find_key_settings(self._pool, owner)).settings
        found = await self._artwork(call, title, body.kind, file, (owner, of_key))
        if _Listed(body.source, file) not in found.pictures:
            sentence = f"{body.source} has no {body.kind} of this title with this name."
            raise ApiError(HTTPStatus.NOT_FOUND, sentence, field="file")
        row = PinRow(
            key_id=owner,
            media_id=str(MediaId.parse(found.media)),
            kind=body.kind,
            alias=title.alias,
            source=body.source,
            file=file,
            pinned_at=self._now(),
        )
        async with changing(self._pool, call.actor, Action.ART_PINNED) as change:
            if owner != EVERYBODY:
                require_own_settings(await lock_key_settings(change.db, owner))
            if not await write_pin(change.db, row):
                sentence = f"The limit of {MOST_PER_KEY} pins is reached. Please remove one first."
                raise ApiError(HTTPStatus.CONFLICT, sentence)
            change.target, change.pins = _target(owner), True
            change.details |= {"media": row.media_id, "kind": row.kind.value, "source": row.source, "file": row.file}
        return Reply(PinPage.of(row))

    async def unpin(self, call: Call, _: NoBody) -> Reply:
        """Remove the pins of a title and return the remaining ones.

        Raises ``BadRequest``, a 404 ``ApiError`` if there is none, ``StoreDown``.
        """
        owner, kind = _owner(call), call.query.kind
        title = _title(call.request, kind)
        media = await media_of(self._pool, title)
        async with changing(self._pool, call.actor, Action.ART_UNPINNED) as change:
            removed = await delete_pins(change.db, owner, title, media, kind)
            if not removed:
                raise ApiError(HTTPStatus.NOT_FOUND, "Nothing is pinned for this title.")
            change.target, change.pins = _target(owner), True
            change.details |= {"media": removed[0].media_id} | {row.kind.value: row.file for row in removed}
        return await self._pins(owner)

    async def _pins(self, owner: int) -> Reply:
        return Reply(PinList([PinPage.of(row) for row in await find_pins(self._pool, owner)]))

    async def _artwork(
        self, call: Call, title: ExternalId, kind: Kind, file: str, whose: tuple[int, str]
    ) -> _ArtworkOfTitle:
        """Return the title's artwork, from the list below the picture that a pin of this file leads to.

        It counts as a request for that picture, which is drawn meanwhile.
        """
        deps, (owner, of_key) = self._deps, whose
        client = deps.rate_limits.client(call.request)
        resolved = resolve_query(kind, Format.JPG, f"art={file}", layers_below(deps.change_feed.overrides, of_key))
        path = content_path(resolved.hash, title, kind, resolved.settings.format)
        with rate_refusal():
            deps.rate_limits.take_picture(client, owner)
            await deps.save_settings(resolved, client)
            deps.announce(path, resolved, title, (owner, client))
        try:
            status, body = await self._renderer().fetch(f"{path}/artwork", client)
        except DeadlineExceeded as error:
            raise StoreDown(str(error)) from error
        with suppress(msgspec.DecodeError):  # a renderer of the version before says nothing of the title's id
            if status == HTTPStatus.OK:
                return msgspec.json.decode(body, type=_ArtworkOfTitle)
            if status == HTTPStatus.NOT_FOUND:
                raise ApiError(HTTPStatus.NOT_FOUND, msgspec.json.decode(body, type=_Refused).error)
        sentence = "The title's pictures cannot be listed now. Please try again later."
        raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, sentence, retry_after_s=_RETRY_S)


def _owner(call: Call) -> int:
    """Return whose pins these are: the key's that is signed in; an admin's are everybody's."""
    return EVERYBODY if call.caller.key_id is None else call.caller.key_id


def _target(owner: int) -> str:
    return "everybody" if owner == EVERYBODY else f"key:{owner}"


def _title(request: web.Request, kind: Kind | None) -> ExternalId:
    """Return the title in the address, as the address of its picture names it. Raises ``BadRequest``."""
    if kind is not None and kind not in PINNED_KINDS:
        raise BadRequest(public=f"Art can be pinned for these kinds: {_KINDS}.")
    return title_for_kind(parse_external_id(request.match_info["id"]), kind)
