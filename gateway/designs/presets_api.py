"""Presets: named settings or designs that admins publish for every key, the free key included."""

from http import HTTPStatus
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from gateway.api.api_error import ApiError
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.db.audit import Action, changing
from gateway.db.presets import (
    MOST_PRESETS,
    PresetRow,
    count_presets,
    delete_preset,
    find_presets,
    lock_preset,
    write_preset,
)
from gateway.designs.published_presets import BUILTIN, Presets, preset_title
from gateway.pictures.address import PRESET_PREFIX, is_preset_style
from gateway.settings.kind_layer import LayerChange, changed_layer, shown_design
from gateway.settings.layers import SomeOverrides, decode_kind_overrides
from shared.designs.document import DesignDocument
from shared.domain.errors import BadRequest
from shared.domain.pictures import Kind
from shared.stores.postgres import Pool

_NO_SUCH: Final = "No preset with this name."


class PresetPage(msgspec.Struct, frozen=True, kw_only=True):
    """A preset; a built-in one comes with Marquee, and an admin's of the same name takes its place."""

    name: str
    title: str
    style: str
    """What an address has in place of a style."""
    kind: Kind
    settings: SomeOverrides
    design: DesignDocument | UnsetType = UNSET
    builtin: bool


class PresetList(msgspec.Struct, frozen=True):
    """All presets, ordered by name."""

    presets: list[PresetPage]


class PresetChange(LayerChange, frozen=True, kw_only=True):
    """A change to a preset; fields that are not set stay. A new preset needs a kind or a design."""


class PresetsApi:
    """Serves ``/api/presets`` and ``/api/admin/presets/{name}``."""

    def __init__(self, pool: Pool, presets: Presets) -> None:
        self._pool, self._presets = pool, presets

    async def list(self, _call: Call, _: NoBody) -> Reply:
        """Return all presets: a picture's address has ``preset-`` and the name in place of a style."""
        return self._list()

    async def save(self, call: Call, body: PresetChange) -> Reply:
        """Create a preset, or change what the body names; ``null`` removes an override.

        Raises ``BadRequest``, a 409 ``ApiError``, ``StoreDown``.
        """
        name = _name(call.request.match_info["name"])
        async with changing(self._pool, call.actor, Action.PRESET_SAVED) as change:
            row = await lock_preset(change.db, name)
            before = (row.kind, row.settings) if row else BUILTIN.get(name)
            if before is None and body.kind is body.design:  # neither is set
                raise BadRequest(public=f"A new preset needs its kind: one of {', '.join(Kind)}.")
            if row is None and await count_presets(change.db) >= MOST_PRESETS:
                sentence = f"There can be {MOST_PRESETS} presets. Please delete one first."
                raise ApiError(HTTPStatus.CONFLICT, sentence)
            preset = PresetRow(name, *changed_layer(before, body))
            await write_preset(change.db, preset)
            change.target, change.presets = f"preset:{name}", True
            change.details |= {"kind": preset.kind.value} | body.details
        await self._reload()
        page = _page(name, preset.kind, preset.settings, is_builtin=False)
        return Reply(page, status=HTTPStatus.CREATED if before is None else None)

    async def delete(self, call: Call, _: NoBody) -> Reply:
        """Delete a preset and return the remaining ones; a built-in one of the same name is there again.

        Raises ``BadRequest``, a 404 or 409 ``ApiError``, ``StoreDown``.
        """
        name = _name(call.request.match_info["name"])
        async with changing(self._pool, call.actor, Action.PRESET_DELETED) as change:
            if not await delete_preset(change.db, name):
                if name in BUILTIN:
                    sentence = "This preset comes with Marquee. Save another one under its name to replace it."
                    raise ApiError(HTTPStatus.CONFLICT, sentence)
                raise ApiError(HTTPStatus.NOT_FOUND, _NO_SUCH)
            change.target, change.presets = f"preset:{name}", True
        await self._reload()
        return self._list()

    async def _reload(self) -> None:
        """Make a change known here at once; other replicas learn it from the change feed."""
        self._presets.replace(await find_presets(self._pool))

    def _list(self) -> Reply:
        pages = [
            _page(name, kind, text, is_builtin=BUILTIN.get(name) == (kind, text))
            for name, (kind, text) in sorted(self._presets.by_name().items())
        ]
        return Reply(PresetList(pages))


def _name(text: str) -> str:
    """Return a valid name of a preset. Raises ``BadRequest``."""
    if not is_preset_style(f"{PRESET_PREFIX}{text}"):
        raise BadRequest(
            public="A preset name has up to 57 characters of a-z, 0-9, _ and -, starts with a letter or digit, "
            "and does not end in -default."
        )
    return text


def _page(name: str, kind: Kind, text: str, *, is_builtin: bool) -> PresetPage:
    return PresetPage(
        name=name,
        title=preset_title(name),
        style=f"{PRESET_PREFIX}{name}",
        kind=kind,
        settings=decode_kind_overrides(kind, text),
        design=shown_design(kind, text),
        builtin=is_builtin,
    )
