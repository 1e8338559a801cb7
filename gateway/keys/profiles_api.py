"""A key's profiles: named overrides that an address may use in place of a style."""

from http import HTTPStatus
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from gateway.api.api_error import ApiError
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.db.audit import Action, Change, changing
from gateway.db.global_settings import find_globals, read_globals
from gateway.db.key_settings import (
    ProfileRow,
    count_profiles,
    delete_profile,
    find_key_settings,
    find_profile,
    find_profiles,
    read_profile,
    read_profiles,
    rename_profile,
    write_profile,
)
from gateway.keys.key_settings_api import begin_change, change_default, require_own_settings
from gateway.pictures.address import PRESET_PREFIX, is_profile_name
from gateway.settings.kind_layer import LayerChange, StyleName, changed_layer, shown_design
from gateway.settings.layers import SomeOverrides, decode_kind_overrides
from gateway.settings.resolved import SomeResolved, resolve_one_kind
from shared.designs.document import DesignDocument
from shared.domain.errors import BadRequest
from shared.domain.pictures import Kind
from shared.stores.postgres import Pool

MAX_PROFILES: Final = 50
"""Profiles per key."""


class ProfileChange(LayerChange, frozen=True, kw_only=True):
    """A change to a profile; fields that are not set stay. A new profile needs a kind or a design; ``name`` renames."""

    name: StyleName | UnsetType = UNSET


class ProfilePage(msgspec.Struct, frozen=True, kw_only=True):
    """A profile, and the settings that result from it on top of the key's and the global overrides.

    A design takes few of these: ``effective`` has no others then.
    """

    name: str
    kind: Kind
    settings: SomeOverrides
    effective: SomeResolved
    design: DesignDocument | UnsetType = UNSET


class ProfileList(msgspec.Struct, frozen=True):
    """A key's profiles."""

    profiles: list[ProfilePage]


class ProfilesApi:
    """Serves ``/api/keys/{id}/profiles[/{name}]`` and ``/api/key/me/profiles[/{name}]``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def list(self, call: Call, _: NoBody) -> Reply:
        """Return a key's profiles ordered by name. Raises a 404 or 409 ``ApiError``, ``StoreDown``."""
        below = await self._below(call.key_id)
        return _list(await find_profiles(self._pool, call.key_id), below)

    async def show(self, call: Call, _: NoBody) -> Reply:
        """Return one profile. Raises ``BadRequest``, a 404 or 409 ``ApiError``, ``StoreDown``."""
        below = await self._below(call.key_id)
        profile = await find_profile(self._pool, call.key_id, profile_name(call.request.match_info["name"]))
        if profile is None:
            raise _unknown()
        return Reply(_page(profile, below))

    async def save(self, call: Call, body: ProfileChange) -> Reply:
        """Create a profile, or change what the body names; ``null`` removes an override.

        Raises ``BadRequest``, a 404 or 409 ``ApiError``, ``StoreDown``.
        """
        name = profile_name(call.request.match_info["name"])
        wanted = name if body.name is UNSET else profile_name(body.name)
        async with changing(self._pool, call.actor, Action.PROFILE_SAVED) as change:
            row = await begin_change(change, call.key_id)
            profile_row = await read_profile(change.db, call.key_id, name)
            if profile_row is None:
                await self._refuse_new(change, call.key_id, name, body)
            elif wanted != name:
                await self._rename(change, call.key_id, profile_row, wanted)
                await change_default(change, call.key_id, row, profile_row, wanted)
            before = None if profile_row is None else (profile_row.kind, profile_row.settings)
            profile = ProfileRow(wanted, *changed_layer(before, body))
            await write_profile(change.db, call.key_id, profile)
            change.details |= {"profile": name, "kind": profile.kind.value} | body.details
            below = [(await read_globals(change.db)).settings, row.settings]
        return Reply(_page(profile, below), status=HTTPStatus.CREATED if profile_row is None else None)

    async def delete(self, call: Call, _: NoBody) -> Reply:
        """Delete a profile and return the remaining ones.

        Raises ``BadRequest``, a 404 or 409 ``ApiError``, ``StoreDown``.
        """
        name = profile_name(call.request.match_info["name"])
        async with changing(self._pool, call.actor, Action.PROFILE_DELETED) as change:
            row = await begin_change(change, call.key_id)
            profile_row = await read_profile(change.db, call.key_id, name)
            if profile_row is None:
                raise _unknown()
            await delete_profile(change.db, call.key_id, name)
            await change_default(change, call.key_id, row, profile_row, None)
            change.details["profile"] = name
            left = await read_profiles(change.db, call.key_id)
            below = [(await read_globals(change.db)).settings, row.settings]
        return _list(left, below)

    async def _below(self, key_id: int) -> tuple[str, str]:
        """Return the global overrides and the key's."""
        row = require_own_settings(await find_key_settings(self._pool, key_id))
        return (await find_globals(self._pool)).settings, row.settings

    async def _refuse_new(self, change: Change, key_id: int, name: str, body: ProfileChange) -> None:
        """Raise if a profile cannot be created."""
        if body.name not in {UNSET, name}:
            raise _unknown()
        _refuse_preset(name)
        if body.kind is body.design:  # neither is set
            raise BadRequest(public=f"A new profile needs its kind: one of {', '.join(Kind)}.")
        if await count_profiles(change.db, key_id) >= MAX_PROFILES:
            sentence = f"A key can have {MAX_PROFILES} profiles. Please delete one first."
            raise ApiError(HTTPStatus.CONFLICT, sentence)

    async def _rename(self, change: Change, key_id: int, profile: ProfileRow, new: str) -> None:
        _refuse_preset(new)
        if await read_profile(change.db, key_id, new) is not None:
            raise ApiError(HTTPStatus.CONFLICT, f"There is already a profile named {new}.")
        await rename_profile(change.db, key_id, profile.name, new)


def profile_name(text: str) -> str:
    """Return a valid profile name. Raises ``BadRequest``."""
    if not is_profile_name(text):
        raise BadRequest(
            public="A profile name has up to 64 characters of a-z, 0-9, _ and -, starts with a letter or digit, "
            "does not end in -default, and is not the name of a style."
        )
    return text


def _refuse_preset(name: str) -> None:
    """Raise ``BadRequest`` for a new name that would hide a preset. Older profiles keep such names."""
    if name.startswith(PRESET_PREFIX):
        raise BadRequest(public=f"A profile name does not start with {PRESET_PREFIX}: presets are named like that.")


def _unknown() -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, "No profile with this name.")


def _page(profile: ProfileRow, below: "list[str] | tuple[str, str]") -> ProfilePage:
    return ProfilePage(
        name=profile.name,
        kind=profile.kind,
        settings=decode_kind_overrides(profile.kind, profile.settings),
        effective=resolve_one_kind(profile.kind, below, profile.settings),
        design=shown_design(profile.kind, profile.settings),
    )


def _list(profiles: "list[ProfileRow]", below: "list[str] | tuple[str, str]") -> Reply:
    return Reply(ProfileList([_page(profile, below) for profile in profiles]))
