"""The pictures of `docs/designs.md`: one of each element, drawn from the example beside it, and one of each preset."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from deploy.dev.sheet.design_shots import ALL_KNOWN, DesignShot
from shared.designs.builtin import builtin_presets
from shared.designs.document import DesignDocument
from shared.designs.read import read_design
from shared.domain.pictures import Kind

_EXAMPLE: Final = re.compile(
    r"^### `(?P<type>[a-z]+)`\n(?P<text>.*?)^```json\n(?P<json>.*?)^```$", re.DOTALL | re.MULTILINE
)
_TEXTLESS: Final = frozenset({"logo", "text"})
"""Elements that are shown on art without lettering."""


def examples(document: str) -> Iterator[tuple[str, DesignDocument]]:
    """Yield each type of element with the design that its example makes. Raises what reading a design raises."""
    for found in _EXAMPLE.finditer(document):
        written: Any = msgspec.json.decode(found["json"])
        elements = written if isinstance(written, list) else [written]
        art = {"textless": found["type"] in _TEXTLESS}
        yield found["type"], read_design({"kind": Kind.POSTER, "art": art, "elements": elements})


def design_pictures(document: str) -> dict[str, DesignShot]:
    """Return what to draw by the name of its file."""
    shots = {f"element-{name}": design for name, design in examples(document)}
    shots |= {f"preset-{name}": design for name, design in builtin_presets().items()}
    return {f"{name}.webp": DesignShot(design=design, title=ALL_KNOWN, caption=name) for name, design in shots.items()}
