"""The house is as its map says: folders, names, and nothing that ties it to one place."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOP_LEVEL = {
    "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md",
    "SECURITY.md", "deploy", "docs", "gateway", "helm", "pyproject.toml", "renderer", "services", "shared", "tests",
}  # fmt: skip


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - whichever git there is
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return listed.stdout.splitlines()


def test_the_top_level_is_what_was_agreed() -> None:
    names = {path.partition("/")[0] for path in tracked()}

    assert TOP_LEVEL == {name for name in names if not name.startswith(".")}


def test_every_step_is_a_file_of_its_name_and_called_by_the_pipeline() -> None:
    files = {path.stem for path in (ROOT / "renderer" / "steps").glob("*.py")} - {"__init__"}

    nodes = list(ast.walk(ast.parse((ROOT / "renderer" / "jobs" / "pipeline.py").read_text())))
    calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) == "step"]
    imported = {alias.name: node.module for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}

    called = {ast.unparse(call.args[0]) for call in calls if not ast.unparse(call.args[0]).startswith("*")}
    assert files == called
    assert {step: f"renderer.steps.{step}" for step in files} == {step: imported[step] for step in files}


def test_every_test_folder_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}

    assert set() == {folder for folder in folders if not (folder / "__init__.py").exists()}


@pytest.mark.parametrize("lock", sorted((ROOT / "deploy" / "locks").glob("*.lock")), ids=lambda path: path.name)
def test_locks_have_hashes_and_name_no_host(lock: Path) -> None:
    text = lock.read_text()

    assert "--hash=sha256:" in text
    assert not re.search(r"https?://|--index-url|--find-links", text)


def test_no_file_has_a_name_that_says_nothing() -> None:
    silent = {"utils", "helpers", "common", "misc", "manager", "info", "data"}

    assert [] == [path for path in tracked() if silent & set(Path(path).with_suffix("").parts)]
