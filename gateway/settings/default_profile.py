"""Which of its profiles a key uses by default: for addresses whose style names nothing but the kind."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from gateway.settings.layers import KIND_OVERRIDES, decode_overrides
from shared.domain.pictures import Kind

FIELD: Final = "default_profile"
"""Its name in a key's settings."""

_Name = Annotated[str, msgspec.Meta(max_length=64, description="Use the name of a profile or a preset style.")]

DefaultProfile: Final[type[msgspec.Struct]] = msgspec.defstruct(
    "DefaultProfile",
    [(kind.value, _Name | UnsetType | None, UNSET) for kind in Kind],
    frozen=True,
    forbid_unknown_fields=True,
    module=__name__,
)
"""The name of the profile of each kind, or of a preset as a style names it; ``null`` takes it back."""

KeyOverrides: Final[type[msgspec.Struct]] = msgspec.defstruct(
    "KeyOverrides",
    [
        *[(kind.value, KIND_OVERRIDES[kind] | UnsetType, UNSET) for kind in Kind],
        (FIELD, DefaultProfile | UnsetType, UNSET),
    ],
    frozen=True,
    forbid_unknown_fields=True,
    module=__name__,
)
"""The struct of a key's settings: overrides with a field for each kind, and its default profiles."""

if TYPE_CHECKING:  # the type is created at run time, so the type checker knows only its base
    AllKeyOverrides: TypeAlias = msgspec.Struct
else:
    AllKeyOverrides = KeyOverrides


def decode_key_overrides(text: str) -> AllKeyOverrides:
    """Return the JSON text of a key's settings as a struct, without values that this version does not know."""
    named = msgspec.to_builtins(decode_overrides(text))
    default = {kind.value: name for kind, name in default_profiles(text).items()}
    return msgspec.convert(named | ({FIELD: default} if default else {}), KeyOverrides)


def default_change(kind: Kind, name: str | None) -> AllKeyOverrides:
    """Return a change of a key's settings that names a default profile, or takes it back."""
    return msgspec.convert({FIELD: {kind.value: name}}, KeyOverrides)


def named_in(change: AllKeyOverrides) -> dict[Kind, str]:
    """Return the default profiles that a change names, by their kind."""
    named: dict[str, Any] = msgspec.to_builtins(change).get(FIELD, {})
    return {Kind(kind): name for kind, name in named.items() if name is not None}


def default_profiles(text: str) -> Mapping[Kind, str]:
    """Return the default profiles in the JSON text of a key's settings, by their kind."""
    if FIELD not in text:  # of most keys, on each of their requests
        return {}
    named = msgspec.json.decode(text).get(FIELD, {})
    return {kind: named[kind.value] for kind in Kind if isinstance(named.get(kind.value), str)}
