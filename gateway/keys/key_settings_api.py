"""A key's overrides, as its holder and the admins see and change them."""

from http import HTTPStatus

import msgspec

from gateway.api.api_error import ApiError
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.db.audit import Action, Change, changing
from gateway.db.global_settings import find_globals, read_globals
from gateway.db.key_settings import (
    KeySettingsRow,
    delete_key_settings,
    find_key_settings,
    lock_key_settings,
    write_key_settings,
)
from gateway.settings.layers import AllOverrides, audit_details, check_all, decode_overrides, merge_change
from gateway.settings.resolved import AllResolved, resolve_all_kinds
from shared.stores.postgres import Pool


class KeySettings(msgspec.Struct, frozen=True, kw_only=True):
    """A key's overrides, and the settings that result from them and the global ones."""

    settings: AllOverrides
    effective: AllResolved


class KeySettingsApi:
    """Serves ``/api/keys/{id}/settings`` and ``/api/key/me/settings``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def show(self, call: Call, _: NoBody) -> Reply:
        """Return a key's settings. Raises a 404 or 409 ``ApiError``, ``StoreDown``."""
        row = require_own_settings(await find_key_settings(self._pool, call.key_id))
        return _reply((await find_globals(self._pool)).settings, row.settings)

    async def change(self, call: Call, body: AllOverrides) -> Reply:
        """Change what the body names; ``null`` removes an override, everything else stays.

        Raises ``BadRequest``, a 404 or 409 ``ApiError``, ``StoreDown``.
        """
        check_all(msgspec.to_builtins(body))
        async with changing(self._pool, call.actor, Action.KEY_SETTINGS_CHANGED) as change:
            row = await begin_change(change, call.key_id)
            text = merge_change(row.settings, body)
            await write_key_settings(change.db, call.key_id, text)
            change.details |= audit_details(body)
            global_settings = await read_globals(change.db)
        return _reply(global_settings.settings, text)

    async def reset(self, call: Call, _: NoBody) -> Reply:
        """Remove all overrides of a key; its profiles stay. Raises a 404 or 409 ``ApiError``, ``StoreDown``."""
        async with changing(self._pool, call.actor, Action.KEY_SETTINGS_RESET) as change:
            await begin_change(change, call.key_id)
            await delete_key_settings(change.db, call.key_id)
            global_settings = await read_globals(change.db)
        return _reply(global_settings.settings, "")


async def begin_change(change: Change, key_id: int) -> KeySettingsRow:
    """Make this key the target of a change, and return its row, locked until the change ends.

    Raises a 404 or 409 ``ApiError``.
    """
    change.target = f"key:{key_id}"
    change.key_ids.add(key_id)
    return require_own_settings(await lock_key_settings(change.db, key_id))


def require_own_settings(row: KeySettingsRow | None) -> KeySettingsRow:
    """Return the row of a key that can have overrides. Raises a 404 or 409 ``ApiError``."""
    if row is None:
        raise ApiError(HTTPStatus.NOT_FOUND, "No key with this id.")
    if row.is_free:
        sentence = "The free key has no settings or profiles of its own: it uses the global settings."
        raise ApiError(HTTPStatus.CONFLICT, sentence)
    return row


def _reply(global_settings: str, text: str) -> Reply:
    return Reply(KeySettings(settings=decode_overrides(text), effective=resolve_all_kinds([global_settings, text])))
