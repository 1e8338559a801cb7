"""The layers of settings - global, key, profile, query - and the settings that they resolve to.

Overrides have the names and values of the query parameters in every layer. In JSON they have JSON types: a flag is
``true``, a number is ``4``, a list is ``["imdb", "rt"]``.
A layer for one kind may have a design in place of overrides, ``{"design": {…}}``. Size, region, quality and artwork of
the other layers still count then.
"""

import operator
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from gateway.settings.bounded_memo import bounded_memo
from shared.designs.as_settings import design_settings
from shared.designs.document import DesignDocument, canonical_text
from shared.domain.errors import BadRequest
from shared.domain.pictures import Format, Kind
from shared.settings.model import Settings
from shared.settings.parameters import PARAMETERS, Parameter, normalize, parse_query

LONGEST_TEXT: Final = 16_384
"""Characters of a layer's JSON text; all possible overrides need a quarter of this."""

DESIGN: Final = "design"
"""The name of a design in a layer, and of its field in what that means."""

PARSED_BYTES: Final = 16 << 20
"""Texts of overrides and what they mean; for all kinds, and for one."""


def _kind_overrides(kind: Kind) -> type[msgspec.Struct]:
    """Return the struct of a kind's overrides: any of its parameters; ``null`` removes one."""
    fields: list[tuple[str, Any, Any]] = [
        (param.names[0], param.json(kind) | UnsetType | None, UNSET) for param in PARAMETERS if kind in param.kinds
    ]
    return msgspec.defstruct(
        f"{kind.name.title()}Overrides", fields, frozen=True, forbid_unknown_fields=True, module=__name__
    )


KIND_OVERRIDES: Final[Mapping[Kind, type[msgspec.Struct]]] = {kind: _kind_overrides(kind) for kind in Kind}
"""The struct of each kind's overrides."""

Overrides: Final[type[msgspec.Struct]] = msgspec.defstruct(
    "Overrides",
    [(kind.value, KIND_OVERRIDES[kind] | UnsetType, UNSET) for kind in Kind],
    frozen=True,
    forbid_unknown_fields=True,
    module=__name__,
)
"""The struct of a layer's overrides, with a field for each kind."""


def type_of_any_kind(param: Parameter) -> Any:
    """Return the type of a parameter's values over all kinds that have it."""
    types = [param.json(kind) for kind in Kind if kind in param.kinds]
    return types[0] if all(each == types[0] for each in types) else reduce(operator.or_, types)


KindOverrides: Final[type[msgspec.Struct]] = msgspec.defstruct(
    "KindOverrides",
    [(param.names[0], type_of_any_kind(param) | UnsetType | None, UNSET) for param in PARAMETERS],
    frozen=True,
    forbid_unknown_fields=True,
    module=__name__,
)
"""The struct of overrides for a kind that is given separately; no kind has all of its fields."""


if TYPE_CHECKING:  # these types are created at run time, so the type checker knows only their base
    AllOverrides: TypeAlias = msgspec.Struct
    SomeOverrides: TypeAlias = msgspec.Struct
else:
    AllOverrides, SomeOverrides = Overrides, KindOverrides


def merge_change(stored: str, change: msgspec.Struct) -> str:
    """Return the JSON text of overrides with a change applied, with sorted names.

    Raises ``BadRequest`` if the text is longer than a layer may be.
    """
    before, named = msgspec.json.decode(stored or "{}"), msgspec.to_builtins(change)
    text = msgspec.json.encode(_merge(before, named), order="sorted").decode()
    if len(text) > LONGEST_TEXT:
        raise BadRequest(public=f"Settings must not be longer than {LONGEST_TEXT} characters.")
    return text


