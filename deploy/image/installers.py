"""Installs locked packages into a venv: `Uv` in seconds, `Pip` where uv is unavailable.

Both check every package against the lock's hashes and install nothing that the lock does not list.
"""

import hashlib
import re
import shutil
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deploy.image.commands import CommandFailed, pip, run

PACKAGES_S = 1200.0
BUILD_S = 600.0
PROBE_S = 60.0

_LINKED = re.compile(r"^\s*(lib(?:jpeg|z|freetype|webp\w*|lcms2|raqm)\.so\S*).*=> (\S+)$", re.MULTILINE)


class Installer(Protocol):
    """Installs packages into the venv of one Python. Every method raises CommandFailed."""

    @property
    def python(self) -> Path:
        """The Python whose venv is filled."""

    def install(self, lock: Path) -> None:
        """Install what ``lock`` lists, and nothing else."""

    def unpack(self, lock: Path, folder: Path) -> None:
        """Install what ``lock`` lists into ``folder``; the venv stays as it is."""

    def build(self, lock: Path, folder: Path, compiler: str) -> None:
        """Compile the package that ``lock`` is named after into ``folder``; the venv stays as it is."""

    def install_built(self, folder: Path) -> None:
        """Install what `build` left in ``folder``."""

    def uninstall(self, *names: str) -> None:
        """Remove packages; one that is not installed is not an error."""


@dataclass(frozen=True)
class Pip:
    """The venv's own pip."""

    python: Path

    def install(self, lock: Path) -> None:
        """Install like `Installer.install`."""
        # The lock is complete; following requirements as well could install Pillow next to pillow-simd.
        pip(self.python, "install", "--no-deps", "--require-hashes", "-r", lock, seconds=PACKAGES_S)

    def unpack(self, lock: Path, folder: Path) -> None:
        """Install like `Installer.unpack`."""
        options = ("--no-deps", "--require-hashes", "--no-compile")
        pip(self.python, "install", "--target", folder, *options, "-r", lock, seconds=PACKAGES_S)

    def build(self, lock: Path, folder: Path, compiler: str) -> None:
        """Leave a wheel in ``folder``."""
        # Without --no-cache-dir pip silently uses a cached wheel that was built for any processor.
        options = ("--no-cache-dir", "--no-binary", lock.stem, "--no-deps", "--require-hashes")
        pip(self.python, "wheel", *options, "-r", lock, "-w", folder, seconds=BUILD_S, env=_build_env(compiler))

    def install_built(self, folder: Path) -> None:
        """Install the wheels of ``folder``."""
        pip(self.python, "install", "--no-index", "--no-deps", *sorted(folder.glob("*.whl")), seconds=PACKAGES_S)

    def uninstall(self, *names: str) -> None:
        """Remove like `Installer.uninstall`."""
        pip(self.python, "uninstall", "-y", *names, seconds=PACKAGES_S)


@dataclass(frozen=True)
class Uv:
    """uv, with the settings that pip has on this machine."""

    python: Path
    program: Path
    build_lock: Path
    environment: dict[str, str]

    def install(self, lock: Path) -> None:
        """Install like `Installer.install`."""
        self._pip("install", "--no-deps", "--require-hashes", "-r", lock)

    def unpack(self, lock: Path, folder: Path) -> None:
        """Install like `Installer.unpack`."""
        self._pip("install", "--target", folder, "--no-deps", "--require-hashes", "-r", lock)

    def build(self, lock: Path, folder: Path, compiler: str) -> None:
        """Leave the installed package in ``folder``, compiled now or taken from uv's cache."""
        # The key is part of the cache entry's name: no build for another processor, compiler or library is reused.
        options = ("--no-binary", lock.stem, "--no-deps", "--require-hashes", "-C", f"built-for={_key(compiler)}")
        sources = ("--build-constraints", self.build_lock, "-r", lock)
        self._pip("install", "--target", folder, *options, *sources, env=_build_env(compiler))

    def install_built(self, folder: Path) -> None:
        """Copy the package of ``folder`` to the venv's package folder."""
        site = run([self.python, "-c", "import sysconfig; print(sysconfig.get_path('platlib'))"], seconds=PROBE_S)
        shutil.copytree(folder, site.strip(), dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))

    def uninstall(self, *names: str) -> None:
        """Remove like `Installer.uninstall`."""
        self._pip("uninstall", *names)

    def _pip(self, verb: str, *arguments: str | Path, env: dict[str, str] | None = None) -> None:
        command = [self.program, "pip", verb, "--quiet", "--python", self.python, *arguments]
        run(command, seconds=PACKAGES_S, env={**self.environment, **(env or {})})


def _build_env(compiler: str) -> dict[str, str]:
    # CFLAGS replaces the flags that Python was built with, so they are repeated. Symbols cost a tenth of the time.
    return {"CC": compiler, "CFLAGS": f"{sysconfig.get_config_var('CFLAGS') or '-O3'} -g0"}


def _key(compiler: str) -> str:
    """Return what a build depends on besides its source: the compiler and the linked libraries."""
    version = run([*compiler.split()[:1], "--version"], seconds=PROBE_S)
    try:
        libraries = sorted(_LINKED.findall(run(["/sbin/ldconfig", "-p"], seconds=PROBE_S)))
    except CommandFailed:  # not every C library comes with one
        libraries = []
    text = f"{_build_env(compiler)}\n{version}\n{libraries}\n{sysconfig.get_platform()}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
