"""A key's profiles: named overrides that an address may use in place of a style."""

from http import HTTPStatus
from typing import Annotated, Final

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
from gateway.keys.key_settings_api import begin_change, require_own_settings
from gateway.pictures.address import is_profile_name
from gateway.settings.layers import (
    SomeOverrides,
    audit_details,
    check,
    check_fits,
    decode_kind_overrides,
    merge_change,
)
from gateway.settings.resolved import SomeResolved, resolve_one_kind
from shared.domain.errors import BadRequest
from shared.domain.pictures import Kind
from shared.stores.postgres import Pool

MAX_PROFILES: Final = 50
"""Profiles per key."""


class ProfileChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change to a profile; fields that are not set stay. A new profile needs a kind; ``name`` renames."""

    kind: Kind | UnsetType = UNSET
    settings: SomeOverrides | UnsetType = UNSET
    name: Annotated[str, msgspec.Meta(max_length=64)] | UnsetType = UNSET


class ProfilePage(msgspec.Struct, frozen=True, kw_only=True):
    """A profile, and the settings that result from it on top of the key's and the global overrides."""

    name: str
    kind: Kind
    settings: SomeOverrides
    effective: SomeResolved


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
                await self._refuse_new(change, call.key_id, body, renames=wanted != name)
            elif wanted != name:
                await self._rename(change, call.key_id, name, wanted)
            profile = _changed(profile_row, wanted, body)
            await write_profile(change.db, call.key_id, profile)
            change.details |= {"profile": name, "kind": profile.kind.value} | audit_details(body)
            below = [(await read_globals(change.db)).settings, row.settings]
        return Reply(_page(profile, below), status=HTTPStatus.CREATED if profile_row is None else None)

    async def delete(self, call: Call, _: NoBody) -> Reply:
        """Delete a profile and return the remaining ones.

        Raises ``BadRequest``, a 404 or 409 ``ApiError``, ``StoreDown``.
        """
        name = profile_name(call.request.match_info["name"])
        async with changing(self._pool, call.actor, Action.PROFILE_DELETED) as change:
            row = await begin_change(change, call.key_id)
            if not await delete_profile(change.db, call.key_id, name):
                raise _unknown()
            change.details["profile"] = name
            left = await read_profiles(change.db, call.key_id)
            below = [(await read_globals(change.db)).settings, row.settings]
        return _list(left, below)

    async def _below(self, key_id: int) -> tuple[str, str]:
        """Return the global overrides and the key's."""
        row = require_own_settings(await find_key_settings(self._pool, key_id))
        return (await find_globals(self._pool)).settings, row.settings

    async def _refuse_new(self, change: Change, key_id: int, body: ProfileChange, *, renames: bool) -> None:
        """Raise if a profile cannot be created."""
        if renames:
            raise _unknown()
        if body.kind is UNSET:
            raise BadRequest(public=f"A new profile needs its kind: one of {', '.join(Kind)}.")
        if await count_profiles(change.db, key_id) >= MAX_PROFILES:
            sentence = f"A key can have {MAX_PROFILES} profiles. Please delete one first."
            raise ApiError(HTTPStatus.CONFLICT, sentence)

    async def _rename(self, change: Change, key_id: int, old: str, new: str) -> None:
        if await read_profile(change.db, key_id, new) is not None:
            raise ApiError(HTTPStatus.CONFLICT, f"There is already a profile named {new}.")
        await rename_profile(change.db, key_id, old, new)


def check_profile(body: object) -> None:
    """Check a profile's overrides, as read from JSON. Raises ``BadRequest`` as a query would."""
    if isinstance(body, dict) and isinstance(body.get("settings"), dict):
        # Without a kind they are checked as a poster's, which has every parameter.
        kind = next((kind for kind in Kind if kind == body.get("kind")), Kind.POSTER)
        check(kind, body["settings"])


def _changed(profile_row: ProfileRow | None, name: str, body: ProfileChange) -> ProfileRow:
    """Return a profile with a change applied. Raises ``BadRequest``."""
    kind = body.kind if body.kind is not UNSET else profile_row.kind if profile_row else Kind.POSTER
    before = profile_row.settings if profile_row else "{}"
    text = before if body.settings is UNSET else merge_change(before, body.settings)
    overrides = msgspec.json.decode(text)
    check_fits(kind, overrides)
    check(kind, overrides)
    return ProfileRow(name, kind, text)


def profile_name(text: str) -> str:
    """Return a valid profile name. Raises ``BadRequest``."""
    if not is_profile_name(text):
        raise BadRequest(
            public="A profile name has up to 64 characters of a-z, 0-9, _ and -, starts with a letter or digit, "
            "does not end in -default, and is not the name of a style."
        )
    return text


def _unknown() -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, "No profile with this name.")


def _page(profile: ProfileRow, below: "list[str] | tuple[str, str]") -> ProfilePage:
    return ProfilePage(
        name=profile.name,
        kind=profile.kind,
        settings=decode_kind_overrides(profile.kind, profile.settings),
        effective=resolve_one_kind(profile.kind, below, profile.settings),
    )


def _list(profiles: "list[ProfileRow]", below: "list[str] | tuple[str, str]") -> Reply:
    return Reply(ProfileList([_page(profile, below) for profile in profiles]))
