"""Makes `.venv` and everything in it, with nothing but a system Python; a second call has nothing to do.

Called as `python3 deploy/dev/local/setup.py run` (what `make run` needs) or `test` (that and the tools of the tests).
"""

import fcntl
import hashlib
import importlib
import importlib.util
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[3]
if not __package__:
    # Run by its path, Python would look for modules beside this file, where `deploy` cannot be found.
    sys.path[0] = str(ROOT)

from deploy.dev.local.parent import POLL_S, Parent  # noqa: E402 - see the line above
from deploy.image import pixels  # noqa: E402 - see the line above
from deploy.image.commands import (  # noqa: E402 - see the line above
    CommandFailed,
    can_install_packages,
    install_packages,
    pip,
    run,
    succeeds,
)

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = ROOT / "deploy" / "locks"
MODES = {"run": ("run",), "test": ("run", "test")}  # the test lock holds everything that the run lock holds
OLDEST = (3, 11)
VENV_S = 120.0
PACKAGES_S = 1200.0
OTHER_SETUP_S = 1800.0
FOR_TESTS = {
    "nginx-light": ("nginx", "behind a CDN"),
    "chromium": ("chromium", "in a browser"),
    "prometheus": ("promtool", "of the alerts, and with a real Prometheus"),
}
"""Debian's packages that some tests need: the program that each brings, and which tests those are."""

SERVICE_MANAGER = Path("/run/systemd/system")


class SetupFailed(Exception):
    """Set-up cannot go on; the text tells the person at the terminal why."""


@dataclass
class Stamp:
    """What is in the venv, kept inside it: digests of the locks that were installed, and what was begun last."""

    run: str = ""
    test: str = ""
    pixels: str = ""
    pixels_line: str = ""
    unfinished: str = ""
    missing: str = ""  # system packages that could not be had, so that they are not looked for each time

    @classmethod
    def read(cls) -> "Stamp":
        """Return what the last set-up wrote, an empty stamp when there was none."""
        try:
            return cls(**json.loads(_stamp_file().read_text()))
        except (OSError, ValueError, TypeError):
            return cls()

    def write(self) -> None:
        """Replace the stamp in one step."""
        draft = _stamp_file().with_suffix(".new")
        draft.write_text(json.dumps(asdict(self), indent=1))
        draft.replace(_stamp_file())

    def satisfies(self, mode: str) -> bool:
        """Tell whether nothing is left to do for ``mode``."""
        complete = self.unfinished == "" and self.pixels == _pixels_digest()
        return complete and getattr(self, mode) == _digest(f"{mode}.lock")


def main(arguments: list[str]) -> int:
    """Set up for the mode named in ``arguments``; returns the exit code."""
    if len(arguments) != 1 or arguments[0] not in MODES:
        print(f"usage: setup.py {'|'.join(MODES)}", file=sys.stderr)
        return 2
    _obey_interrupts()
    try:
        with _alone():
            line = set_up(arguments[0])
            if arguments[0] == "test":
                _install_for_tests()
            print(line, flush=True)
    except (SetupFailed, CommandFailed) as exc:
        print(f"set-up: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set-up: interrupted; the next one takes up where this one was", file=sys.stderr)
        return 130
    return 0


def set_up(mode: str) -> str:
    """Bring the venv up to the locks for ``mode`` and return the line that names the image library."""
    stamp = Stamp.read()
    if stamp.satisfies(mode) and _works():
        return stamp.pixels_line
    began = time.monotonic()
    stamp = _venv(stamp)
    if getattr(stamp, mode) != _digest(f"{mode}.lock"):
        _install_packages(stamp, mode)
    if stamp.pixels != _pixels_digest() or stamp.unfinished:
        _install_pixels(stamp)
    if not _works():
        raise SetupFailed("the packages are installed but cannot be imported; remove .venv and try again")
    print(f"set-up: done in {time.monotonic() - began:.0f} s", flush=True)
    return stamp.pixels_line


def _venv(stamp: Stamp) -> Stamp:
    """Return the stamp of a venv that runs, made anew where the old one may be half filled."""
    half_filled = stamp.unfinished == "packages"
    if not half_filled and succeeds([PYTHON, "-m", "pip", "--version"], seconds=VENV_S):
        return stamp
    print("set-up: making .venv", flush=True)
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    elif VENV.exists():
        shutil.rmtree(VENV)
    run(_venv_command(), seconds=VENV_S)
    return Stamp()


