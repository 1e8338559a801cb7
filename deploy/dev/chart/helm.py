"""Helm, built once from its source at one version and kept under `.local/tools`."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.dev.chart.rendering import Rendering

ROOT: Final = Path(__file__).resolve().parents[3]
CHART: Final = ROOT / "helm" / "marquee"
VERSION: Final = "v3.22.0"
TOOLS: Final = ROOT / ".local" / "tools"
RELEASE: Final = "release"
NAMESPACE: Final = "posters"

_CHATTER: Final = ("==>", "[INFO]")
_BUILD_S: Final = 1200.0
_CALL_S: Final = 60.0


class HelmMissing(Exception):
    """There is no Helm here and none can be built; the text says why."""


class HelmRefused(Exception):
    """Helm did not like the chart or the values; the text is its own."""


def find_helm() -> Path:
    """Return a Helm of our version, built on the first call. Raises ``HelmMissing``."""
    kept = TOOLS / f"helm-{VERSION}" / "helm"
    if kept.exists():
        return kept
    go = shutil.which("go")
    if go is None:
        raise HelmMissing(f"Helm {VERSION} is built with Go, and there is no Go here")
    draft = TOOLS / f"building-{os.getpid()}"
    environment = {**os.environ, "GOBIN": str(draft), "GOFLAGS": "-mod=mod"}
    try:
        built = subprocess.run(
            [go, "install", f"helm.sh/helm/v3/cmd/helm@{VERSION}"],
            env=environment, capture_output=True, text=True, timeout=_BUILD_S, check=False,
        )  # fmt: skip
        if built.returncode != 0:
            raise HelmMissing(f"Helm {VERSION} cannot be built: {built.stderr.strip()[-500:]}")
        kept.parent.mkdir(parents=True, exist_ok=True)
        (draft / "helm").replace(kept)  # in one step, for others may build it at the same time
    except subprocess.TimeoutExpired:
        raise HelmMissing(f"Helm {VERSION} was not built within {_BUILD_S:.0f} s") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return kept


@dataclass(frozen=True)
class Helm:
    """A Helm and the chart that it works on."""

    program: Path
    chart: Path = CHART

    def values_files(self) -> list[Path]:
        """Return the files with values for one option each."""
        return sorted((self.chart / "ci").glob("*-values.yaml"))

    def lint(self, values: Path, kubernetes: str) -> None:
        """Let Helm judge the chart. Raises ``HelmRefused`` at a warning as at an error."""
        self._call("lint", "--strict", "--kube-version", kubernetes, "--values", str(values), str(self.chart))

    def render(self, values: Path, kubernetes: str, *settings: str) -> Rendering:
        """Return what would be installed; ``settings`` are such as ``drain.seconds=30``. Raises ``HelmRefused``."""
        more = [word for setting in settings for word in ("--set", setting)]
        text = self._call(
            "template", RELEASE, str(self.chart), "--namespace", NAMESPACE, "--kube-version", kubernetes,
            "--values", str(values), *more,
        )  # fmt: skip
        manifests: list[dict[str, Any]] = [each for each in yaml.load_all(text, Loader=_LOADER) if each]
        name = values.name.removesuffix("-values.yaml")
        return Rendering(option=name, kubernetes=kubernetes, manifests=manifests)

    def _call(self, *arguments: str) -> str:
        done = subprocess.run(
            [self.program, *arguments], capture_output=True, text=True, timeout=_CALL_S, check=False
        )  # fmt: skip
        if done.returncode != 0:
            said = f"{done.stdout}\n{done.stderr}".splitlines()
            raise HelmRefused("\n".join(line for line in said if line and not line.startswith(_CHATTER)))
        return done.stdout


_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
