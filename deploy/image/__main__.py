"""Installs the content of both images into a folder: a venv with the locked packages, the image library, and a list.

Called as ``python3 -m deploy.image /opt/marquee``, by the Dockerfile and by the tests.
"""

import sys
import time
from pathlib import Path

from deploy.image import pixels, sbom
from deploy.image.commands import CommandFailed, run
from deploy.image.installers import Installer, Pip, Uv

LOCKS = Path(__file__).parents[1] / "locks"
VENV_S = 120.0
COMPILE_S = 300.0


def install(folder: Path) -> str:
    """Create the venv in ``folder`` and return lines that describe it. Raises CommandFailed."""
    python = folder / "bin" / "python"
    run([sys.executable, "-m", "venv", folder], seconds=VENV_S)
    installer = _installer(python)
    installer.install(LOCKS / "service.lock")
    line = pixels.install(installer, LOCKS)
    installer.uninstall("setuptools")  # nothing is built inside an image
    run([python, "-m", "compileall", "-q", "-j", "0", folder / "lib"], seconds=COMPILE_S)
    return f"{line}\nsbom: {sbom.write(folder)} packages"


def _installer(python: Path) -> Installer:
    """Return uv if it is next to the running Python, as in a venv for tests; a base image has only pip."""
    uv = Path(sys.prefix) / "bin" / "uv"
    return Uv(python, uv, LOCKS / "build.lock", {}) if uv.exists() else Pip(python)


def main() -> int:
    """Install into the given folder."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and the folder
        sys.stderr.write("usage: python3 -m deploy.image FOLDER\n")
        return 2
    began = time.monotonic()
    try:
        line = install(Path(sys.argv[1]))
    except CommandFailed as error:
        sys.stderr.write(f"the image cannot be made: {error}\n")
        return 1
    sys.stdout.write(f"{line}\ninstalled in {time.monotonic() - began:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
