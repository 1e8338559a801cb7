"""All settings and profiles of a key as one file: a copy to keep, or to give to another key or another installation."""

from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from gateway.api.endpoint import Call, NoBody, Reply
from gateway.db.audit import Action, changing
from gateway.db.key_settings import (
    ProfileRow,
    delete_key_settings,
    delete_profiles,
    find_key_settings,
    find_profiles,
    write_key_settings,
    write_profile,
)
from gateway.designs.published_presets import Presets
from gateway.keys.key_settings_api import begin_change, check_defaults, require_own_settings
from gateway.keys.profiles_api import MAX_PROFILES, profile_name
from gateway.pictures.address import is_profile_name
from gateway.settings.default_profile import AllKeyOverrides, decode_key_overrides, named_in
from gateway.settings.kind_layer import LayerChange, changed_layer, check_layer, shown_design
from gateway.settings.layers import SomeOverrides, check_all, decode_kind_overrides, merge_change
from shared.designs.document import DesignDocument
from shared.domain.errors import BadField, BadRequest
from shared.domain.pictures import Kind
from shared.stores.postgres import Pool

LARGEST_FILE: Final = 524_288
"""Bytes; every possible override of a key and of all its profiles needs half of this."""


class ProfileInFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A profile: its kind, and its overrides for that kind, or a design and no overrides."""

    kind: Kind
    settings: SomeOverrides
    design: DesignDocument | UnsetType = UNSET


class SettingsFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key's overrides and default profiles, and its profiles by their names; it contains no key."""

    marquee: Literal[1]
    """The version of the file format."""
    settings: AllKeyOverrides
    profiles: dict[str, ProfileInFile]


class SettingsFileApi:
    """Serves ``/api/keys/{id}/settings/file`` and ``/api/key/me/settings/file``."""

    def __init__(self, pool: Pool, presets: Presets) -> None:
        self._pool, self._presets = pool, presets

    async def show(self, call: Call, _: NoBody) -> Reply:
        """Return a key's settings and profiles as a file. Raises a 404 or 409 ``ApiError``, ``StoreDown``."""
        row = require_own_settings(await find_key_settings(self._pool, call.key_id))
        return _reply(row.settings, await find_profiles(self._pool, call.key_id))

    async def replace(self, call: Call, body: SettingsFile) -> Reply:
        """Replace all settings and profiles of a key by those of a file; what the file lacks is removed.

        Raises ``BadRequest``, a 404 or 409 ``ApiError``, ``StoreDown``.
        """
        check_all(msgspec.to_builtins(body.settings))
        text, profiles = merge_change("", body.settings), _profile_rows(body)
        check_defaults(named_in(body.settings), profiles, self._presets)
        async with changing(self._pool, call.actor, Action.KEY_SETTINGS_REPLACED) as change:
            await begin_change(change, call.key_id)
            await delete_profiles(change.db, call.key_id)
            for profile in profiles:
                await write_profile(change.db, call.key_id, profile)
            if text == "{}":
                await delete_key_settings(change.db, call.key_id)
            else:
                await write_key_settings(change.db, call.key_id, text)
            change.details["profiles"] = len(profiles)
        return _reply(text, profiles)


def check_file(body: object) -> None:
    """Check the overrides in a file, as read from JSON. Raises ``BadRequest`` as a query would."""
    if not isinstance(body, dict):
        return
    check_all(body.get("settings"))
    profiles = body.get("profiles")
    for name, profile in profiles.items() if isinstance(profiles, dict) else ():
        try:
            check_layer(profile)
        except BadField as error:
            if not is_profile_name(name):
                raise
            raise BadRequest(public=f"Profile {name}: {error.public}") from error


def _profile_rows(body: SettingsFile) -> list[ProfileRow]:
    """Return the profiles of a file, ordered by name. Raises ``BadRequest``."""
    if len(body.profiles) > MAX_PROFILES:
        raise BadRequest(public=f"A key can have {MAX_PROFILES} profiles, and the file has {len(body.profiles)}.")
    rows = []
    for name, profile in sorted(body.profiles.items()):
        change = LayerChange(kind=profile.kind, settings=profile.settings, design=profile.design)
        rows.append(ProfileRow(profile_name(name), *changed_layer(None, change)))
    return rows


def _reply(text: str, profiles: list[ProfileRow]) -> Reply:
    named = {
        row.name: ProfileInFile(
            kind=row.kind,
            settings=decode_kind_overrides(row.kind, row.settings),
            design=shown_design(row.kind, row.settings),
        )
        for row in profiles
    }
    return Reply(SettingsFile(marquee=1, settings=decode_key_overrides(text), profiles=named))
