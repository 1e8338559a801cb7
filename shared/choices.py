"""What is chosen for pictures on each level - by the operator, a key, a profile, a caller - and the look they make.

On every level a choice has the names and values of the query parameters. In JSON they have its types: a flag is
``true``, a number is ``4``, a list is ``["imdb", "rt"]``.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from shared.errors import BadRequest
from shared.settings import PARAMS, Format, Kind, Settings, choose, settle

_REMEMBERED: Final = 20_000  # texts of keys' choices; about a kilobyte each, as what they mean


def _kind_choices(kind: Kind) -> type[msgspec.Struct]:
    """Return the type of what is chosen for one kind: any of its parameters; ``null`` takes a choice back."""
    fields: list[tuple[str, Any, Any]] = [
        (param.names[0], param.json(kind) | UnsetType | None, UNSET) for param in PARAMS if kind in param.kinds
    ]
    return msgspec.defstruct(
        f"{kind.name.title()}Choices", fields, frozen=True, forbid_unknown_fields=True, module=__name__
    )


KIND_CHOICES: Final[Mapping[Kind, type[msgspec.Struct]]] = {kind: _kind_choices(kind) for kind in Kind}
"""For each kind, the struct of what can be chosen for it."""

Choices: Final[type[msgspec.Struct]] = msgspec.defstruct(
    "Choices",
    [(kind.value, KIND_CHOICES[kind] | UnsetType, UNSET) for kind in Kind],
    frozen=True,
    forbid_unknown_fields=True,
    module=__name__,
)
"""The struct of what one level chooses, a field for each kind."""


def changed(kept: str, change: msgspec.Struct) -> str:
    """Return the text of choices, of one kind or of all, with a change: what it does not name stays; sorted names."""
    before, named = msgspec.json.decode(kept or "{}"), msgspec.to_builtins(change)
    return msgspec.json.encode(_over(before, named), order="sorted").decode()


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


def check(kind: Kind, choices: Mapping[str, object]) -> None:
    """Raise ``BadRequest`` unless every choice, as read from JSON, is one that a query could make."""
    choose(kind, {name: _as_text(value) for name, value in choices.items() if value is not None})


@lru_cache(_REMEMBERED)
def of_all_kinds(text: str) -> Mapping[Kind, Mapping[str, Any]]:
    """Read the text of choices for all kinds into fields of a look.

    What this version cannot read, because a newer one wrote it, is passed over: it must not break a picture.
    """
    chosen = msgspec.json.decode(text) if text else {}
    return {kind: _leniently(kind, chosen.get(kind.value, {})) for kind in Kind}


@lru_cache(_REMEMBERED)
def of_one_kind(kind: Kind, text: str) -> Mapping[str, Any]:
    """Read the text of choices for one kind, as of a profile; passes over like :func:`of_all_kinds`."""
    return _leniently(kind, msgspec.json.decode(text))


def _leniently(kind: Kind, choices: Mapping[str, object]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for name, value in choices.items():
        try:
            chosen |= choose(kind, {name: _as_text(value)})
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


def look(kind: Kind, fmt: Format, levels: Iterable[Mapping[str, Any]]) -> Settings:
    """Return the look that the levels make, each over those before it."""
    chosen: dict[str, Any] = {}
    for level in levels:
        if "inset" in level:  # sets both axes, also those that a level before set one by one
            chosen.pop("inset_x", None)
            chosen.pop("inset_y", None)
        chosen |= level
    return settle(kind, fmt, chosen)
