"""Puts what both images hold into a folder: a venv with the exact packages, the image library, and a list of them.

Called as ``python3 -m deploy.image /opt/marquee``, by the Dockerfile and by the tests alike.
"""

import sys
import time
from pathlib import Path

from deploy.image import pixels, sbom
from deploy.image.commands import CommandFailed, pip, run
from deploy.image.installers import Pip

LOCKS = Path(__file__).parents[1] / "locks"
VENV_S = 120.0
PACKAGES_S = 1200.0
COMPILE_S = 300.0


def install(folder: Path) -> str:
    """Make the venv in ``folder`` and return the lines that say what it has. Raises CommandFailed."""
    python = folder / "bin" / "python"
    run([sys.executable, "-m", "venv", folder], seconds=VENV_S)
    pip(python, "install", "--require-hashes", "-r", LOCKS / "service.lock", seconds=PACKAGES_S)
    line = pixels.install(Pip(python), LOCKS)
    pip(python, "uninstall", "-y", "setuptools", seconds=VENV_S)  # nothing is built in an image
    run([python, "-m", "compileall", "-q", folder / "lib"], seconds=COMPILE_S)
    return f"{line}\nsbom: {sbom.write(folder)} packages"


def main() -> int:
    """Install into the folder that is named."""
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
