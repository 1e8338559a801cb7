"""Operations on API keys, for admins, key holders and the command line."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final

import msgspec

from gateway.api.api_error import ApiError
from gateway.db.api_keys import (
    MOST_KEYS,
    ApiKeys,
    KeyChange,
    ManagedKey,
    add_key,
    change_key,
    delete_key,
    lock_key,
    replace_share,
)
from gateway.db.audit import Action, Change, changing
from gateway.keys.token import KeyToken
from shared.stores.postgres import Pool

PREFIX: Final = 8
"""The first digits of a key, by which its owner recognises it."""

Name = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=100,
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+\Z",
        description="Use 1 to 100 characters, without line breaks.",
    ),
]
Limit = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Tier = Annotated[int, msgspec.Meta(ge=0, le=9)]


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to create; ``monthly_limit`` is in pictures, 0 means no limit."""

    name: Name
    monthly_limit: Limit = 0
    direct: bool = False
    tier: Tier = 0


class KeyPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change to a key; fields that are not set stay."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    monthly_limit: Limit | msgspec.UnsetType = msgspec.UNSET
    direct: bool | msgspec.UnsetType = msgspec.UNSET
    tier: Tier | msgspec.UnsetType = msgspec.UNSET
    disabled: bool | msgspec.UnsetType = msgspec.UNSET


class _Shown(msgspec.Struct, frozen=True):
    """A struct with a secret; its repr hides it."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class IssuedKey(_Shown, frozen=True, kw_only=True):
    """A new key; ``key`` and ``share``, its read-only key, are shown only here."""

    id: int
    name: str
    key: str
    key_prefix: str
    share: str
    monthly_limit: int
    direct: bool
    tier: int
    created_at: datetime


class IssuedShare(_Shown, frozen=True):
    """A new read-only key, shown only here."""

    share: str


class ApiKeyService:
    """Creates, changes and deletes keys; ``actor`` is for the audit log. All methods raise ``StoreDown``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, key_id: int) -> ManagedKey:
        """Return a key. Raises a 404 ``ApiError``."""
        found = await ApiKeys(self._pool).managed(key_id)
        if found is None:
            raise _unknown()
        return found

    async def create(self, actor: str, new: NewKey) -> IssuedKey:
        """Create a key. Raises a 409 ``ApiError`` if there are too many."""
        key, share = secrets.token_hex(32), _new_share()
        async with changing(self._pool, actor, Action.KEY_CREATED) as change:
            made = await add_key(
                change.db,
                name=new.name,
                key_hash=KeyToken.parse(key).digest,
                key_prefix=key[:PREFIX],
                share_hash=KeyToken.parse(share).digest,
                tier=new.tier,
                monthly_limit=new.monthly_limit,
                direct=new.direct,
            )
            if made is None:
                raise ApiError(HTTPStatus.CONFLICT, f"The maximum of {MOST_KEYS} keys is reached.")
            change.details = {**msgspec.structs.asdict(new)}
            _set_target(change, made.id)
        return IssuedKey(
            id=made.id,
            name=made.name,
            key=key,
            key_prefix=made.key_prefix,
            share=share,
            monthly_limit=made.monthly_limit,
            direct=made.direct,
            tier=made.tier,
            created_at=made.created_at,
        )

    async def change(self, actor: str, key_id: int, patch: KeyPatch) -> ManagedKey:
        """Change the fields that are set, and return the key. Raises an ``ApiError``: 404, 409 for the free key."""
        named = {field: value for field, value in msgspec.structs.asdict(patch).items() if value is not msgspec.UNSET}
        if not named:
            return await self.find(key_id)
        async with self._changing(actor, Action.KEY_CHANGED, key_id) as (change, key):
            if key.is_free and "disabled" in named:
                raise ApiError(HTTPStatus.CONFLICT, "The free key is switched on and off in the global settings.")
            change.details = named
            return await change_key(change.db, key_id, KeyChange(**named))

    async def delete(self, actor: str, key_id: int) -> ManagedKey:
        """Delete a key and return it. Raises an ``ApiError``: 404, 409 for the free key."""
        async with self._changing(actor, Action.KEY_DELETED, key_id) as (change, key):
            if key.is_free:
                sentence = "The free key cannot be deleted; it is switched on and off in the global settings."
                raise ApiError(HTTPStatus.CONFLICT, sentence)
            change.details = {"name": key.name, "key_prefix": key.key_prefix}
            await delete_key(change.db, key_id)
            return key

    async def replace_share(self, actor: str, key_id: int) -> IssuedShare:
        """Replace a key's read-only key. Raises an ``ApiError``: 404, 409 for the free key."""
        share = _new_share()
        async with self._changing(actor, Action.SHARE_REPLACED, key_id) as (change, key):
            if key.is_free:
                raise ApiError(HTTPStatus.CONFLICT, "The free key has no read-only key: it is public.")
            await replace_share(change.db, key_id, KeyToken.parse(share).digest)
        return IssuedShare(share)

    @asynccontextmanager
    async def _changing(self, actor: str, action: Action, key_id: int) -> AsyncIterator[tuple[Change, ManagedKey]]:
        """Begin a change to a key, locked until the change ends. Raises a 404 ``ApiError``."""
        async with changing(self._pool, actor, action) as change:
            key = await lock_key(change.db, key_id)
            if key is None:
                raise _unknown()
            _set_target(change, key_id)
            yield change, key


def _set_target(change: Change, key_id: int) -> None:
    change.target = f"key:{key_id}"
    change.key_ids.add(key_id)


def _new_share() -> str:
    return f"h.{secrets.token_hex(16)}"


def _unknown() -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, "No key with this id.")
