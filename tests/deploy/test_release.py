"""There is one version, and a release gives every place the new one."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.dev.local import venv
from deploy.image import commands
from shared.domain.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["bumpversion"]
CHANGELOG = "CHANGELOG.md"
INSTALL_S = 120.0
Release = Callable[[str], int]
PLACES = sorted({place["filename"] for place in SETTINGS["files"]} - {CHANGELOG} | {"pyproject.toml"})
UNRELEASED = "# Changelog\n\n## [Unreleased]\n\n### Fixed\n\n- A bug.\n\n## [0.0.1] - 2026-01-01\n"


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that makes releases, in an environment of its own; its packages would change what ours import."""
    folder = tmp_path_factory.mktemp("release")
    try:
        installer = venv.installer(Path(sys.prefix), ROOT / "deploy" / "locks")
        commands.run([sys.executable, "-m", "venv", "--without-pip", folder], seconds=INSTALL_S)
        replace(installer, python=folder / "bin" / "python").install(ROOT / "deploy" / "locks" / "release.lock")
    except commands.CommandFailed as error:
        pytest.skip(f"bump-my-version cannot be installed: {error}")
    return folder / "bin" / "bump-my-version"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The files that name the version, and a changelog with something to release."""
    for place in PLACES:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / place, tmp_path / place)
    (tmp_path / CHANGELOG).write_text(UNRELEASED)
    return tmp_path


@pytest.fixture
def release(program: Path, tree: Path) -> Release:
    """Do what `make release` does."""

    def bump(version: str) -> int:
        command = [str(program), "bump", "--new-version", version]
        return subprocess.run(command, cwd=tree, check=False, capture_output=True).returncode  # noqa: S603 - locked

    return bump


def versions(tree: Path) -> list[str]:
    """Return every version that is named, as the settings of a release find it."""
    found = [re.findall(r'^(?:current_)?version = "(.+)"$', (tree / "pyproject.toml").read_text(), re.MULTILINE)]
    for place in SETTINGS["files"]:
        if place["filename"] != CHANGELOG:
            before, _, after = place["search"].partition("{current_version}")
            pattern = rf"^(?:.*\s)?{re.escape(before)}([^\s\"]+){re.escape(after)}(?:\s.*)?$"
            found.append(re.findall(pattern, (tree / place["filename"]).read_text(), re.MULTILINE))
    assert all(found)
    return [version for each in found for version in each]


def test_every_place_names_the_version_of_the_code() -> None:
    # pyproject.toml twice, the code, the chart twice, both images and the example of a build
    assert [VERSION] * 8 == versions(ROOT)


def test_a_release_gives_every_place_the_version_and_changes_nothing_else(tree: Path, release: Release) -> None:
    before = {place: (tree / place).read_text() for place in PLACES}

    assert 0 == release("12.3.4-rc.1")

    assert ["12.3.4-rc.1"] * 8 == versions(tree)
    assert before == {place: (tree / place).read_text().replace("12.3.4-rc.1", VERSION) for place in PLACES}


def test_a_release_is_given_what_was_unreleased(tree: Path, release: Release) -> None:
    days = {datetime.now(UTC).date()}
    release("1.0.0")
    days.add(datetime.now(UTC).date())  # midnight may be between them

    head = "# Changelog\n\n## [Unreleased]\n\n## [1.0.0] - {}\n\n### Fixed\n\n- A bug.\n\n## [0.0.1] - 2026-01-01\n"
    assert (tree / CHANGELOG).read_text() in {head.format(day.isoformat()) for day in days}


@pytest.mark.parametrize("version", ["1.0", "next"])
def test_what_is_no_version_is_refused(tree: Path, release: Release, version: str) -> None:
    assert 0 != release(version)

    assert {VERSION} == set(versions(tree))
    assert UNRELEASED == (tree / CHANGELOG).read_text()


def test_a_release_of_nothing_is_refused_before_anything_is_written(tree: Path, release: Release) -> None:
    release("1.0.0")

    assert 0 != release("1.0.1")

    assert {"1.0.0"} == set(versions(tree))


def test_the_changelog_has_the_sections_that_operators_look_for() -> None:
    allowed = {"Upgrading", "Security", "Removed", "Deprecated", "Added", "Changed", "Fixed"}
    lines = (ROOT / CHANGELOG).read_text().splitlines()

    assert set() == {line.removeprefix("### ") for line in lines if line.startswith("### ")} - allowed
    assert "## [Unreleased]" == next(line for line in lines if line.startswith("## "))
