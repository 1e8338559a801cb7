"""The layers of settings below a query: those of everybody, the key, and its profile, a preset or a style."""

from gateway.designs.published_presets import Presets
from gateway.keys.api_key import ApiKey
from gateway.pictures.address import CARD_DEFAULTS
from gateway.pictures.settings_resolver import SettingsLayers, resolve_query
from gateway.settings.default_profile import default_profiles
from shared.domain.pictures import Format, Kind
from shared.settings.digest import SettingsHash


def layers_below(of_all: str, of_key: str, of_kind: str = "", defaults: str = "") -> SettingsLayers:
    """Return the layers below a query: a style's defaults, the overrides of all, the key's, and a profile's or style's.

    Empty ones, which change nothing, are left out: most keys have none.
    """
    if not (of_all or of_key or of_kind or defaults):
        return ()
    layers = ((False, defaults), (True, of_all), (True, of_key), (False, of_kind))
    return tuple(layer for layer in layers if layer[1])


def named_layer(name: str, key: ApiKey, presets: Presets) -> tuple[Kind, str] | None:
    """Return the kind and the layer of a key's profile of this name, or of the preset, or ``None``."""
    profile = None if key.is_free else key.profile(name)
    return profile or presets.find(name)


def default_layer(key: ApiKey, kind: Kind, presets: Presets) -> str:
    """Return the layer of a key's default profile of a kind; empty if it has none, or none of that kind any more."""
    name = default_profiles(key.overrides).get(kind)
    found = None if name is None else named_layer(name, key, presets)
    return found[1] if found is not None and found[0] is kind else ""


def own_layers(key: ApiKey, of_all: str, presets: Presets) -> list[tuple[Kind, SettingsLayers]]:
    """Return the kinds and layers of a key's own settings: for each kind, for cards, and for each profile.

    A preset counts as its own where it is the default.
    """
    of_defaults = {kind: default_layer(key, kind, presets) for kind in Kind} if key.overrides else {}
    own = [(kind, layers_below(of_all, key.overrides, of_defaults.get(kind, ""))) for kind in Kind]
    own.append((Kind.BACKDROP, layers_below(of_all, key.overrides, "", CARD_DEFAULTS)))
    own += [(kind, layers_below(of_all, key.overrides, overrides)) for kind, overrides in key.all_profiles()]
    return own


def settings_hashes_of(key: ApiKey, of_all: str, presets: Presets) -> list[SettingsHash]:
    """Return the hashes of a key's own settings, in every format."""
    own = own_layers(key, of_all, presets)
    return [resolve_query(kind, fmt, "", layers).hash for kind, layers in own for fmt in Format]


def settings_hashes_of_presets(of_all: str, presets: Presets) -> list[SettingsHash]:
    """Return the hashes of every preset and format, for keys without settings of their own."""
    return [
        resolve_query(kind, fmt, "", layers_below(of_all, "", layer)).hash
        for kind, layer in presets.by_name().values()
        for fmt in Format
    ]
