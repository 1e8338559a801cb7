"""Helm, and copies of the chart that a test may break."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.dev.documents.chart_page import CHART
from tests.deploy.dev.chart.helm import HELM_3, HELM_4, Helm, HelmMissing, find_helm


@pytest.fixture(scope="session")
def helm() -> Helm:
    return found(HELM_4)


@pytest.fixture(scope="session")
def helm_3() -> Helm:
    return found(HELM_3)


def found(version: str) -> Helm:
    try:
        return Helm(find_helm(version))
    except HelmMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def broken(helm: Helm, tmp_path: Path) -> Callable[[str, str, str], Helm]:
    """Make a copy of the chart in which one text of one file is replaced."""

    def copy(file: str, right: str, wrong: str) -> Helm:
        chart = tmp_path / "marquee"
        shutil.copytree(CHART, chart)
        text = (chart / file).read_text()
        assert right in text
        (chart / file).write_text(text.replace(right, wrong))
        return Helm(helm.program, chart)

    return copy
