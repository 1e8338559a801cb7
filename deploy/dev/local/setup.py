"""Creates `.venv` and everything in it, with only a system Python; a second call has nothing to do.

Called as `python3 deploy/dev/local/setup.py run` (what `make run` needs) or `test` (that and the tools of the tests).
"""

import fcntl
import hashlib
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[3]
if not __package__:
    # Run by its path, Python would look for modules in this folder, where `deploy` cannot be found.
    sys.path[0] = str(ROOT)

from deploy.dev.local import programs, venv  # noqa: E402 - see the line above
from deploy.dev.local.parent import POLL_S, stop_with_parent  # noqa: E402 - see the line above
from deploy.image import pixels  # noqa: E402 - see the line above
from deploy.image.commands import CommandFailed, end_all, succeeds  # noqa: E402 - see the line above
from deploy.image.installers import Installer  # noqa: E402 - see the line above

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = ROOT / "deploy" / "locks"
MODES = {"run": ("run",), "test": ("run", "test")}  # the test lock contains everything in the run lock
PROBE_S = 120.0
OTHER_SETUP_S = 1800.0


class SetupFailed(Exception):
    """Set-up cannot continue; the text tells the person at the terminal why."""


@dataclass
class Stamp:
    """The content of the venv, recorded inside it: digests of the installed locks, and the last step begun."""

    run: str = ""
    test: str = ""
    pixels: str = ""
    pixels_line: str = ""
    unfinished: str = ""
    missing: str = ""  # system packages that were unavailable, so that they are not tried again each time

    @classmethod
    def read(cls) -> "Stamp":
        """Return what the last set-up wrote, or an empty stamp."""
        try:
            return cls(**json.loads(_stamp_file().read_text()))
        except (OSError, ValueError, TypeError):
            return cls()

    def write(self) -> None:
        """Replace the stamp atomically."""
        draft = _stamp_file().with_suffix(".new")
        draft.write_text(json.dumps(asdict(self), indent=1))
        draft.replace(_stamp_file())

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Record the step as unfinished while inside, and still so when it fails."""
        self.unfinished = name
        self.write()
        yield
        self.unfinished = ""
        self.write()

    def satisfies(self, mode: str) -> bool:
        """Return whether nothing is left to do for ``mode``."""
        complete = self.unfinished == "" and self.pixels == _pixels_digest()
        return complete and getattr(self, mode) == _digest(f"{mode}.lock")


@dataclass(frozen=True)
class Aside:
    """A thread for steps in parallel to the main thread, and the folder that the image library is built into."""

    pool: ThreadPoolExecutor
    folder: Path


def main(arguments: list[str]) -> int:
    """Set up for the mode named in ``arguments``; returns the exit code."""
    if len(arguments) != 1 or arguments[0] not in MODES:
        print(f"usage: setup.py {'|'.join(MODES)}", file=sys.stderr)
        return 2
    _obey_interrupts()
    try:
        with _alone(), _aside() as aside:
            print(set_up(arguments[0], aside), flush=True)
    except (SetupFailed, CommandFailed, venv.NoVenv) as exc:
        print(f"set-up: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set-up: interrupted; the next one continues from here", file=sys.stderr)
        return 130
    return 0


def set_up(mode: str, aside: Aside) -> str:
    """Update the venv to the locks for ``mode`` and return the line that names the image library."""
    began = time.monotonic()
    stamp = Stamp.read()
    missing = aside.pool.submit(programs.install, stamp.missing.split()) if mode == "test" else None
    if not (stamp.satisfies(mode) and _works()):
        stamp = _fill(stamp, mode, aside)
        print(f"set-up: done in {time.monotonic() - began:.0f} s", flush=True)
    if missing is not None and (names := missing.result()):
        stamp.missing = " ".join([*stamp.missing.split(), *names])
        stamp.write()
    return stamp.pixels_line


def _fill(stamp: Stamp, mode: str, aside: Aside) -> Stamp:
    """Install what the venv lacks and return its new content."""
    is_usable = stamp.unfinished != "packages" and venv.works(VENV)
    if not is_usable:
        stamp = Stamp()
    compiler = None
    if stamp.pixels != _pixels_digest() or stamp.unfinished:
        compiler = aside.pool.submit(pixels.find_compiler, Path(sys.executable))
    installer = _installer(is_usable=is_usable)
    # By far the longest step, so it runs in parallel to the installation of everything else.
    built = aside.pool.submit(_build_pixels, installer, aside.folder, compiler) if compiler else None
    if getattr(stamp, mode) != _digest(f"{mode}.lock"):
        _install_packages(stamp, mode, installer)
    if built is not None:
        _install_pixels(stamp, installer, built.result)
    if not _works():
        raise SetupFailed("the packages are installed but cannot be imported; remove .venv and try again")
    return stamp


def _installer(*, is_usable: bool) -> Installer:
    if is_usable:
        return venv.installer(VENV, LOCKS)
    print("set-up: making .venv", flush=True)
    return venv.make(VENV, LOCKS)


def _install_packages(stamp: Stamp, mode: str, installer: Installer) -> None:
    print(f"set-up: installing {mode}.lock", flush=True)
    with stamp.step("packages"):
        installer.install(LOCKS / f"{mode}.lock")
        for name in MODES[mode]:
            setattr(stamp, name, _digest(f"{name}.lock"))


def _build_pixels(installer: Installer, folder: Path, compiler: Future[str]) -> Path:
    return pixels.build(installer, LOCKS, folder, compiler.result())


def _install_pixels(stamp: Stamp, installer: Installer, built: Callable[[], Path]) -> None:
    print("set-up: installing the image library", flush=True)
    with stamp.step("pixels"):
        stamp.pixels_line = pixels.exchange(installer, LOCKS, built)
        stamp.pixels = _pixels_digest()


def _works() -> bool:
    """Return whether the venv's Python still finds its packages: the system's Python may have been replaced."""
    return succeeds([PYTHON, "-c", "import msgspec, PIL.Image"], seconds=PROBE_S)


def _digest(*names: str) -> str:
    text = b"".join((LOCKS / name).read_bytes() for name in names)
    return hashlib.sha256(text).hexdigest()


def _pixels_digest() -> str:
    """Return what the image library depends on, including the processor: the AVX2 build crashes on others."""
    return f"{_digest('pillow-simd.lock', 'pillow.lock')} avx2={pixels.has_avx2()}"


def _stamp_file() -> Path:
    return VENV / "marquee-setup.json"


@contextmanager
def _alone() -> Iterator[None]:
    """Hold this file's lock, so that two set-ups of one tree do not write to the same venv."""
    with Path(__file__).open("rb") as mark:
        for attempt in range(int(OTHER_SETUP_S / POLL_S)):
            with suppress(BlockingIOError):
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if attempt == 0:
                print("set-up: waiting for another set-up of this tree", flush=True)
            time.sleep(POLL_S)
        else:
            raise SetupFailed("another set-up of this tree is not finishing")
        yield


@contextmanager
def _aside() -> Iterator[Aside]:
    """Yield an executor for parallel steps; an interrupt ends the programs that they wait for."""
    with (
        tempfile.TemporaryDirectory(prefix="marquee-pixels-", ignore_cleanup_errors=True) as folder,
        ThreadPoolExecutor() as pool,
    ):
        try:
            yield Aside(pool, Path(folder))
        except KeyboardInterrupt:
            end_all()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _obey_interrupts() -> None:
    """Make every way of stopping, including an interrupt sent only to make, end the program being waited for."""

    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    stop_with_parent()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
