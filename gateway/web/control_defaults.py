"""The value of each control on a page where nothing is chosen yet."""

from typing import Any, Final

import msgspec

from gateway.settings.layers import KIND_OVERRIDES, decode_overrides, resolve_layers
from gateway.settings.resolved import as_parameters
from shared.domain.pictures import Format, Kind
from shared.settings.list_values import NOTHING
from shared.settings.model import CANONICAL_ORDER, DEFAULT_ORDER

_FOLLOWING: Final = {"badge_style": "d", "direction": "d", "lang": "", "region": "", "art": ""}
"""These follow other parameters by default; spelled out they would be fixed."""

_PICKED: Final = ("badges", "chips")


def control_defaults(kind: Kind, of_all: str) -> dict[str, Any]:
    """Return the JSON value of every parameter of a kind, with the global overrides ``of_all``."""
    overrides: dict[str, Any] = msgspec.to_builtins(decode_overrides(of_all)).get(kind, {})
    chosen = {name: value for name, value in overrides.items() if value is not None}
    inset = chosen.get("edge_inset", 0)
    whole = as_parameters(resolve_layers(kind, Format.JPG, []))
    whole |= _FOLLOWING | {"edge_inset_x": inset, "edge_inset_y": inset} | chosen
    whole |= {name: [word for word in whole[name] if word != NOTHING] for name in _PICKED if name in whole}
    whole |= _sources(whole["ratings_order"], whole["ratings_exclude"])
    return {name: whole[name] for name in KIND_OVERRIDES[kind].__struct_fields__}


def _sources(order: list[str], exclude: list[str]) -> dict[str, list[str]]:
    """Return both lists with all sites: one that is shown only if it is named is switched off on the page."""
    unnamed = [str(site) for site in CANONICAL_ORDER if site not in DEFAULT_ORDER and site not in order]
    return {
        "ratings_order": list(dict.fromkeys([*order, *map(str, CANONICAL_ORDER)])),
        "ratings_exclude": list(dict.fromkeys([*exclude, *unnamed])),
    }
