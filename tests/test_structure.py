"""Which package may import which, and how long files and functions are, read from the source without running it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent
PACKAGES: Final = ("shared", "services", "gateway", "renderer")

ONE_PROCESS_ONLY: Final = {
    "shared.stores.migrate": "a command of its own, run before either process starts",
    "shared.stores.migrations": "steps that Alembic loads from their folder",
    "shared.queue.prewarm": "the gateway's API and the prewarm command share it; the renderer's process does neither",
    "shared.queue.prewarm_input": "as shared.queue.prewarm",
    **dict.fromkeys(
        (
            *("shared.designs.as_settings", "shared.designs.builtin", "shared.designs.checks", "shared.designs.read"),
            *("shared.designs.condition_checks", "shared.designs.normal_form", "shared.designs.plain"),
            "shared.designs.plain_text",
        ),
        "the gateway resolves designs, and so does what draws samples of them for developers",
    ),
    "shared.observability.liveness": "a command of its own, which asks either process",
}
"""Modules of shared, with what is below them, that need not be imported by both processes."""

MOST_LINES_OF_A_FILE: Final = 300
MOST_LINES_OF_A_FUNCTION: Final = 40

LONG_FUNCTIONS: Final = {
    **dict.fromkeys(
        (
            *("gateway/app.py build_app", "gateway/management.py build_management", "renderer/app.py open_renderer"),
            "renderer/content/app.py content_app",
        ),
        "builds a program, part by part, in order",
    ),
    **dict.fromkeys(
        ("gateway/metrics.py GatewayMetrics.__init__", "renderer/metrics.py RendererMetrics.__init__"),
        "a table of metrics",
    ),
    **dict.fromkeys(
        ("gateway/management.py _handlers", "gateway/management.py _add_pages"), "a table of handlers or pages"
    ),
    "renderer/cli/prewarm.py prewarm": "its options, each with its help",
    "renderer/drawing/picture.py draw_picture": "the order of drawing, with what each layer needs",
    "shared/stores/pubsub.py subscribe": "one subscription from its start to its end",
    "deploy/dev/bench/rows/redirects.py measure": "rows that share one set-up",
}
"""Functions that may be longer."""


@cache
def modules() -> dict[str, Path]:
    """Return the product's modules by name, packages included."""
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text())


@cache
def imports(module: str) -> frozenset[str]:
    """Return the product's modules that a module imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(parsed(modules()[module])):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found & modules().keys())


def reached(start: str) -> set[str]:
    """Return every module that is imported once ``start`` is."""
    seen, waiting = set(), [start]
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            package = module.rpartition(".")[0]  # its __init__ runs first
            waiting.extend([*imports(module), *([package] if package else [])])
    return seen


def shared_modules() -> list[str]:
    return sorted(name for name, path in modules().items() if name.startswith("shared.") and path.stem != "__init__")


def is_exception(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in ONE_PROCESS_ONLY)


@pytest.mark.parametrize("process", ["gateway", "renderer"])
def test_each_module_of_shared_is_imported_by_both_processes(process: str) -> None:
    needed = reached(f"{process}.__main__")

    assert [] == [module for module in shared_modules() if module not in needed and not is_exception(module)]


@pytest.mark.parametrize("name", ONE_PROCESS_ONLY)
def test_every_exception_is_needed(name: str) -> None:
    both = reached("gateway.__main__") & reached("renderer.__main__")

    assert name in modules()
    assert any(module not in both for module in modules() if module == name or module.startswith(f"{name}."))


def test_no_double_is_imported_by_the_product() -> None:
    assert [] == [name for name in modules() if any(used.startswith("tests") for used in imports(name))]
    assert not [name for name in modules() if name.startswith("shared.") and name.endswith(".memory")]


@pytest.mark.parametrize("package", ["gateway.db", "renderer.db"])
def test_rows_of_a_process_are_read_by_that_process_alone(package: str) -> None:
    owner = package.partition(".")[0]
    users = {name for name in modules() if any(used.startswith(f"{package}.") for used in imports(name))}

    assert {owner} == {name.partition(".")[0] for name in users}


def test_the_product_has_few_endless_loops() -> None:
    loops = [
        f"{name}:{node.lineno}"
        for name, path in modules().items()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant)
    ]

    assert len(loops) < 10, loops


def checked_files() -> list[Path]:
    """Return the files of the product, and of the tools for it."""
    return [*modules().values(), *(ROOT / "deploy").rglob("*.py")]


def functions(tree: ast.AST, owner: str = "") -> Iterator[tuple[str, int]]:
    """Yield each function with its class, and the number of its lines."""
    for node in ast.iter_child_nodes(tree):
        name = owner
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{owner}.{node.name}".lstrip(".")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield name, (node.end_lineno or node.lineno) - node.lineno + 1
        yield from functions(node, name)


@cache
def long_functions() -> dict[str, int]:
    """Return the number of lines of each function that has more than it should, by its file and name."""
    found = {
        f"{path.relative_to(ROOT)} {name}": lines for path in checked_files() for name, lines in functions(parsed(path))
    }
    return {place: lines for place, lines in found.items() if lines > MOST_LINES_OF_A_FUNCTION}


def test_no_file_is_long() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in checked_files()}

    assert {} == {path: number for path, number in lines.items() if number > MOST_LINES_OF_A_FILE}


def test_no_function_is_long_but_tables() -> None:
    assert {} == {place: lines for place, lines in long_functions().items() if place not in LONG_FUNCTIONS}


@pytest.mark.parametrize("place", LONG_FUNCTIONS)
def test_every_long_function_is_still_long(place: str) -> None:
    assert place in long_functions()
