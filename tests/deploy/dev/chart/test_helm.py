"""Helm is built once, from one version, and its absence is said in a sentence."""

from pathlib import Path

import pytest

from deploy.dev.chart import helm
from deploy.dev.chart.helm import VERSION, HelmMissing, find_helm

BUILDS = """\
#!/bin/sh
echo "$*" >> "$(dirname "$0")/calls"
mkdir -p "$GOBIN" && echo built > "$GOBIN/helm"
"""
FAILS = """\
#!/bin/sh
echo "no route to the proxy" >&2
exit 1
"""


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "programs").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'programs'}:/usr/bin:/bin")
    monkeypatch.setattr(helm, "TOOLS", tmp_path / "tools")
    return tmp_path / "tools"


def go(tools: Path, text: str) -> None:
    program = tools.parent / "programs" / "go"
    program.write_text(text)
    program.chmod(0o755)


def test_helm_is_built_once_at_our_version(tools: Path) -> None:
    go(tools, BUILDS)

    found = [find_helm(), find_helm()]

    assert [tools / f"helm-{VERSION}" / "helm"] * 2 == found
    assert "built\n" == found[0].read_text()
    assert f"install helm.sh/helm/v3/cmd/helm@{VERSION}\n" == (tools.parent / "programs" / "calls").read_text()
    assert [f"helm-{VERSION}"] == [path.name for path in tools.iterdir()]


def test_a_build_that_fails_is_told_with_its_reason(tools: Path) -> None:
    go(tools, FAILS)

    with pytest.raises(HelmMissing, match=f"Helm {VERSION} cannot be built: no route to the proxy"):
        find_helm()


def test_where_there_is_no_go_the_checks_say_so(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tools.parent / "programs"))

    with pytest.raises(HelmMissing, match="is built with Go, and there is no Go here"):
        find_helm()
