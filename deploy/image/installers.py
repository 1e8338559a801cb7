"""Installs locked packages into a venv: `Uv` in seconds, `Pip` where uv is unavailable.

Both check every package against the lock's hashes and install nothing that the lock does not list.
"""

import hashlib
import re
import shutil
import sysconfig
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.image.commands import CommandFailed, pip, run

PACKAGES_S = 1200.0
PROBE_S = 60.0

_LINKED = re.compile(r"^\s*(lib(?:jpeg|z|freetype|webp\w*|lcms2|raqm)\.so\S*).*=> (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Installer(ABC):
    """Installs packages into the venv of one Python. Every method raises CommandFailed."""

    python: Path

    def install(self, lock: Path) -> None:
        """Install what ``lock`` lists, and nothing else."""
        # A lock is complete; following requirements as well could install Pillow next to pillow-simd.
        self._pip("install", "--no-deps", "--require-hashes", "-r", lock)

    def unpack(self, lock: Path, folder: Path) -> None:
        """Install what ``lock`` lists into ``folder``; the venv stays as it is."""
        self._pip("install", "--target", folder, "--no-deps", "--require-hashes", "-r", lock)

    def build(self, lock: Path, folder: Path, compiler: str) -> None:
        """Compile the package that ``lock`` is named after into ``folder``; the venv stays as it is."""
        # CFLAGS replaces the flags that Python was built with, so they are repeated. Symbols cost a tenth of the time.
        env = {"CC": compiler, "CFLAGS": f"{sysconfig.get_config_var('CFLAGS') or '-O3'} -g0"}
        options = ("--no-binary", lock.stem, "--no-deps", "--require-hashes", *self._built_for(env))
        self._pip("install", "--target", folder, *options, "-r", lock, env=env)

    def install_built(self, folder: Path) -> None:
        """Copy the package that `build` left in ``folder`` to the venv's package folder."""
        site = path_of(self.python, "platlib")
        mode = site.stat().st_mode
        shutil.copytree(folder, site, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
        site.chmod(mode)  # copytree gives it that of a temporary folder, which only its owner may read

    def uninstall(self, *names: str) -> None:
        """Remove packages; one that is not installed is not an error."""
        self._pip("uninstall", *names)

    @abstractmethod
    def _pip(self, verb: str, *arguments: str | Path, env: Mapping[str, str] | None = None) -> None:
        """Run a command of pip, or one that uv took over from it."""

    @abstractmethod
    def _built_for(self, env: Mapping[str, str]) -> Sequence[str | Path]:
        """Return the options that prevent a build for another machine from being taken from the cache."""


class Pip(Installer):
    """The venv's own pip."""

    def _pip(self, verb: str, *arguments: str | Path, env: Mapping[str, str] | None = None) -> None:
        unasked = ("--yes",) if verb == "uninstall" else ()
        pip(self.python, verb, *unasked, *arguments, seconds=PACKAGES_S, env=env)

    def _built_for(self, env: Mapping[str, str]) -> Sequence[str | Path]:  # noqa: ARG002 - nothing is cached
        return ("--no-cache-dir",)


@dataclass(frozen=True)
class Uv(Installer):
    """uv, with the settings that pip has on this machine."""

    program: Path
    build_lock: Path
    environment: Mapping[str, str]

    def _pip(self, verb: str, *arguments: str | Path, env: Mapping[str, str] | None = None) -> None:
        command = [self.program, "pip", verb, "--quiet", "--python", self.python, *arguments]
        run(command, seconds=PACKAGES_S, env={**self.environment, **(env or {})})

    def _built_for(self, env: Mapping[str, str]) -> Sequence[str | Path]:
        # The key becomes part of the cache entry's name.
        return ("--build-constraints", self.build_lock, "-C", f"built-for={_key(env)}")


def path_of(python: Path, name: str) -> Path:
    """Return one of a Python's folders, such as ``include``. Raises CommandFailed."""
    code = f"import sysconfig; print(sysconfig.get_path({name!r}))"
    return Path(run([python, "-c", code], seconds=PROBE_S).strip())


def _key(env: Mapping[str, str]) -> str:
    """Return what a build depends on besides its source: the compiler and the linked libraries."""
    version = run([*env["CC"].split()[:1], "--version"], seconds=PROBE_S)
    try:
        libraries = sorted(_LINKED.findall(run(["/sbin/ldconfig", "-p"], seconds=PROBE_S)))
    except CommandFailed:  # not every C library comes with one
        libraries = []
    text = f"{env}\n{version}\n{libraries}\n{sysconfig.get_platform()}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
