"""Says in a plain sentence what is wrong with a field of a body or a query, from the field's type."""

import re
from typing import Any, Final

import msgspec
from msgspec import inspect

_PATH: Final = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_MISSING: Final = re.compile(r"^Object missing required field `(?P<name>\w+)`")
_UNKNOWN: Final = re.compile(r"^Object contains unknown field `(?P<name>.*?)`( - at `\$[^`]*`)?$", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z_]{1,32}", re.ASCII)
_ENTRY: Final = "[]"
_IN_LIST: Final = re.compile(r"\[[^\]]*\]")
_SIMPLE: Final[dict[type[inspect.Type], str]] = {
    inspect.BoolType: "true or false",
    inspect.DateTimeType: "a time such as 2026-01-31T12:00:00Z",
}


class FieldProblem(msgspec.Struct, frozen=True):
    """What is wrong with one field, such as ``poster.split``; without a name, with the whole."""

    sentence: str
    field: str = ""


def field_problem(kind: type[Any], error: msgspec.ValidationError) -> FieldProblem:
    """Return what is wrong with content that could not be converted to ``kind``, in words that need no type names.

    Content is never quoted, and the name of an unknown field only if it looks like a name: it may be a key or a token
    in the wrong place.
    """
    said = str(error)
    if missing := _MISSING.match(said):
        return FieldProblem("This is required.", missing["name"])
    if said.startswith("Object contains unknown field"):
        return _unknown(said)
    path = _PATH.search(said)
    steps = _IN_LIST.sub(f".{_ENTRY}", path["path"]).split(".") if path and path["path"] else []
    rule = _rule(_type_at(inspect.type_info(kind), steps), is_text=not said.startswith("Expected `str`, got"))
    return FieldProblem(
        f"Each entry: {rule[0].lower()}{rule[1:]}" if steps and steps[-1] == _ENTRY else rule,
        ".".join(step for step in steps if step != _ENTRY),
    )


def _unknown(said: str) -> FieldProblem:
    found = _UNKNOWN.match(said)
    if found is None or not _NAME.fullmatch(found["name"]):
        return FieldProblem("There is a field that does not belong here.")
    return FieldProblem("This field does not belong here.", found["name"])


def _type_at(kind: inspect.Type, steps: list[str]) -> inspect.Type:
    """Return the type at the end of a path through structs, lists and mappings."""
    for step in steps:
        match bare_type(kind):
            case inspect.StructType(fields=fields):
                kind = next(field.type for field in fields if field.encode_name == step)
            case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
                kind = item
            case inspect.DictType(value_type=value):
                kind = value
            case _:
                return kind
    return kind


def bare_type(kind: inspect.Type) -> inspect.Type:
    """Return a type without its description and without the values that stand for nothing."""
    if isinstance(kind, inspect.Metadata):
        return bare_type(kind.type)
    if isinstance(kind, inspect.UnionType):
        some = [one for one in kind.types if not isinstance(one, inspect.NoneType | inspect.CustomType)]
        return bare_type(some[0])
    return kind


def _rule(kind: inspect.Type, *, is_text: bool) -> str:
    """Return what a value of this type must be like: its own description if it has one."""
    described, bare = _description(kind), bare_type(kind)
    if isinstance(bare, inspect.StrType):
        return (described or f"Use {_range(bare.min_length, bare.max_length)} characters.") if is_text else "Use text."
    return described or f"Use {_other(bare)}."


def _other(bare: inspect.Type) -> str:
    match bare:
        case inspect.IntType(ge=least, le=most):
            return f"a whole number{_bounds(least, most)}"
        case inspect.FloatType(ge=least, le=most):
            return f"a number{_bounds(least, most)}"
        case inspect.EnumType(cls=cls):
            return f"one of: {', '.join(str(one.value) for one in cls)}"
        case inspect.LiteralType(values=values):
            return f"one of: {', '.join(map(str, values))}"
        case inspect.ListType(min_length=least, max_length=most):
            return f"a list of {_range(least, most)} entries"
        case _:
            return _SIMPLE.get(type(bare), "a JSON object")


def _description(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.Metadata):
        return str((kind.extra_json_schema or {}).get("description", ""))
    if isinstance(kind, inspect.UnionType):
        return next(filter(None, map(_description, kind.types)), "")
    return ""


def _range(least: int | None, most: int | None) -> str:
    if most is None:
        return f"at least {least or 0:,}"
    return f"{least:,} to {most:,}" if least else f"at most {most:,}"


def _bounds(least: float | None, most: float | None) -> str:
    if least is None or most is None:
        return f" of at least {least:,}" if least is not None else f" of at most {most:,}" if most is not None else ""
    return f" from {least:,} to {most:,}"
