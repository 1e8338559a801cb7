"""The OpenAPI document in the form in which the reference page shows it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from markupsafe import Markup, escape

Schema = Mapping[str, Any]

_REFERENCE: Final = "#/components/schemas/"
_CODE: Final = re.compile(r"`([^`]+)`")
_WHO: Final = {
    "open": "anyone",
    "signed_in": "anyone signed in",
    "admin": "admins",
    "key": "the key’s holder",
}
_BY_KEY: Final = "holders of a key"


class Word(msgspec.Struct, frozen=True):
    """A part of a type's name; ``schema`` is the schema that it links to."""

    text: str
    schema: str = ""


class Field(msgspec.Struct, frozen=True):
    """A parameter or a JSON field."""

    name: str
    type: list[Word]
    is_required: bool
    words: str


class DocumentedResponse(msgspec.Struct, frozen=True):
    """A possible response."""

    status: str
    words: str
    type: list[Word]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """A method of an address."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    who: str
    parameters: list[tuple[str, list[Field]]]
    body: list[Word]
    answers: list[DocumentedResponse]


class Section(msgspec.Struct, frozen=True):
    """Operations with the same tag."""

    name: str
    words: str
    operations: list[Operation]


class DocumentedSchema(msgspec.Struct, frozen=True):
    """A named JSON object or enum."""

    name: str
    words: str
    fields: list[Field]
    type: list[Word]


class Reference:
    """The content of the reference page, computed once: the document does not change while the gateway runs."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        shapes = document["components"]["schemas"]
        self._known: dict[str, Any] = {
            "sections": list(_sections(document)),
            "shapes": [_shape(name, shapes[name]) for name in sorted(shapes)],
            "prose": prose,
        }

    async def facts(self) -> dict[str, Any]:
        """Return the variables of the template."""
        return self._known


def prose(text: str) -> Markup:
    """Return text as HTML; text in backticks becomes code, everything else is escaped."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just here


def _sections(document: Mapping[str, Any]) -> Iterator[Section]:
    operations: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    for path, item in document["paths"].items():
        for method, described in item.items():
            operations.setdefault(described["tags"][0], []).append(_operation(method.upper(), path, described))
    words = {tag["name"]: tag["description"] for tag in document["tags"]}
    for name, found in operations.items():
        if found:
            yield Section(name, words.get(name, ""), found)


def _operation(method: str, path: str, described: Mapping[str, Any]) -> Operation:
    groups = (("path", "In the address"), ("query", "In the query"))
    parameters = [
        (words, [_parameter(each) for each in described["parameters"] if each["in"] == place])
        for place, words in groups
    ]
    return Operation(
        id=described["operationId"],
        method=method,
        path=path,
        summary=described["summary"],
        description=described.get("description", ""),
        who=_WHO[described["x-access"]] if "x-access" in described else _BY_KEY,
        parameters=[(words, fields) for words, fields in parameters if fields],
        body=_content(described.get("requestBody", {})),
        answers=[
            DocumentedResponse(status, answer["description"], _content(answer))
            for status, answer in described["responses"].items()
        ],
    )


def _parameter(parameter: Mapping[str, Any]) -> Field:
    is_required = parameter["in"] != "path" and parameter.get("required", False)  # parts of a path always are
    return Field(parameter["name"], _type(parameter["schema"]), is_required, parameter.get("description", ""))


def _content(described: Mapping[str, Any]) -> list[Word]:
    """Return the type of a body; empty if there is none."""
    for media_type, content in described.get("content", {}).items():
        schema = content.get("schema", {})
        return [Word(media_type)] if "/json" not in media_type else _type(schema)
    return []


def _shape(name: str, schema: Schema) -> DocumentedSchema:
    required = set(schema.get("required", ()))
    fields = [
        Field(field, _type(each), field in required, each.get("description", ""))
        for field, each in schema.get("properties", {}).items()
    ]
    return DocumentedSchema(
        name, " ".join(schema.get("description", "").split()), fields, [] if fields else _type(schema)
    )


def _type(schema: Schema) -> list[Word]:  # noqa: PLR0911 - one return for each form of a schema
    """Return the name of a schema's type."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REFERENCE)
        return [Word(name, name)]
    if "anyOf" in schema:
        return _joined([_type(each) for each in schema["anyOf"]])
    if "enum" in schema:
        return [Word("one of " + ", ".join(_spelled(value) for value in schema["enum"]))]
    if "const" in schema:
        return [Word(_spelled(schema["const"]))]
    match schema.get("type"):
        case "array":
            many = _range(schema.get("minItems"), schema.get("maxItems"))
            return [Word(f"list of {many} " if many else "list of "), *_type(schema.get("items", {}))]
        case "object" if schema.get("additionalProperties"):
            return [Word("object of "), *_type(schema["additionalProperties"])]
        case "object" if schema.get("properties"):
            return [Word("object with " + ", ".join(schema["properties"]))]
        case list() as types:
            return [Word(" or ".join(types))]
        case None:
            return [Word("anything")]
        case kind:
            return [Word(f"{schema.get('format', kind) if kind == 'string' else kind}{_bounds(schema)}")]


def _joined(types: list[list[Word]]) -> list[Word]:
    joined = types[0]
    for following in types[1:]:
        joined = [*joined, Word(" or "), *following]
    return joined


def _spelled(value: object) -> str:
    return "nothing" if value == "" else str(value) if isinstance(value, str) else msgspec.json.encode(value).decode()


def _bounds(schema: Schema) -> str:
    """Return the bounds of a number or of a text's length."""
    if length := _range(schema.get("minLength"), schema.get("maxLength")):
        return f" of {length} character{'' if length == '1' else 's'}"
    value = _range(schema.get("minimum"), schema.get("maximum"))
    return f" {'from ' if ' to ' in value else ''}{value}" if value else ""


def _range(lowest: float | None, highest: float | None) -> str:
    """Return bounds in words, empty without any."""
    if lowest is None or highest is None:
        return f"up to {highest:,}" if highest is not None else "" if lowest is None else f"at least {lowest:,}"
    return f"{lowest:,}" if lowest == highest else f"{lowest:,} to {highest:,}"
