"""A key's own choices for its pictures, as its holder and the admins see and change them."""

from http import HTTPStatus

import msgspec

from gateway.api.endpoint import Call, Nothing, Reply
from gateway.api.errors import ApiError
from gateway.db.audit import Action, Change, changing
from gateway.db.global_settings import find_globals, read_globals
from gateway.db.key_settings import (
    KeyChoicesRow,
    delete_key_choices,
    find_key_choices,
    hold_key_choices,
    write_key_choices,
)
from gateway.settings.layers import AllOverrides, as_chosen, changed, check_all, flat
from gateway.settings.resolved import AllResolved, effective
from shared.stores.postgres import Pool


class KeySettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a key chose, and what its pictures look like with everybody's choices below its own."""

    settings: AllOverrides
    effective: AllResolved


class KeyChoices:
    """Answers ``/api/keys/{id}/settings`` and ``/api/key/me/settings``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def show(self, call: Call, _: Nothing) -> Reply:
        """Show what a key chose. Raises a 404 or 409 ``ApiError``, ``StoreDown``."""
        row = own(await find_key_choices(self._pool, call.key_id))
        return _reply((await find_globals(self._pool)).settings, row.settings)

    async def change(self, call: Call, body: AllOverrides) -> Reply:
        """Choose anew what the body names; ``null`` takes a choice back, and all else stays.

        Raises ``BadRequest``, a 404 or 409 ``ApiError``, ``StoreDown``.
        """
        check_all(msgspec.to_builtins(body))
        async with changing(self._pool, call.actor, Action.KEY_SETTINGS_CHANGED) as change:
            row = await hold(change, call.key_id)
            text = changed(row.settings, body)
            await write_key_choices(change.db, call.key_id, text)
            change.details |= flat(body)
            everybody = await read_globals(change.db)
        return _reply(everybody.settings, text)

    async def reset(self, call: Call, _: Nothing) -> Reply:
        """Take every choice of a key back; its profiles stay. Raises a 404 or 409 ``ApiError``, ``StoreDown``."""
        async with changing(self._pool, call.actor, Action.KEY_SETTINGS_RESET) as change:
            await hold(change, call.key_id)
            await delete_key_choices(change.db, call.key_id)
            everybody = await read_globals(change.db)
        return _reply(everybody.settings, "")


async def hold(change: Change, key_id: int) -> KeyChoicesRow:
    """Say that a change is to this key, and return the key's row, which nobody else changes meanwhile.

    Raises a 404 or 409 ``ApiError``.
    """
    change.target = f"key:{key_id}"
    change.key_ids.add(key_id)
    return own(await hold_key_choices(change.db, key_id))


def own(row: KeyChoicesRow | None) -> KeyChoicesRow:
    """Return the row of a key that may have choices of its own. Raises a 404 or 409 ``ApiError``."""
    if row is None:
        raise ApiError(HTTPStatus.NOT_FOUND, "There is no such key.")
    if row.is_free:
        sentence = "The free key has no settings or profiles of its own: it looks as chosen for everybody."
        raise ApiError(HTTPStatus.CONFLICT, sentence)
    return row


def _reply(everybody: str, text: str) -> Reply:
    return Reply(KeySettings(settings=as_chosen(text), effective=effective([everybody, text])))
