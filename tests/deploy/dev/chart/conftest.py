"""Helm, and copies of the chart that a test may break."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.dev.chart.helm import CHART, Helm, HelmMissing, find_helm


@pytest.fixture(scope="session")
def helm() -> Helm:
    try:
        return Helm(find_helm())
    except HelmMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def broken(helm: Helm, tmp_path: Path) -> Callable[[str, str, str, str], Helm]:
    """Make a copy of the chart in which one text of one file is another, with the values of one option only."""

    def copy(option: str, file: str, right: str, wrong: str) -> Helm:
        chart = tmp_path / "marquee"
        shutil.copytree(CHART, chart, ignore=lambda _, names: [name for name in names if _is_other(name, option)])
        text = (chart / file).read_text()
        assert right in text
        (chart / file).write_text(text.replace(right, wrong))
        return Helm(helm.program, chart)

    return copy


def _is_other(name: str, option: str) -> bool:
    return name.endswith("-values.yaml") and name != f"{option}-values.yaml"
