"""Creates `.venv` in whatever way this machine supports, and chooses what installs packages into it.

uv is preferred, with the version and hashes of `installer.lock`: pip installs it into the venv. If it is missing or
does not run, pip itself installs everything, only more slowly. uv is given pip's settings, which it does not read:
without them, on a machine behind a mirror or a proxy, installing would work with pip and fail with uv.
"""

import ast
import importlib
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from deploy.image.commands import CommandFailed, can_install_packages, install_packages, pip, run, succeeds
from deploy.image.installers import Installer, Pip, Uv

OLDEST = (3, 11)
VENV_S = 120.0
UV_S = 180.0

_LINE = re.compile(r"^(?:global|install|:env:)\.([\w-]+)=(.+)$", re.MULTILINE)

_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}
_SEPARATORS = {"UV_FIND_LINKS": ","}


class NoVenv(Exception):
    """No venv can be created by this Python; the text tells the person at the terminal why."""


def works(venv: Path) -> bool:
    """Return whether the venv's Python runs: the system's Python may have been replaced."""
    return succeeds([_python(venv), "-c", ""], seconds=VENV_S)


def make(venv: Path, locks: Path) -> Installer:
    """Create ``venv``, replacing whatever is there, and return what installs into it.

    Raises NoVenv when this Python cannot create one, CommandFailed when creating it failed.
    """
    _check_version()
    # A venv without pip takes a fraction of a second; the system's pip can install uv into it.
    with suppress(CommandFailed):
        if _has_pip(sys.executable):
            _clear(venv)
            run([sys.executable, "-m", "venv", "--without-pip", venv], seconds=VENV_S)
            return _bootstrap(venv, locks, Path(sys.executable), "--python", _python(venv))
    _clear(venv)
    run(command(venv), seconds=VENV_S)
    return installer(venv, locks)


def installer(venv: Path, locks: Path) -> Installer:
    """Return what installs into the existing venv. Raises CommandFailed when it has neither uv nor pip."""
    python = _python(venv)
    if _has_uv(venv, locks):
        return _uv(venv, locks, _settings(python, sys.executable))
    if not _has_pip(python):
        run([python, "-m", "ensurepip"], seconds=VENV_S)
    try:
        return _bootstrap(venv, locks, python)
    except CommandFailed as exc:
        print(f"set-up: uv cannot be installed, so pip does everything, more slowly: {_reason(exc)}", flush=True)
        return Pip(python)


def command(venv: Path) -> list[str | Path]:
    """Return the command that creates a venv with pip in it, in whatever way this machine supports."""
    _check_version()
    if not _has_ensurepip() and can_install_packages():
        name = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        print(f"set-up: installing {name}", flush=True)
        install_packages(name)
    if _has_ensurepip():
        return [sys.executable, "-m", "venv", venv]
    if uv := shutil.which("uv"):
        return [uv, "venv", "--seed", "--python", sys.executable, venv]
    if virtualenv := shutil.which("virtualenv"):
        return [virtualenv, "--python", sys.executable, venv]
    raise NoVenv("this Python cannot make a venv: install the package python3-venv, then run make again")


def _check_version() -> None:
    if sys.version_info < OLDEST:
        raise NoVenv(f"Python {'.'.join(map(str, OLDEST))} or newer is needed, this is {sys.version.split()[0]}")


def _clear(venv: Path) -> None:
    if venv.is_symlink() or venv.is_file():
        venv.unlink()
    elif venv.exists():
        shutil.rmtree(venv)


def _has_ensurepip() -> bool:
    """Debian has pip's bootstrap in a separate package; without it a venv has no pip."""
    importlib.invalidate_caches()
    specs = [importlib.util.find_spec(name) for name in ("venv", "ensurepip")]
    return all(spec is not None and spec.origin is not None for spec in specs)


def _bootstrap(venv: Path, locks: Path, owner: Path, *where: str | Path) -> Uv:
    """Install uv into the venv with the pip of ``owner``. Raises CommandFailed when that fails or it does not run."""
    # Forced, because an interrupted installation may have left part of it.
    options = ("--force-reinstall", "--no-deps", "--no-compile", "--require-hashes", "--only-binary", ":all:")
    pip(owner, *where, "install", *options, "-r", locks / "installer.lock", seconds=UV_S)
    if not _has_uv(venv, locks):
        raise CommandFailed("uv does not run on this machine")
    return _uv(venv, locks, _settings(owner))


def _reason(error: CommandFailed) -> str:
    lines = str(error).splitlines()
    return next((line for line in lines if line.startswith("ERROR")), lines[-1])[:200]


def _has_pip(python: Path | str) -> bool:
    return succeeds([python, "-m", "pip", "--version"], seconds=VENV_S)


def _has_uv(venv: Path, locks: Path) -> bool:
    """Return whether the venv has a uv that runs, in the locked version."""
    wanted = (locks / "installer.lock").read_text().split(maxsplit=1)[0].partition("==")[2]
    try:
        return run([venv / "bin" / "uv", "--version"], seconds=VENV_S).split()[1] == wanted
    except (CommandFailed, IndexError):
        return False


def _uv(venv: Path, locks: Path, environment: dict[str, str]) -> Uv:
    return Uv(_python(venv), venv / "bin" / "uv", locks / "build.lock", environment)


def _settings(*pythons: Path | str) -> dict[str, str]:
    """Return pip's settings on this machine as uv's: a mirror or certificate configured for pip applies to both."""
    for python in pythons:
        try:
            return uv_environment(run([python, "-m", "pip", "config", "list"], seconds=VENV_S), os.environ)
        except CommandFailed:
            continue
    return {}


def _python(venv: Path) -> Path:
    return venv / "bin" / "python"


def uv_environment(pip_config: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that give uv the settings printed by ``pip config list``; variables already set stay."""
    found: dict[str, str] = {}
    for name, quoted in _LINE.findall(pip_config):
        variable = _NAMES.get(name)
        if variable is None or variable in environment:
            continue
        words = [word for word in str(ast.literal_eval(quoted)).split() if variable != "UV_FIND_LINKS" or _exists(word)]
        if words:
            found[variable] = _SEPARATORS.get(variable, " ").join(words)
    return found


def _exists(place: str) -> bool:
    """Pip ignores a folder that does not exist; uv refuses to run with one."""
    return "://" in place or Path(place).exists()
