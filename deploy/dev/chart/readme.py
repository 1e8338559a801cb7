"""The chart's README: prose, and a table of all values generated from the comments in `values.yaml`."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

BEGIN: Final = "<!-- Made by make chart from values.yaml. -->"
END: Final = "<!-- End of the table. -->"

_LINE: Final = re.compile(r"(?P<indent> *)(?P<key>[A-Za-z0-9_.]+):")
_COMMENT: Final = re.compile(r" *# -- (?P<text>.+)")
_INDENT: Final = 2


@dataclass(frozen=True)
class Value:
    """One value as `values.yaml` has it."""

    path: str
    default: Any
    text: str


def values_of(chart: Path) -> list[Value]:
    """Return every value that has its own comment, in the file's order."""
    text = (chart / "values.yaml").read_text()
    tree = yaml.safe_load(text)
    values: list[Value] = []
    keys: list[str] = []
    comment = ""
    for line in text.splitlines():
        if found := _COMMENT.fullmatch(line):
            comment = found["text"]
        elif key := _LINE.match(line):
            keys = [*keys[: len(key["indent"]) // _INDENT], key["key"]]
            if comment:
                values.append(Value(".".join(keys), _at(tree, keys), comment))
            comment = ""
    return values


def undocumented(chart: Path) -> Iterator[str]:
    """Yield each value without a comment of its own or on a parent."""
    documented = [value.path for value in values_of(chart)]
    for path in _leaves(yaml.safe_load((chart / "values.yaml").read_text())):
        if not any(path == each or path.startswith(f"{each}.") for each in documented):
            yield path


def table(chart: Path) -> str:
    """Return the values as a table."""
    rows = [f"| `{value.path}` | `{_short(value.default)}` | {value.text} |" for value in values_of(chart)]
    return "\n".join(["| Value | Default | Meaning |", "| --- | --- | --- |", *rows])


def readme(chart: Path) -> str:
    """Return the README as it should be. Raises ``ValueError`` if the markers around the table are missing."""
    before, begin, rest = (chart / "README.md").read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{chart / 'README.md'} has no markers for the table of values")
    return f"{before}{BEGIN}\n\n{table(chart)}\n\n{END}{after}"


def write_readme(chart: Path) -> bool:
    """Update the README. Returns whether it changed."""
    right = readme(chart)
    if right == (chart / "README.md").read_text():
        return False
    (chart / "README.md").write_text(right)
    return True


def _at(tree: Any, keys: list[str]) -> Any:
    for key in keys:
        tree = tree[key]
    return tree


def _leaves(tree: dict[str, Any], path: str = "") -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}"


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("|", "\\|")
