"""The gate of coverage, in runs of pytest on a small project."""

import sys
from pathlib import Path

import pytest

from deploy.image.commands import CommandFailed, run

ROOT = Path(__file__).parents[1]

PRODUCT = """
def kind(number):
    if number > 0:
        return "more"
    return "less"
"""
TESTS = """
from product import kind

def test_more():
    assert kind(1) == "more"

def test_less():
    assert kind(-1) == "less"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "product").mkdir()
    (tmp_path / "product" / "__init__.py").write_text(PRODUCT)
    (tmp_path / "test_product.py").write_text(TESTS)
    (tmp_path / "pyproject.toml").write_text('[tool.slipcover]\nsource = "product"\nfail-under = 100.0\n')
    return tmp_path


@pytest.fixture
def command(project: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "pytest", f"--rootdir={project}", "-p", "no:cacheprovider", "-p", "xdist")


def environment(project: Path) -> dict[str, str]:
    """Load no plugins but those that are named: most take longer to import than these runs take."""
    return {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_PLUGINS": "tests.coverage_gate",
        "PYTHONPATH": f"{ROOT}:{project}",
    }


@pytest.mark.parametrize("processes", ["0", "2"])
def test_processes_cover_a_file_together(
    processes: str, command: tuple[str, ...], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)

    said = run([*command, "-n", processes], seconds=120, env=environment(project))

    assert "100.0 % reached: 100.00 %" in said


@pytest.mark.parametrize("processes", ["0", "2"])
def test_a_run_below_the_floor_fails(
    processes: str, command: tuple[str, ...], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)

    with pytest.raises(CommandFailed, match=r"ended with 1\n(.*\n)*.*100\.0 % NOT reached: 66\.67 %"):
        run([*command, "-n", processes, "-k", "more"], seconds=120, env=environment(project))
