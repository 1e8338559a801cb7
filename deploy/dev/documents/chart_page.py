"""The chart's README: prose, and a table of all values generated from the comments in `values.yaml`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.dev.documents.generated_block import with_block

CHART: Final = Path(__file__).resolve().parents[3] / "helm" / "marquee"
BEGIN: Final = "<!-- Made by make chart from values.yaml. -->"
END: Final = "<!-- End of the table. -->"

_COMMENT: Final = "# -- "


@dataclass(frozen=True)
class Value:
    """One value as `values.yaml` has it."""

    path: str
    default: Any
    text: str


def values_of(chart: Path) -> list[Value]:
    """Return every value that has its own comment, in the file's order."""
    text = (chart / "values.yaml").read_text()
    lines = text.splitlines()
    found = []
    for path, key, value in walk(yaml.compose(text)):
        above = lines[key.start_mark.line - 1].strip()
        if above.startswith(_COMMENT):
            default = yaml.safe_load(yaml.serialize(value))
            found.append(Value(path, default, above.removeprefix(_COMMENT)))
    return found


def page(document: str, chart: Path) -> str:
    """Return the README as it should be. Raises ``NoSuchBlock`` if the markers around the table are missing."""
    rows = [f"| `{value.path}` | `{_short(value.default)}` | {value.text} |" for value in values_of(chart)]
    return with_block(document, BEGIN, END, "\n".join(["| Value | Default | Meaning |", "| --- | --- | --- |", *rows]))


def walk(tree: yaml.Node | None, above: str = "") -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """Yield the path of every value with the nodes of its key and of itself."""
    for key, value in tree.value if isinstance(tree, yaml.MappingNode) else ():
        yield f"{above}{key.value}", key, value
        yield from walk(value, f"{above}{key.value}.")


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("|", "\\|")
