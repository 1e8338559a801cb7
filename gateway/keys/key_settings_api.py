"""A key's overrides, as its holder and the admins see and change them."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus

import msgspec

from gateway.api.api_error import ApiError
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.db.audit import Action, Change, changing
from gateway.db.global_settings import find_globals, read_globals
from gateway.db.key_settings import (
    KeySettingsRow,
    ProfileRow,
    delete_key_settings,
    find_key_settings,
    lock_key_settings,
    read_profiles,
    write_key_settings,
)
from gateway.designs.published_presets import Presets
from gateway.settings.default_profile import (
    FIELD,
    AllKeyOverrides,
    decode_key_overrides,
    default_change,
    default_profiles,
    named_in,
)
from gateway.settings.layers import audit_details, check_all, merge_change
from gateway.settings.resolved import AllResolved, resolve_all_kinds
from shared.domain.errors import BadField
from shared.domain.pictures import Kind
from shared.stores.postgres import Pool


class KeySettings(msgspec.Struct, frozen=True, kw_only=True):
    """A key's overrides and default profiles, and the settings that result from the overrides and the global ones."""

    settings: AllKeyOverrides
    effective: AllResolved


class KeySettingsApi:
    """Serves ``/api/keys/{id}/settings`` and ``/api/key/me/settings``."""

    def __init__(self, pool: Pool, presets: Presets) -> None:
        self._pool, self._presets = pool, presets

    async def show(self, call: Call, _: NoBody) -> Reply:
        """Return a key's settings. Raises a 404 or 409 ``ApiError``, ``StoreDown``."""
        row = require_own_settings(await find_key_settings(self._pool, call.key_id))
        return _reply((await find_globals(self._pool)).settings, row.settings)

    async def change(self, call: Call, body: AllKeyOverrides) -> Reply:
        """Change what the body names; ``null`` removes an override, everything else stays.

        Raises ``BadRequest``, a 404 or 409 ``ApiError``, ``StoreDown``.
        """
        check_all(msgspec.to_builtins(body))
        async with changing(self._pool, call.actor, Action.KEY_SETTINGS_CHANGED) as change:
            row = await begin_change(change, call.key_id)
            if named := named_in(body):
                check_defaults(named, await read_profiles(change.db, call.key_id), self._presets)
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


def check_defaults(named: Mapping[Kind, str], profiles: Iterable[ProfileRow], presets: Presets) -> None:
    """Raise ``BadField`` for a default profile that a key does not have, or that is of another kind."""
    kinds = {profile.name: profile.kind for profile in profiles}
    for kind, name in named.items():
        preset = presets.find(name)
        if kind is not kinds.get(name, preset[0] if preset else None):
            raise BadField.at(
                f"{FIELD}.{kind}", "must be the name of a profile of that kind, or of such a preset's style"
            )


async def change_default(
    change: Change, key_id: int, row: KeySettingsRow, profile: ProfileRow, name: str | None
) -> None:
    """Let the settings of a key follow a default profile that gets another name, or is removed."""
    for kind in [kind for kind, default in default_profiles(row.settings).items() if default == profile.name]:
        text = merge_change(row.settings, default_change(kind, name))
        row = KeySettingsRow(text, row.is_free)
        await write_key_settings(change.db, key_id, text)


def _reply(global_settings: str, text: str) -> Reply:
    return Reply(KeySettings(settings=decode_key_overrides(text), effective=resolve_all_kinds([global_settings, text])))
