"""Reads a design from plain JSON, and says in a sentence what is wrong with one."""

import re
from typing import Any, Final

import msgspec
from msgspec import inspect

from shared.designs.checks import checked_design
from shared.designs.document import DesignDocument
from shared.domain.errors import BadField

_PATH: Final = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_STEP: Final = re.compile(r"(?P<name>\w+)|\[(?P<index>\d+)\]", re.ASCII)
_MISSING: Final = re.compile(r"^Object missing required field `(?P<name>\w+)`", re.ASCII)
_UNKNOWN: Final = re.compile(r"^Object contains unknown field `(?P<name>[A-Za-z_]{1,32})`( - at |$)", re.ASCII)
_TAG: Final = "type"
_DESIGN: Final = inspect.type_info(DesignDocument)


def read_design(content: object) -> DesignDocument:
    """Return the design that decoded JSON describes, in normal form. Raises ``BadField``."""
    try:
        design = msgspec.convert(content, DesignDocument)
    except msgspec.ValidationError as error:
        raise _problem(str(error), content) from error
    return checked_design(design)


def _problem(said: str, content: object) -> BadField:
    """Return what is wrong in words that need no type names. Content is never quoted, names only if they look so."""
    found = _PATH.search(said)
    path = found["path"] if found else ""
    kind, at = _type_at(path, content)
    within = f"{path}." if path else ""
    if missing := _MISSING.match(said):
        kinds = f": {_allowed(kind)}" if missing["name"] == _TAG else ""
        return BadField.at(f"{within}{missing['name']}", f"is required{kinds}")
    if said.startswith("Object contains unknown field"):
        unknown = _UNKNOWN.match(said)
        if unknown is None:
            whole = "" if path else "A design "
            return BadField.at(path, f"{whole}has a field that does not belong here")
        return BadField.at(f"{within}{unknown['name']}", "does not belong here")
    if at == _TAG:
        return BadField.at(path, f"must be {_allowed(kind)}")
    rule = "an object" if isinstance(kind, inspect.UnionType) and _is_tagged(kind) else _allowed(kind)
    return BadField.at(path, f"must be {rule}" if path else f"A design must be {rule}")


def _type_at(path: str, content: object) -> tuple[inspect.Type, str]:
    """Return the type at the end of a path, and the last name in it; of an element's ``type`` all that it can be."""
    kind: inspect.Type = _DESIGN
    name = ""
    for step in _STEP.finditer(path):
        kind, name = _bare(kind), step["name"] or ""
        if isinstance(kind, inspect.UnionType):
            if name == _TAG or not _is_tagged(kind):
                return kind, name
            kind = _member(kind, content)
        match kind:
            case inspect.StructType(array_like=True, fields=fields) if step["index"]:
                kind = fields[int(step["index"])].type
            case inspect.StructType(fields=fields):
                kind = next(field.type for field in fields if field.encode_name == name)
            case inspect.VarTupleType(item_type=item):
                kind = item
            case _:
                return kind, name
        content = _within(content, name or int(step["index"]))
    return _described(kind), name


def _within(content: Any, step: str | int) -> object:
    try:
        return content[step]
    except (LookupError, TypeError):
        return None


def _is_tagged(kind: inspect.UnionType) -> bool:
    return all(isinstance(each, inspect.StructType) for each in kind.types)


def _member(kind: inspect.UnionType, content: object) -> inspect.Type:
    """Return the element that an object's ``type`` names; one is named, or there would be no path into it."""
    tag = _within(content, _TAG)
    return next(each for each in kind.types if isinstance(each, inspect.StructType) and each.tag == tag)


def _bare(kind: inspect.Type) -> inspect.Type:
    """Return a type without its description, and without the ``null`` that stands for nothing."""
    if isinstance(kind, inspect.Metadata):
        return _bare(kind.type)
    if isinstance(kind, inspect.UnionType):
        some = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
        return _bare(some[0]) if len(some) == 1 else kind
    return kind


def _described(kind: inspect.Type) -> inspect.Type:
    """Return a type bare, or as it is if it describes itself."""
    is_described = isinstance(kind, inspect.Metadata) and "description" in (kind.extra_json_schema or {})
    return kind if is_described else _bare(kind)


def _allowed(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata(extra_json_schema=schema):
            return str((schema or {})["description"]).removeprefix("Use ").rstrip(".")
        case inspect.IntType(ge=least, le=most):
            return f"a whole number from {least:,} to {most:,}"
        case inspect.EnumType(cls=cls):
            return f"one of {', '.join(each.value for each in cls)}"
        case inspect.LiteralType(values=values):
            return " or ".join(map(str, values))
        case inspect.BoolType():
            return "true or false"
        case _:
            return _allowed_of_several(kind)


def _allowed_of_several(kind: inspect.Type) -> str:
    match kind:
        case inspect.StrType(min_length=least, max_length=most):
            return f"text of {_range(least, most)} characters"
        case inspect.VarTupleType(min_length=least, max_length=most):
            return f"a list of {_range(least, most)} entries"
        case inspect.StructType(array_like=True):
            return "a list of a fact, an operator and a value"
        case inspect.UnionType() if _is_tagged(kind):
            return f"one of {', '.join(str(each.tag) for each in kind.types if isinstance(each, inspect.StructType))}"
        case inspect.UnionType():
            return "true, false, a number, a text, or a list of numbers and texts"
        case _:
            return "an object"


def _range(least: int | None, most: int | None) -> str:
    return f"{least} to {most}" if least else f"at most {most}"
