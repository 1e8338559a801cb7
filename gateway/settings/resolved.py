"""What the layers resolve to: every parameter with its value, for the pages on which settings are chosen."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from gateway.settings.layers import parse_all_kinds, parse_one_kind, resolve_layers, type_of_any_kind
from shared.designs.as_settings import FROM_ADDRESS
from shared.domain.pictures import Format, Kind
from shared.settings.list_values import NOTHING
from shared.settings.model import DEFAULT_ORDER, Settings
from shared.settings.parameters import PARAMETERS, Parameter

_OPTIONAL: Final = frozenset({"lang", "region", "art_file"})
"""Fields without a value where nothing was chosen, or where a choice has no effect."""


def _or_nothing(param: Parameter, of_values: Any) -> Any:
    return of_values | None if param.field in _OPTIONAL else of_values


KIND_RESOLVED: Final[Mapping[Kind, type[msgspec.Struct]]] = {
    kind: msgspec.defstruct(
        f"{kind.name.title()}Resolved",
        [(param.names[0], _or_nothing(param, param.json(kind))) for param in PARAMETERS if kind in param.kinds],
        frozen=True,
        module=__name__,
    )
    for kind in Kind
}
"""The struct of each kind's resolved settings: every parameter with its value."""

Resolved: Final[type[msgspec.Struct]] = msgspec.defstruct(
    "Resolved", [(kind.value, KIND_RESOLVED[kind]) for kind in Kind], frozen=True, module=__name__
)
"""The struct of resolved settings, with a field for each kind."""

KindResolved: Final[type[msgspec.Struct]] = msgspec.defstruct(
    "KindResolved",
    [(param.names[0], _or_nothing(param, type_of_any_kind(param)) | UnsetType, UNSET) for param in PARAMETERS],
    frozen=True,
    module=__name__,
)
"""The struct of resolved settings for a kind that is given separately."""

if TYPE_CHECKING:  # these types are created at run time, so the type checker knows only their base
    AllResolved: TypeAlias = msgspec.Struct
    SomeResolved: TypeAlias = msgspec.Struct
else:
    AllResolved, SomeResolved = Resolved, KindResolved


def as_parameters(settings: Settings) -> dict[str, Any]:
    """Return all parameters of the settings with their JSON values; parsing them gives the same settings.

    Of a design there are only those that it leaves to the address.

    ``lang``, ``region`` and ``art`` are ``None`` if there is none; ``edge_inset`` is that of the left and right edges.
    """
    named = {
        param.names[0]: _value(settings, param.field)
        for param in PARAMETERS
        if settings.kind in param.kinds and (not settings.design or param.field in FROM_ADDRESS)
    }
    result: dict[str, Any] = msgspec.to_builtins(named)
    return result


def _value(settings: Settings, field: str) -> object:
    match field:
        case "order":
            return list(settings.ratings)
        case "exclude":
            # A picture without badges excludes no site.
            return [site for site in DEFAULT_ORDER if settings.limit and site not in settings.ratings]
        case "inset":
            return settings.inset_x
        case "lang" | "region" | "art_file":
            return getattr(settings, field) or None
        case "sash" | "quality" | "chips":
            return list(getattr(settings, field)) or [NOTHING]
        case _:
            return getattr(settings, field)


def resolve_all_kinds(texts: Iterable[str]) -> AllResolved:
    """Return the resolved settings of layers of overrides for all kinds, each on top of the ones before it."""
    layers = [parse_all_kinds(text) for text in texts]
    resolved = {kind: resolve_layers(kind, Format.JPG, [layer[kind] for layer in layers]) for kind in Kind}
    return msgspec.convert({kind.value: as_parameters(each) for kind, each in resolved.items()}, Resolved)


def resolve_one_kind(kind: Kind, texts: Iterable[str], own: str) -> SomeResolved:
    """Return the resolved settings of layers for all kinds with overrides for one kind on top."""
    layers = [*(parse_all_kinds(text)[kind] for text in texts), parse_one_kind(kind, own)]
    return msgspec.convert(as_parameters(resolve_layers(kind, Format.JPG, layers)), KindResolved)
