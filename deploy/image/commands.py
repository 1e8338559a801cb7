"""Programs that set-up runs: each has a deadline, and none survives an interrupted set-up."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

Command = Sequence[str | Path]
APT_S = 600.0
TAIL_LINES = 20


class CommandFailed(Exception):
    """A program failed, is missing or took too long; the text says which, with the end of its output."""


def run(command: Command, *, seconds: float, env: Mapping[str, str] | None = None) -> str:
    """Run ``command`` to its end and return its output (both streams).

    ``env`` adds to this process's environment. Raises CommandFailed when it cannot be started, does not exit with 0 or
    takes longer than ``seconds``. However this function ends, the program and its children are gone.
    """
    name = " ".join(str(word) for word in command)[:200]
    try:
        with _programs.running([str(word) for word in command], {**os.environ, **(env or {})}) as process:
            output, _ = process.communicate(timeout=seconds)
    except OSError as exc:
        raise CommandFailed(f"{name}: {exc.strerror}") from exc
    except subprocess.TimeoutExpired as exc:
        raise CommandFailed(f"{name}: took longer than {seconds:g} s") from exc
    if process.returncode != 0:
        raise CommandFailed(f"{name}: ended with {process.returncode}\n{tail(output)}")
    return output


class _Programs:
    """The programs running in any thread, so that an interrupt of the main thread ends them all."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._ended = False

    @contextmanager
    def running(self, command: Sequence[str], env: Mapping[str, str]) -> "Iterator[subprocess.Popen[str]]":
        """Run a program in its own session; an error inside kills it. Raises CommandFailed after `end`, and OSError."""
        with self._lock:
            if self._ended:
                raise CommandFailed(f"{command[0]}: not started after an interrupt")
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=env,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            self._running.add(process)
        with process:
            try:
                yield process
            except BaseException:
                _kill_session(process)
                raise
            finally:
                with self._lock:
                    self._running.discard(process)

    def end(self) -> None:
        """Kill every running program, and refuse to start another."""
        with self._lock:
            self._ended = True
            for process in self._running:
                _kill_session(process)


_programs = _Programs()
_apt = threading.Lock()


def end_all() -> None:
    """End every program that `run` has started in any thread, and prevent it from starting others."""
    _programs.end()


def succeeds(command: Command, *, seconds: float, env: Mapping[str, str] | None = None) -> bool:
    """Return whether ``command`` succeeds in time."""
    try:
        run(command, seconds=seconds, env=env)
    except CommandFailed:
        return False
    return True


def pip(python: Path, *arguments: str | Path, seconds: float, env: Mapping[str, str] | None = None) -> str:
    """Run the pip of ``python`` like `run`, without prompts and without leaving temporary files."""
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    with tempfile.TemporaryDirectory(prefix="marquee-pip-", ignore_cleanup_errors=True) as scratch:
        return run([python, "-m", "pip", *arguments, *quiet], seconds=seconds, env={"TMPDIR": scratch, **(env or {})})


def tail(text: str) -> str:
    """Return the last lines of ``text``, enough to see why a program failed."""
    return "\n".join(text.strip().splitlines()[-TAIL_LINES:])


def can_install_packages() -> bool:
    """Return whether this process may install Debian packages."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_packages(*names: str) -> bool:
    """Install Debian packages without a prompt; ``False`` when one could not be installed."""
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    wait = ("-o", "DPkg::Lock::Timeout=120")
    install = ["apt-get", *wait, "install", "-y", "-qq", "--no-install-recommends", *names]
    # apt-get waits for another process's lock on the packages, but not for its lock on the lists.
    with _apt:
        # A stale list is good enough when the refresh fails: the package may still be there.
        succeeds(["apt-get", *wait, "update", "-qq"], seconds=APT_S, env=quiet)
        return succeeds(install, seconds=APT_S, env=quiet)


def _kill_session(process: "subprocess.Popen[str]") -> None:
    """End the program and everything it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
