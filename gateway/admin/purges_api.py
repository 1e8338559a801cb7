"""Purges on request: an admin names a title, settings, a key or everything, and a renderer removes the pictures.

The gateway only queues the request: it has access neither to the storage nor to the CDN.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final, Self, TypeAlias

import msgspec
import structlog

from gateway.admin.title_lookup import UNKNOWN_TITLE, media_of
from gateway.api.api_error import ApiError
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.db.purge_requests import add_purge, find_purges
from shared.domain.errors import BadRequest, UnknownSettings
from shared.domain.ids import MediaId
from shared.queue.prewarm_input import parse_external_id
from shared.settings.digest import SettingsHash, parse_hash
from shared.stores.postgres import Pool
from shared.stores.purge_rows import MOST_OPEN, CdnState, PurgeRow, PurgeScope, PurgeState

log: structlog.stdlib.BoundLogger = structlog.get_logger()

MOST_SHOWN: Final = 50
MAX_SETTINGS: Final = 2500
"""Settings hashes in one purge of a key: its own and those of its profiles, and one for each pin that holds for it."""

_RETRY_S: Final = 30
_GREATEST_KEY: Final = 2**63 - 1  # Postgres has no larger ids

SettingsOfKey: TypeAlias = Callable[[int], Awaitable[Sequence[SettingsHash]]]
"""Returns the settings hashes of a key's pictures; none for an unknown key."""


class PurgeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to remove; exactly one field."""

    title: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    look: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    key_id: int | None = None
    all: bool = False


class PurgePage(msgspec.Struct, frozen=True, kw_only=True):
    """The status of a purge: ``removed`` counts pictures so far, ``error`` is the last error."""

    id: int
    scope: PurgeScope
    targets: tuple[str, ...]
    asked_at: datetime
    state: PurgeState
    removed: int
    edge: CdnState
    error: str | None

    @classmethod
    def of(cls, row: PurgeRow) -> Self:
        """Return a purge as admins see it."""
        return msgspec.convert(row, cls, from_attributes=True)


class PurgeList(msgspec.Struct, frozen=True):
    """Purges, newest first."""

    purges: list[PurgePage]


class PurgesApi:
    """Serves ``/api/admin/purge`` and ``/api/admin/purges``."""

    def __init__(self, pool: Pool, *, settings_of_key: SettingsOfKey) -> None:
        self._pool, self._settings_of_key = pool, settings_of_key

    async def purge(self, call: Call, body: PurgeRequest) -> Reply:
        """Queue a purge. Raises ``BadRequest``, an ``ApiError`` (404, or 503 if too many are open), ``StoreDown``."""
        scope, targets = await self._read(body)
        row = await add_purge(self._pool, scope, targets, call.actor)
        if row is None:
            sentence = f"{MOST_OPEN} purges are already waiting. Please try again later."
            raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, sentence, retry_after_s=_RETRY_S)
        log.info("purge_queued", purge=row.id, scope=scope, targets=len(targets))
        return Reply(PurgePage.of(row))

    async def list(self, _call: Call, _: NoBody) -> Reply:
        """Return the newest purges. Raises ``StoreDown``."""
        return Reply(PurgeList([PurgePage.of(row) for row in await find_purges(self._pool, MOST_SHOWN)]))

    async def _read(self, body: PurgeRequest) -> tuple[PurgeScope, Sequence[str]]:
        given = [body.title is not None, body.look is not None, body.key_id is not None, body.all]
        if sum(given) != 1:
            raise BadRequest(public="A purge names exactly one of title, look, key_id and all (which must be true).")
        if body.title is not None:
            return PurgeScope.TITLE, [str(await self._title(body.title))]
        if body.look is not None:
            return PurgeScope.LOOK, [_settings_hash(body.look)]
        if body.key_id is not None:
            return PurgeScope.LOOK, await self._key(body.key_id)
        return PurgeScope.ALL, []

    async def _title(self, text: str) -> MediaId:
        media = await media_of(self._pool, parse_external_id(text))
        if media is None:
            raise ApiError(HTTPStatus.NOT_FOUND, UNKNOWN_TITLE)
        return media

    async def _key(self, key_id: int) -> Sequence[SettingsHash]:
        hashes = sorted(set(await self._settings_of_key(key_id))) if 0 < key_id <= _GREATEST_KEY else []
        if not hashes:
            raise ApiError(HTTPStatus.NOT_FOUND, "No key with this id.")
        if len(hashes) > MAX_SETTINGS:
            raise BadRequest(public=f"This key has more than {MAX_SETTINGS:,} settings. Purge one hash, or everything.")
        return hashes


def _settings_hash(text: str) -> SettingsHash:
    try:
        return parse_hash(text)
    except UnknownSettings as error:
        raise BadRequest(public="look must be the 32 hex digits of a picture's address.") from error