def _merge(before: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    result = dict(before)
    for name, value in change.items():
        if isinstance(value, dict):
            result[name] = _merge(result.get(name, {}), value)
        elif value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return {name: value for name, value in result.items() if value != {}}


def check(kind: Kind, overrides: Mapping[str, object]) -> None:
    """Raise ``BadRequest``, naming kind and parameter, unless a query could set each of these JSON values."""
    try:
        parse_query(kind, {name: as_text(value) for name, value in overrides.items() if value is not None})
    except BadRequest as error:
        raise BadRequest(public=f"{kind}.{error.public}") from error


def check_all(overrides: object) -> None:
    """Check overrides for all kinds, as read from JSON; values of the wrong shape are ignored.

    Raises like :func:`check`.
    """
    for kind in Kind:
        parsed = overrides.get(kind.value) if isinstance(overrides, Mapping) else None
        if isinstance(parsed, Mapping):
            check(kind, parsed)


def check_fits(kind: Kind, overrides: Mapping[str, object]) -> None:
    """Raise ``BadRequest`` if a kind lacks one of these known parameters."""
    for name in overrides:
        if name not in KIND_OVERRIDES[kind].__struct_fields__:
            raise BadRequest(public=f"{kind} has no {name}.")


def decode_overrides(text: str) -> AllOverrides:
    """Return the JSON text of overrides for all kinds as a struct, without values that this version does not know."""
    stored = msgspec.json.decode(text or "{}")
    named = {kind.value: _readable(KIND_OVERRIDES[kind], stored[kind.value]) for kind in Kind if kind.value in stored}
    return msgspec.convert(named, Overrides)


def decode_kind_overrides(kind: Kind, text: str) -> SomeOverrides:
    """Return the JSON text of overrides for one kind as a struct, without values that this version does not know."""
    return msgspec.convert(_readable(KIND_OVERRIDES[kind], msgspec.json.decode(text)), KindOverrides)


def design_layer(design: DesignDocument) -> str:
    """Return the JSON text of a layer that is a design."""
    return f'{{"{DESIGN}":{canonical_text(design)}}}'


def design_in(kind: Kind, text: str) -> DesignDocument | None:
    """Return the design of a layer for one kind; ``None`` if it has overrides, or a design of a newer version."""
    design: DesignDocument | None = parse_one_kind(kind, text).get(DESIGN)
    return design


def _readable(struct: type[msgspec.Struct], overrides: Mapping[str, object]) -> dict[str, object]:
    readable = {}
    for name, value in overrides.items():
        try:
            msgspec.convert({name: value}, struct)
        except msgspec.ValidationError:
            continue
        readable[name] = value
    return readable


def audit_details(change: msgspec.Struct) -> dict[str, str | int | bool | None]:
    """Return a change for the audit log, one entry per parameter, such as ``poster.ratings_order``: ``imdb,rt``."""
    lines: dict[str, str | int | bool | None] = {}
    for name, value in msgspec.to_builtins(change).items():
        if isinstance(value, dict):
            lines |= {f"{name}.{below}": _as_line(each) for below, each in value.items()}
        else:
            lines[name] = _as_line(value)
    return lines


def _as_line(value: Any) -> str | int | bool | None:
    return as_text(value).strip(",") if isinstance(value, list) else value


@bounded_memo(PARSED_BYTES)
def parse_all_kinds(text: str) -> Mapping[Kind, Mapping[str, Any]]:
    """Parse the JSON text of overrides for all kinds into fields of settings.

    Values that a newer version wrote are ignored: they must not break a picture.
    """
    parsed = msgspec.json.decode(text) if text else {}
    return {kind: _leniently(kind, parsed.get(kind.value, {})) for kind in Kind}


@bounded_memo(PARSED_BYTES)
def parse_one_kind(kind: Kind, text: str) -> Mapping[str, Any]:
    """Parse the JSON text of overrides for one kind, such as a profile's, like :func:`parse_all_kinds`."""
    return _leniently(kind, msgspec.json.decode(text))


def _leniently(kind: Kind, overrides: Mapping[str, object]) -> dict[str, Any]:
    parsed: dict[str, Any] = {}
    for name, value in overrides.items():
        if value is None:
            continue
        try:
            parsed |= _design(kind, value) if name == DESIGN else parse_query(kind, {name: as_text(value)})
        except (BadRequest, msgspec.ValidationError):
            continue
    return parsed


def _design(kind: Kind, value: object) -> dict[str, Any]:
    design = msgspec.convert(value, DesignDocument)
    return {DESIGN: design} if design.kind is kind else {}


def as_text(value: object) -> str:
    """Return a JSON value as a query spells it."""
    match value:
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return ",".join(str(item) for item in value) or ","  # an empty text would be ignored
        case _:
            return str(value)


def resolve_layers(kind: Kind, fmt: Format, layers: Iterable[Mapping[str, Any]]) -> Settings:
    """Return the settings of the layers, each on top of the ones before it."""
    parsed: dict[str, Any] = {}
    for layer in layers:
        if "inset" in layer:  # sets both axes, including those that a lower layer set separately
            parsed.pop("inset_x", None)
            parsed.pop("inset_y", None)
        parsed |= layer
    design = parsed.pop(DESIGN, None)
    return normalize(kind, fmt, parsed) if design is None else design_settings(design, fmt, parsed)
