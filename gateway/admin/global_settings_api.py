"""The global settings: overrides for all keys, and whether the free key is enabled."""

from http import HTTPStatus

import msgspec
from msgspec import UNSET, UnsetType

from gateway.api.api_error import ApiError
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.db.audit import Action, changing
from gateway.db.global_settings import GlobalRow, find_globals, lock_globals, write_globals
from gateway.settings.layers import AllOverrides, audit_details, check_all, decode_overrides, merge_change
from gateway.settings.resolved import AllResolved, resolve_all_kinds
from shared.stores.postgres import Pool


class GlobalChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change to the global settings; fields that are not set stay."""

    settings: AllOverrides | UnsetType = UNSET
    free_key_enabled: bool | UnsetType = UNSET


class FreeKey(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the free key is enabled, and whether the configuration decides that, which locks the switch."""

    enabled: bool
    locked: bool


class GlobalPage(msgspec.Struct, frozen=True, kw_only=True):
    """The global overrides, and the settings that result from them."""

    settings: AllOverrides
    effective: AllResolved
    free_key: FreeKey


class GlobalSettingsApi:
    """Serves ``/api/admin/settings``; ``free_key`` is the configured value, ``None`` if there is none."""

    def __init__(self, pool: Pool, *, free_key: bool | None) -> None:
        self._pool, self._free_key = pool, free_key

    async def show(self, _call: Call, _: NoBody) -> Reply:
        """Return the global settings. Raises ``StoreDown``."""
        return self._reply(await find_globals(self._pool))

    async def change(self, call: Call, body: GlobalChange) -> Reply:
        """Change what the body names; ``null`` removes an override, everything else stays.

        Raises ``BadRequest``, a 409 ``ApiError`` if the switch is locked, ``StoreDown``.
        """
        if body.settings is not UNSET:
            check_all(msgspec.to_builtins(body.settings))
        if self._free_key is not None and body.free_key_enabled not in {UNSET, self._free_key}:
            sentence = "FREE_KEY_ENABLED is set in the configuration, which locks this switch."
            raise ApiError(HTTPStatus.CONFLICT, sentence)
        async with changing(self._pool, call.actor, Action.GLOBAL_SETTINGS_CHANGED) as change:
            row = _changed(await lock_globals(change.db), body)
            await write_globals(change.db, row)
            change.target, change.all_keys = "everybody", True
            if body.settings is not UNSET:
                change.details |= audit_details(body.settings)
            if body.free_key_enabled is not UNSET:
                change.details["free_key_enabled"] = body.free_key_enabled
        return self._reply(row)

    def _reply(self, row: GlobalRow) -> Reply:
        enabled = row.free_key_enabled if self._free_key is None else self._free_key
        return Reply(
            GlobalPage(
                settings=decode_overrides(row.settings),
                effective=resolve_all_kinds([row.settings]),
                free_key=FreeKey(enabled=enabled, locked=self._free_key is not None),
            )
        )


def check_global(body: object) -> None:
    """Check global overrides, as read from JSON. Raises ``BadRequest`` as a query would."""
    if isinstance(body, dict):
        check_all(body.get("settings"))


def _changed(stored: GlobalRow, body: GlobalChange) -> GlobalRow:
    text = stored.settings if body.settings is UNSET else merge_change(stored.settings, body.settings)
    is_free = stored.free_key_enabled if body.free_key_enabled is UNSET else body.free_key_enabled
    return GlobalRow(text, is_free)
