"""The default of each parameter as it is written in an address."""

import json
from collections.abc import Mapping
from typing import Any, Final

from gateway.web.controls import Control
from shared.domain.pictures import Kind
from shared.settings.list_values import NOTHING
from shared.settings.model import DEFAULT_ORDER

# What the control has in place of a default.
_DEFAULTS: Final[Mapping[str, str]] = {"ratings_order": ",".join(DEFAULT_ORDER), "ratings_exclude": ""}


def defaults_of(control: Control) -> dict[str, list[Kind]]:
    """Return the kinds of pictures by their default, the usual one first; it is empty if it is not set."""
    by_default: dict[str, list[Kind]] = {}
    for kind, value in control.defaults.items():
        by_default.setdefault(_written(control, value), []).append(kind)
    return by_default


def _written(control: Control, value: Any) -> str:
    if control.name in _DEFAULTS:
        return _DEFAULTS[control.name]
    if isinstance(value, list):
        return ",".join(value or [NOTHING])
    return value if isinstance(value, str) else json.dumps(value)
