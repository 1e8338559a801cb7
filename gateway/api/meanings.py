"""What parameters and JSON fields mean: the content of ``meanings.toml``, put into schemas."""

import importlib.resources
import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

_PARAMETERS: Final = "parameters"
_FIELDS: Final = "fields"
_MOMENT: Final = re.compile(r"(.+_)?at")


def _read() -> dict[str, dict[str, str]]:
    text = importlib.resources.files("gateway.api").joinpath("meanings.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


MEANINGS: Final[Mapping[str, Mapping[str, str]]] = _read()
"""Meanings by name: of parameters, of fields of any schema, and of those of single schemas."""

_SETTINGS: Final = ("Overrides", "Resolved", "PreviewQuery", "LookQuery", "DesignArt")
"""What the names of schemas end in whose fields are parameters of pictures."""

_ELEMENTS: Final = "elements"
_ELEMENT: Final = "Element"
"""What the names of schemas of a design's elements end in."""


def meaning_of_parameter(name: str) -> str:
    """Return what a parameter of a picture does. Raises ``KeyError``."""
    return MEANINGS[_PARAMETERS][name]


def meaning_of_field(schema: str, name: str) -> str:
    """Return what a field of a schema means, empty if nothing says so."""
    own = MEANINGS.get(schema, {}).get(name)
    if own is None and schema.endswith(_SETTINGS):
        own = MEANINGS[_PARAMETERS].get(name)
    if own is None and schema.endswith(_ELEMENT):
        own = MEANINGS[_ELEMENTS].get(name)
    return own or MEANINGS[_FIELDS].get(name, "")


def describe_fields(schemas: Mapping[str, dict[str, Any]]) -> None:
    """Add its meaning to each field of these schemas, and to moments their format."""
    for schema, described in schemas.items():
        for name, field in described.get("properties", {}).items():
            meaning = meaning_of_field(schema, name)
            if meaning and "description" not in field:
                field["description"] = f"{meaning}."
            if _MOMENT.fullmatch(name):
                for each in field.get("anyOf", [field]):
                    if each.get("type") == "string":
                        each["format"] = "date-time"
