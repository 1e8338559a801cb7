"""The API reference as Markdown, from the same description as the gateway's own page."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, get_type_hints

from gateway.api.openapi import document
from gateway.api_routes import Management, management_endpoints
from gateway.web.reference import Field, Operation, Reference, Word
from shared.domain.version import VERSION


async def reference_markdown() -> str:
    """Return the page."""
    # Only what the handlers say of themselves is read, for which their classes will do: nothing is called.
    handlers: Any = SimpleNamespace(**get_type_hints(Management))
    known = await Reference(document(management_endpoints(handlers), version=VERSION)).facts()
    return "\n\n".join(_lines(known)) + "\n"


def _lines(known: dict[str, Any]) -> Iterator[str]:
    yield "# API reference"
    yield "Every address with its parameters and responses. An installation serves its own at `/docs/api`."
    for section in known["sections"]:
        yield f"## {section.words.rstrip('.')}"
        for operation in section.operations:
            yield from _operation(operation)
    yield "## Schemas"
    for shape in known["shapes"]:
        yield f"### {shape.name}"
        if shape.words:
            yield shape.words
        yield _table(shape.fields) if shape.fields else _type(shape.type)


def _operation(operation: Operation) -> Iterator[str]:
    yield f"### `{operation.method} {operation.path}`"
    yield f"{operation.summary} For {operation.who}."
    if operation.description:
        yield operation.description
    for words, fields in operation.parameters:
        yield f"{words}:"
        yield _table(fields)
    if operation.body:
        yield f"Body: {_type(operation.body)}"
    answers = [f"| {each.status} | {_cell(each.words)} | {_type(each.type)} |" for each in operation.answers]
    yield "\n".join(["| Status | Response | Type |", "| --- | --- | --- |", *answers])


def _table(fields: Sequence[Field]) -> str:
    rows = [
        f"| `{field.name}`{' (required)' if field.is_required else ''} | {_type(field.type)} | {_cell(field.words)} |"
        for field in fields
    ]
    return "\n".join(["| Name | Type | Meaning |", "| --- | --- | --- |", *rows])


def _type(words: Sequence[Word]) -> str:
    """Return a type, with links to schemas."""
    return "".join(f"[{word.text}](#{word.schema.lower()})" if word.schema else _cell(word.text) for word in words)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
