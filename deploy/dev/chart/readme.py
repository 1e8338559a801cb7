"""The chart's README: prose, and a table of all values generated from the comments in `values.yaml`.

``python -m deploy.dev.chart.readme`` writes the table.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.dev.document import with_block

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


def table(chart: Path) -> str:
    """Return the values as a table."""
    rows = [f"| `{value.path}` | `{_short(value.default)}` | {value.text} |" for value in values_of(chart)]
    return "\n".join(["| Value | Default | Meaning |", "| --- | --- | --- |", *rows])


def readme(chart: Path) -> str:
    """Return the README as it should be. Raises ``NoSuchBlock`` if the markers around the table are missing."""
    return with_block((chart / "README.md").read_text(), BEGIN, END, table(chart))


def write_readme(chart: Path) -> bool:
    """Update the README. Returns whether it changed."""
    right = readme(chart)
    if right == (chart / "README.md").read_text():
        return False
    (chart / "README.md").write_text(right)
    return True


def walk(tree: yaml.Node | None, above: str = "") -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """Yield the path of every value with the nodes of its key and of itself."""
    for key, value in tree.value if isinstance(tree, yaml.MappingNode) else ():
        yield f"{above}{key.value}", key, value
        yield from walk(value, f"{above}{key.value}.")


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("|", "\\|")


if __name__ == "__main__":
    if write_readme(CHART):
        print("chart: README.md written")
