"""Installs the packages of one image into a folder: a venv, trimmed, with the image library of a renderer, and a list.

Called as ``python3 -m deploy.image renderer /opt/marquee``, by the Dockerfile and by the tests.
"""

import sys
import time
from pathlib import Path

from deploy.image import pixels, sbom, trim
from deploy.image.commands import CommandFailed, run
from deploy.image.installers import Installer, Pip, Uv, path_of

LOCKS = Path(__file__).parents[1] / "locks"
VENV_S = 120.0
COMPILE_S = 300.0


def install(role: str, folder: Path) -> str:
    """Create the venv of the image ``role`` in ``folder`` and return lines that describe it. Raises CommandFailed."""
    python = folder / "bin" / "python"
    run([sys.executable, "-m", "venv", folder], seconds=VENV_S)
    installer = _installer(python)
    installer.install(LOCKS / f"{role}.lock")
    lines = [pixels.install(installer, LOCKS)] if role == "renderer" else []
    site = path_of(python, "platlib")
    freed = trim.trim(site)
    installer.uninstall("setuptools", "pip")  # nothing is built or installed inside an image
    run([python, "-m", "compileall", "-q", "-j", "0", folder / "lib"], seconds=COMPILE_S)
    trim.check(python, role)
    lines.append(f"size: {trim.size(folder) // trim.MIB} MiB; {freed} MiB that nothing reads were removed")
    lines.append(f"sbom: {sbom.write(folder)} packages")
    return "\n".join(lines)


def _installer(python: Path) -> Installer:
    """Return uv if it is next to the running Python, as in a venv for tests; a base image has only pip."""
    uv = Path(sys.prefix) / "bin" / "uv"
    return Uv(python, uv, LOCKS / "build.lock", {}) if uv.exists() else Pip(python)


def main() -> int:
    """Install the packages of the given image into the given folder."""
    match sys.argv[1:]:
        case [("gateway" | "renderer") as role, folder]:
            pass
        case _:
            sys.stderr.write("usage: python3 -m deploy.image gateway|renderer FOLDER\n")
            return 2
    began = time.monotonic()
    try:
        lines = install(role, Path(folder))
    except CommandFailed as error:
        sys.stderr.write(f"the image cannot be made: {error}\n")
        return 1
    sys.stdout.write(f"{lines}\ninstalled in {time.monotonic() - began:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
