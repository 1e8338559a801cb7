"""There is one version, and a release gives every place the new one."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from deploy.dev.release import CHANGELOG, PLACES, CannotRelease, found, main, release
from shared.domain.version import VERSION

ROOT = Path(__file__).resolve().parents[3]
DAY = date(2026, 12, 24)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The files that name the version, and a changelog with something to release."""
    for place in PLACES:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / place, tmp_path / place)
    (tmp_path / CHANGELOG).write_text(
        "# Changelog\n\n## [Unreleased]\n\n### Fixed\n\n- A bug.\n\n## [0.0.1] - 2026-01-01\n"
    )
    return tmp_path


@pytest.mark.parametrize("place", PLACES)
def test_every_place_names_the_version_of_the_code(place: str) -> None:
    assert {VERSION} == set(found(ROOT, place))


def test_the_chart_has_the_version_twice_and_so_have_the_images() -> None:
    assert [2, 2] == [len(found(ROOT, place)) for place in ("helm/marquee/Chart.yaml", "deploy/image/Dockerfile")]


def test_a_release_gives_every_place_the_version_and_changes_nothing_else(tree: Path) -> None:
    before = {place: (ROOT / place).read_text() for place in PLACES}

    release(tree, "12.3.4-rc.1", DAY)

    assert {"12.3.4-rc.1"} == {version for place in PLACES for version in found(tree, place)}
    assert before == {place: (tree / place).read_text().replace("12.3.4-rc.1", VERSION) for place in PLACES}


def test_a_release_is_given_what_was_unreleased(tree: Path) -> None:
    release(tree, "1.0.0", DAY)

    head = "# Changelog\n\n## [Unreleased]\n\n## [1.0.0] - 2026-12-24\n\n### Fixed\n\n- A bug.\n\n"
    assert f"{head}## [0.0.1] - 2026-01-01\n" == (tree / CHANGELOG).read_text()


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "", "1.0.0\n"])
def test_what_is_no_version_is_refused(tree: Path, version: str) -> None:
    with pytest.raises(CannotRelease, match="not a semantic version"):
        release(tree, version, DAY)


def test_a_release_of_nothing_is_refused_before_anything_is_written(tree: Path) -> None:
    release(tree, "1.0.0", DAY)

    with pytest.raises(CannotRelease, match="lists nothing"):
        release(tree, "1.0.1", DAY)

    assert {"1.0.0"} == {version for place in PLACES for version in found(tree, place)}


def test_a_release_without_a_version_is_told_how_it_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == main([])
    assert "usage: make release VERSION=x.y.z\n" == capsys.readouterr().err


def test_the_changelog_has_the_sections_that_operators_look_for() -> None:
    allowed = {"Upgrading", "Security", "Removed", "Deprecated", "Added", "Changed", "Fixed"}
    lines = (ROOT / CHANGELOG).read_text().splitlines()

    assert set() == {line.removeprefix("### ") for line in lines if line.startswith("### ")} - allowed
    assert "## [Unreleased]" == next(line for line in lines if line.startswith("## "))
