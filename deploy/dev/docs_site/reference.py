"""The API reference as Markdown, from the same description as the gateway's own page, in the form of its template."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, get_type_hints

from jinja2 import Environment, StrictUndefined

from gateway.api.openapi import document
from gateway.api_routes import Management, management_endpoints
from gateway.web.reference import Reference, Word
from shared.domain.version import VERSION

_FORM: Final = Path(__file__).with_name("reference.md.jinja")


async def reference_markdown() -> str:
    """Return the page."""
    # Only what the handlers say of themselves is read, for which their classes will do: nothing is called.
    handlers: Any = SimpleNamespace(**get_type_hints(Management))
    known = await Reference(document(management_endpoints(handlers), version=VERSION)).facts()
    forms = Environment(undefined=StrictUndefined, trim_blocks=True, autoescape=False)  # noqa: S701 - Markdown
    forms.filters |= {"cell": _cell, "type": _type}
    return forms.from_string(_FORM.read_text()).render(known).rstrip() + "\n"


def _type(words: Sequence[Word]) -> str:
    """Return a type, with links to schemas."""
    return "".join(f"[{word.text}](#{word.schema.lower()})" if word.schema else _cell(word.text) for word in words)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
