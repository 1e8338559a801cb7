"""A name stands for one thing: no two public classes, functions or files of the product share one."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
ROOMS: Final = ("shared", "services", "gateway", "renderer")

CONVENTIONAL: Final = frozenset({
    "app", "base", "cache", "config", "handlers", "lock", "memory", "metrics", "prewarm", "retention", "routes",
    "service", "usage", "__init__", "__main__", "main", "run",
})  # fmt: skip
"""Names that each room may use for its own file, and those of a program's start."""

SOURCE: Final = frozenset({"client", "reader"})
"""Files that every folder of a source has."""


def names() -> Iterator[tuple[str, str]]:
    """Yield each public name with its place."""
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        place = str(path.relative_to(ROOT))
        if "versions" in path.parts:  # migrations, which Alembic reads
            continue
        yield f"file {path.stem}", place
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                yield f"class {node.name}", place
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"function {node.name}", place


def duplicates() -> dict[str, list[str]]:
    places: dict[str, list[str]] = defaultdict(list)
    for name, place in names():
        kind, _, word = name.partition(" ")
        is_free = word in CONVENTIONAL or (kind == "file" and word in SOURCE)
        if not word.startswith("_") and not is_free:
            places[name].append(place)
    return {name: found for name, found in places.items() if len(found) > 1}


def test_a_name_stands_for_one_thing() -> None:
    assert {} == duplicates()
