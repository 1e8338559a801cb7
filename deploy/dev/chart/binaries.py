"""The programs of a small Kubernetes: etcd, API server, controller manager, scheduler, and kwok for nodes and pods.

Found in the folder that ``KUBEBUILDER_ASSETS`` names or on ``PATH``, or built by Go from the modules that
`kubernetes/go.mod` names, with the hashes in `go.sum`. ``python -m deploy.dev.chart.binaries`` builds them once, into
`.local/tools`: that takes eleven minutes of processor time.
"""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.image.commands import CommandFailed, run

ROOT: Final = Path(__file__).resolve().parents[3]
MODULES: Final = Path(__file__).with_name("kubernetes")
KUBERNETES: Final = "v1.36.3"
BUILT: Final = ROOT / ".local" / "tools" / f"kubernetes-{KUBERNETES}"
PROGRAMS: Final = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
BUILD_S: Final = 7200.0

_ETCD: Final = "server"
"""The name of etcd's module, which Go gives to its program."""


class BinariesMissing(Exception):
    """The programs are not here; the text says what to do."""


def find_binaries() -> Mapping[str, str]:
    """Return where each program is. Raises ``BinariesMissing``."""
    path = os.pathsep.join([os.environ.get("KUBEBUILDER_ASSETS", ""), str(BUILT), os.environ.get("PATH", os.defpath)])
    found = {name: shutil.which(name, path=path) for name in PROGRAMS}
    if missing := [name for name, place in found.items() if place is None]:
        raise BinariesMissing(
            f"{', '.join(missing)} not found: `make chart-live` builds them with Go, or set KUBEBUILDER_ASSETS"
        )
    return {name: place for name, place in found.items() if place}


def build() -> None:
    """Build every program into `BUILT`. Raises ``BinariesMissing`` without Go, or if it cannot build them."""
    if shutil.which("go") is None:
        raise BinariesMissing("there is no Go to build Kubernetes with, and no program of it in KUBEBUILDER_ASSETS")
    print(f"chart-live: building Kubernetes {KUBERNETES}, once; this takes minutes", flush=True)
    draft = BUILT.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    major, minor, _ = KUBERNETES.removeprefix("v").split(".")
    version = {"gitVersion": KUBERNETES, "gitMajor": major, "gitMinor": minor}
    flags = " ".join(f"-X k8s.io/component-base/version.{name}={value}" for name, value in version.items())
    command = ["go", "build", "-C", str(MODULES), "-trimpath", f"-ldflags=-s -w {flags}", "-o", f"{draft}/", "tool"]
    try:
        run(command, seconds=BUILD_S, env={"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"})
    except CommandFailed as error:
        raise BinariesMissing(f"Kubernetes cannot be built here: {error}") from error
    (draft / _ETCD).rename(draft / "etcd")
    draft.replace(BUILT)


def main() -> int:
    """Build what is missing; without it the tests say why they are skipped."""
    try:
        find_binaries()
    except BinariesMissing:
        try:
            build()
        except BinariesMissing as error:
            print(f"chart-live: {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
