"""What the levels of choices come to: every parameter with its value, for the pages on which looks are chosen."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from gateway.settings.layers import parse_all_kinds, parse_one_kind, resolve_layers, type_of_any_kind
from shared.domain.pictures import Format, Kind
from shared.settings.model import DEFAULT_ORDER, Settings
from shared.settings.parameters import PARAMETERS, Parameter


def _or_nothing(param: Parameter, of_values: Any) -> Any:
    return of_values | None if param.field == "lang" else of_values


KIND_RESOLVED: Final[Mapping[Kind, type[msgspec.Struct]]] = {
    kind: msgspec.defstruct(
        f"{kind.name.title()}Effective",
        [(param.names[0], _or_nothing(param, param.json(kind))) for param in PARAMETERS if kind in param.kinds],
        frozen=True,
        module=__name__,
    )
    for kind in Kind
}
"""For each kind, the struct of what all levels come to: every parameter with its value."""

Resolved: Final[type[msgspec.Struct]] = msgspec.defstruct(
    "Effective", [(kind.value, KIND_RESOLVED[kind]) for kind in Kind], frozen=True, module=__name__
)
"""The struct of what all levels come to, a field for each kind."""

KindResolved: Final[type[msgspec.Struct]] = msgspec.defstruct(
    "EffectiveOfAKind",
    [(param.names[0], _or_nothing(param, type_of_any_kind(param)) | UnsetType, UNSET) for param in PARAMETERS],
    frozen=True,
    module=__name__,
)
"""The struct of what all levels come to for a kind that is said elsewhere."""

if TYPE_CHECKING:  # these types are made when the program runs, so that a checker knows no more than their base
    AllResolved: TypeAlias = msgspec.Struct
    SomeResolved: TypeAlias = msgspec.Struct
else:
    AllResolved, SomeResolved = Resolved, KindResolved


def as_parameters(settings: Settings) -> dict[str, Any]:
    """Return every parameter of a look's kind with its value in JSON; read again they are the same look.

    ``lang`` is ``None`` when none is asked for, and ``edge_inset`` is that of the left and right edge.
    """
    named = {param.names[0]: _value(settings, param.field) for param in PARAMETERS if settings.kind in param.kinds}
    result: dict[str, Any] = msgspec.to_builtins(named)
    return result


def _value(settings: Settings, field: str) -> object:
    match field:
        case "order":
            return list(settings.ratings)
        case "exclude":
            # A picture without badges leaves no site out: it has room for none.
            return [site for site in DEFAULT_ORDER if settings.limit and site not in settings.ratings]
        case "inset":
            return settings.inset_x
        case "lang":
            return settings.lang or None
        case _:
            return getattr(settings, field)


def effective(texts: Iterable[str]) -> AllResolved:
    """Return what levels of choices for all kinds, each over those before it, come to."""
    layers = [parse_all_kinds(text) for text in texts]
    looks = {kind: resolve_layers(kind, Format.JPG, [layer[kind] for layer in layers]) for kind in Kind}
    return msgspec.convert({kind.value: as_parameters(each) for kind, each in looks.items()}, Resolved)


def effective_for(kind: Kind, texts: Iterable[str], own: str) -> SomeResolved:
    """Return what levels of choices for all kinds, and over them choices for this kind, come to."""
    layers = [*(parse_all_kinds(text)[kind] for text in texts), parse_one_kind(kind, own)]
    return msgspec.convert(as_parameters(resolve_layers(kind, Format.JPG, layers)), KindResolved)
