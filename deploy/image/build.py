"""Builds both images with whichever container engine is here: ``python -m deploy.image.build [further arguments]``.

The arguments go to the engine, such as ``--build-arg PYTHON_IMAGE=…`` or ``--platform linux/arm64``. ``ENGINE`` chooses
one of several engines, and ``REGISTRY`` begins the names of the images.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
ROLES: Final = ("gateway", "renderer")
ENGINES: Final[Mapping[str, Sequence[str]]] = {
    "docker": ("docker", "build"),
    # Their own format, OCI's, has no place for the health check.
    "podman": ("podman", "build", "--format", "docker"),
    "buildah": ("buildah", "build", "--format", "docker"),
}
"""How each engine builds an image, in the order in which they are tried."""

_PROBE_S: Final = 30.0


class NoEngine(Exception):
    """No container engine can build here; the text says why."""


def find_engine(environment: Mapping[str, str]) -> str:
    """Return the engine that ``ENGINE`` names, or the first one that works. Raises ``NoEngine``."""
    wanted = environment.get("ENGINE", "")
    if wanted and wanted not in ENGINES:
        raise NoEngine(f"ENGINE is {wanted}, and must be one of {', '.join(ENGINES)}")
    for name in [wanted] if wanted else ENGINES:
        if shutil.which(name, path=environment.get("PATH", os.defpath)) and _works(name):
            return name
    raise NoEngine(f"there is no {wanted or 'docker, podman or buildah'} that works here: install one and start it")


def command(engine: str, role: str, labels: Mapping[str, str], *more: str, registry: str = "") -> list[str]:
    """Return the command that builds the image of ``role``."""
    words = [word for name, value in labels.items() for word in ("--build-arg", f"{name}={value}")]
    name = f"{registry}/marquee/{role}" if registry else f"marquee/{role}"
    dockerfile = str(ROOT / "deploy" / "image" / "Dockerfile")
    return [*ENGINES[engine], "--target", role, "--tag", name, "--file", dockerfile, *words, *more, str(ROOT)]


def main(words: Sequence[str]) -> int:
    """Build both images; return the exit code."""
    try:
        engine = find_engine(os.environ)
    except NoEngine as error:
        print(f"images: {error}", file=sys.stderr)
        return 1
    revision = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    labels = {"REVISION": revision.stdout.strip()} if revision.returncode == 0 else {}
    for role in ROLES:
        began = time.monotonic()
        built = command(engine, role, labels, *words, registry=os.environ.get("REGISTRY", ""))
        print(f"images: {' '.join(built)}", flush=True)
        if code := subprocess.run(built, check=False).returncode:
            return code
        print(f"images: {role} built by {engine} in {time.monotonic() - began:.0f} s", flush=True)
    return 0


def _works(engine: str) -> bool:
    """Return whether the engine answers; docker's program is there without its service on some machines."""
    probe = [engine, "info" if engine == "docker" else "version"]
    try:
        return subprocess.run(probe, capture_output=True, timeout=_PROBE_S, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
