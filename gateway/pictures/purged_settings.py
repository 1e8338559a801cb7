"""The settings that a purge of a key names: its own, and its own on pinned art."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from gateway.db.title_pins import EVERYBODY, find_pins
from gateway.designs.published_presets import Presets
from gateway.keys.api_key import ApiKey
from gateway.keys.pinned_art import pin_layer
from gateway.pictures.key_layers import own_layers, settings_hashes_of
from gateway.pictures.settings_resolver import resolve_query
from shared.domain.pictures import Format, Kind
from shared.settings.digest import SettingsHash
from shared.stores.postgres import Pool
from shared.stores.settings_rows import stored_settings

_AT_ONCE: Final = 50
"""Settings between two pauses: about 3 ms."""


async def settings_to_purge(pool: Pool, key: ApiKey, of_all: str, presets: Presets) -> list[SettingsHash]:
    """Return the hashes of a key's own settings, and of these on each file that is pinned for it or for everybody.

    The latter only as far as they are stored: there may be 2,000 pins, and each holds for every profile of its kind.
    Raises ``StoreDown``.
    """
    found = settings_hashes_of(key, of_all, presets)
    pins = {(pin.kind, pin.file) for owner in (key.id, EVERYBODY) for pin in await find_pins(pool, owner)}
    pinned = _pinned(pins, key, of_all, presets)
    while some := list(islice(pinned, _AT_ONCE)):
        found += await stored_settings(pool, some)
    return found


def _pinned(pins: set[tuple[Kind, str]], key: ApiKey, of_all: str, presets: Presets) -> Iterator[SettingsHash]:
    for kind, layers in dict.fromkeys(own_layers(key, of_all, presets)):
        for of_kind, file in pins:
            if of_kind is kind:
                for fmt in Format:
                    yield resolve_query(kind, fmt, "", (*layers, (False, pin_layer(file)))).hash