def _venv_command() -> list[str | Path]:
    """Return the command that makes a venv with pip in it, by whichever means this machine has."""
    if sys.version_info < OLDEST:
        raise SetupFailed(f"Python {'.'.join(map(str, OLDEST))} or newer is needed, this is {sys.version.split()[0]}")
    if not _has_ensurepip() and can_install_packages():
        name = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        print(f"set-up: installing {name}", flush=True)
        install_packages(name)
    if _has_ensurepip():
        return [sys.executable, "-m", "venv", VENV]
    if uv := shutil.which("uv"):
        return [uv, "venv", "--seed", "--python", sys.executable, VENV]
    if virtualenv := shutil.which("virtualenv"):
        return [virtualenv, "--python", sys.executable, VENV]
    raise SetupFailed("this Python cannot make a venv: install the package python3-venv, then run make again")


def _has_ensurepip() -> bool:
    """Debian keeps pip's bootstrap in a package of its own; without it a venv has no pip."""
    importlib.invalidate_caches()
    specs = [importlib.util.find_spec(name) for name in ("venv", "ensurepip")]
    return all(spec is not None and spec.origin is not None for spec in specs)


def _install_packages(stamp: Stamp, mode: str) -> None:
    print(f"set-up: installing {mode}.lock", flush=True)
    stamp.unfinished = "packages"
    stamp.write()
    # The lock is closed; following requirements as well could bring in Pillow beside pillow-simd.
    pip(PYTHON, "install", "--no-deps", "--require-hashes", "-r", LOCKS / f"{mode}.lock", seconds=PACKAGES_S)
    for name in MODES[mode]:
        setattr(stamp, name, _digest(f"{name}.lock"))
    stamp.unfinished = ""
    stamp.write()


def _install_pixels(stamp: Stamp) -> None:
    print("set-up: installing the image library", flush=True)
    stamp.unfinished = "pixels"
    stamp.write()
    stamp.pixels_line = pixels.install(PYTHON, LOCKS)
    stamp.pixels = _pixels_digest()
    stamp.unfinished = ""
    stamp.write()


def _install_for_tests() -> None:
    """Bring what some tests need, where we may: without it those tests say so and are left out."""
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
    for package, (program, tests) in FOR_TESTS.items():
        stamp = Stamp.read()
        # A service manager would begin to serve nginx's port and Prometheus' to everybody; there, a person chooses.
        may = can_install_packages() and not SERVICE_MANAGER.exists()
        if shutil.which(program, path=path) or package in stamp.missing.split() or not may:
            continue
        print(f"set-up: installing {package}", flush=True)
        if not install_packages(package):
            print(f"set-up: {package} cannot be had, so the tests {tests} are left out", flush=True)
            stamp.missing = f"{stamp.missing} {package}".strip()
            stamp.write()


def _works() -> bool:
    """Tell whether the venv's Python still finds its packages: the system's Python may have been replaced."""
    return succeeds([PYTHON, "-c", "import msgspec, PIL.Image"], seconds=VENV_S)


def _digest(*names: str) -> str:
    text = b"".join((LOCKS / name).read_bytes() for name in names)
    return hashlib.sha256(text).hexdigest()


def _pixels_digest() -> str:
    """Return what the image library depends on: with the processor, for the AVX2 build dies where there is none."""
    return f"{_digest('pillow-simd.lock', 'pillow.lock')} avx2={pixels.has_avx2()}"


def _stamp_file() -> Path:
    return VENV / "marquee-setup.json"


@contextmanager
def _alone() -> Iterator[None]:
    """Hold this file's lock, so that two set-ups of one tree do not write into one venv."""
    deadline = time.monotonic() + OTHER_SETUP_S
    with Path(__file__).open("rb") as mark:
        for attempt in range(int(OTHER_SETUP_S / POLL_S)):
            with suppress(BlockingIOError):
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if attempt == 0:
                print("set-up: waiting for another set-up of this tree", flush=True)
            time.sleep(POLL_S)
            if time.monotonic() > deadline:
                raise SetupFailed("another set-up of this tree does not end")
        yield


def _obey_interrupts() -> None:
    """Make every way of stopping us, an interrupt sent to make alone included, end the program that we wait for."""

    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    def watch(parent: Parent) -> None:
        while not parent.wants_us_to_stop():
            time.sleep(POLL_S)
        os.kill(os.getpid(), signal.SIGTERM)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    threading.Thread(target=watch, args=(Parent.current(),), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
