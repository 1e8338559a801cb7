"""What is chosen for pictures on each level - by the operator, a key, a profile, a caller - and the look they make.

On every level a choice has the names and values of the query parameters. In JSON they have its types: a flag is
``true``, a number is ``4``, a list is ``["imdb", "rt"]``.
"""

import operator
from collections.abc import Iterable, Mapping
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from shared.domain.errors import BadRequest
from shared.domain.pictures import Format, Kind
from shared.settings.model import Settings
from shared.settings.parameters import PARAMETERS, Parameter, normalize, parse_query

LONGEST_TEXT: Final = 16_384
"""Characters of the text of choices that one level may keep; all that there is to choose is a quarter of it."""

_REMEMBERED: Final = 20_000  # texts of keys' choices; about a kilobyte each, as what they mean


def _kind_choices(kind: Kind) -> type[msgspec.Struct]:
    """Return the type of what is chosen for one kind: any of its parameters; ``null`` takes a choice back."""
    fields: list[tuple[str, Any, Any]] = [
        (param.names[0], param.json(kind) | UnsetType | None, UNSET) for param in PARAMETERS if kind in param.kinds
    ]
    return msgspec.defstruct(
        f"{kind.name.title()}Choices", fields, frozen=True, forbid_unknown_fields=True, module=__name__
    )


KIND_OVERRIDES: Final[Mapping[Kind, type[msgspec.Struct]]] = {kind: _kind_choices(kind) for kind in Kind}
"""For each kind, the struct of what can be chosen for it."""

Overrides: Final[type[msgspec.Struct]] = msgspec.defstruct(
    "Choices",
    [(kind.value, KIND_OVERRIDES[kind] | UnsetType, UNSET) for kind in Kind],
    frozen=True,
    forbid_unknown_fields=True,
    module=__name__,
)
"""The struct of what one level chooses, a field for each kind."""


def type_of_any_kind(param: Parameter) -> Any:
    """Return the type of a parameter's values for whichever kinds it applies to."""
    types = [param.json(kind) for kind in Kind if kind in param.kinds]
    return types[0] if all(each == types[0] for each in types) else reduce(operator.or_, types)


KindOverrides: Final[type[msgspec.Struct]] = msgspec.defstruct(
    "ChoicesOfAKind",
    [(param.names[0], type_of_any_kind(param) | UnsetType | None, UNSET) for param in PARAMETERS],
    frozen=True,
    forbid_unknown_fields=True,
    module=__name__,
)
"""The struct of what is chosen for a kind that is said elsewhere: not every kind has all of its fields."""


if TYPE_CHECKING:  # these types are made when the program runs, so that a checker knows no more than their base
    AllOverrides: TypeAlias = msgspec.Struct
    SomeOverrides: TypeAlias = msgspec.Struct
else:
    AllOverrides, SomeOverrides = Overrides, KindOverrides


def merge_change(kept: str, change: msgspec.Struct) -> str:
    """Return the text of choices, of one kind or of all, with a change: what it does not name stays; sorted names.

    Raises ``BadRequest`` when the text is longer than what one level may keep.
    """
    before, named = msgspec.json.decode(kept or "{}"), msgspec.to_builtins(change)
    text = msgspec.json.encode(_over(before, named), order="sorted").decode()
    if len(text) > LONGEST_TEXT:
        raise BadRequest(public=f"Settings must not be longer than {LONGEST_TEXT} characters.")
    return text


def _over(before: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    result = dict(before)
    for name, value in change.items():
        if isinstance(value, dict):
            result[name] = _over(result.get(name, {}), value)
        elif value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return {name: value for name, value in result.items() if value != {}}


def check(kind: Kind, overrides: Mapping[str, object]) -> None:
    """Raise ``BadRequest``, naming kind and parameter, unless each choice read from JSON is one a query could make."""
    try:
        parse_query(kind, {name: _as_text(value) for name, value in overrides.items() if value is not None})
    except BadRequest as error:
        raise BadRequest(public=f"{kind}.{error.public}") from error


def check_all(overrides: object) -> None:
    """Check choices for all kinds, as read from JSON; what has not even their form is passed over.

    Raises like :func:`check`.
    """
    for kind in Kind:
        chosen = overrides.get(kind.value) if isinstance(overrides, Mapping) else None
        if isinstance(chosen, Mapping):
            check(kind, chosen)


def check_fits(kind: Kind, overrides: Mapping[str, object]) -> None:
    """Raise ``BadRequest`` when one of these parameters, all known ones, is none of a kind's pictures."""
    for name in overrides:
        if name not in KIND_OVERRIDES[kind].__struct_fields__:
            raise BadRequest(public=f"{kind} has no {name}.")


def decode_overrides(text: str) -> AllOverrides:
    """Return the text of choices for all kinds as their struct, without what this version cannot read."""
    kept = msgspec.json.decode(text or "{}")
    named = {kind.value: _readable(KIND_OVERRIDES[kind], kept[kind.value]) for kind in Kind if kind.value in kept}
    return msgspec.convert(named, Overrides)


def decode_kind_overrides(kind: Kind, text: str) -> SomeOverrides:
    """Return the text of choices for one kind as their struct, without what this version cannot read."""
    return msgspec.convert(_readable(KIND_OVERRIDES[kind], msgspec.json.decode(text)), KindOverrides)


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
    """Return what a change names in one line each, as ``poster.ratings_order``: ``imdb,rt``."""
    lines: dict[str, str | int | bool | None] = {}
    for name, value in msgspec.to_builtins(change).items():
        if isinstance(value, dict):
            lines |= {f"{name}.{below}": _as_line(each) for below, each in value.items()}
        else:
            lines[name] = _as_line(value)
    return lines


def _as_line(value: Any) -> str | int | bool | None:
    return _as_text(value) if isinstance(value, list) else value


@lru_cache(_REMEMBERED)
def parse_all_kinds(text: str) -> Mapping[Kind, Mapping[str, Any]]:
    """Read the text of choices for all kinds into fields of a look.

    What this version cannot read, because a newer one wrote it, is passed over: it must not break a picture.
    """
    chosen = msgspec.json.decode(text) if text else {}
    return {kind: _leniently(kind, chosen.get(kind.value, {})) for kind in Kind}


@lru_cache(_REMEMBERED)
def parse_one_kind(kind: Kind, text: str) -> Mapping[str, Any]:
    """Read the text of choices for one kind, as of a profile; passes over like :func:`parse_all_kinds`."""
    return _leniently(kind, msgspec.json.decode(text))


def _leniently(kind: Kind, overrides: Mapping[str, object]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for name, value in overrides.items():
        if value is None:  # nothing is chosen
            continue
        try:
            chosen |= parse_query(kind, {name: _as_text(value)})
        except BadRequest:
            continue
    return chosen


def _as_text(value: object) -> str:
    """Spell a value of JSON as a query does."""
    match value:
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return ",".join(str(item) for item in value)
        case _:
            return str(value)


def resolve_layers(kind: Kind, fmt: Format, layers: Iterable[Mapping[str, Any]]) -> Settings:
    """Return the look that the levels make, each over those before it."""
    chosen: dict[str, Any] = {}
    for layer in layers:
        if "inset" in layer:  # sets both axes, also those that a level before set one by one
            chosen.pop("inset_x", None)
            chosen.pop("inset_y", None)
        chosen |= layer
    return normalize(kind, fmt, chosen)
