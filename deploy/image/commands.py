"""Programs that set-up runs: each with a deadline, none left behind when set-up is interrupted."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

Command = Sequence[str | Path]
APT_S = 600.0
TAIL_LINES = 20


class CommandFailed(Exception):
    """A program failed, is missing or took too long; the text says which, with the end of what it said."""


def run(command: Command, *, seconds: float, env: Mapping[str, str] | None = None) -> str:
    """Run ``command`` to its end and return what it wrote (both streams).

    ``env`` adds to this process's environment. Raises CommandFailed when it cannot be started, does not end with 0 or
    takes longer than ``seconds``. However this function is left, the program and its children are gone.
    """
    name = " ".join(str(word) for word in command)[:200]
    try:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as exc:
        raise CommandFailed(f"{name}: {exc.strerror}") from exc
    with process:
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as exc:
            _kill_session(process)
            raise CommandFailed(f"{name}: took longer than {seconds:g} s") from exc
        except BaseException:
            _kill_session(process)
            raise
    if process.returncode != 0:
        raise CommandFailed(f"{name}: ended with {process.returncode}\n{tail(output)}")
    return output


def succeeds(command: Command, *, seconds: float, env: Mapping[str, str] | None = None) -> bool:
    """Tell whether ``command`` ends well in time."""
    try:
        run(command, seconds=seconds, env=env)
    except CommandFailed:
        return False
    return True


def pip(python: Path, *arguments: str | Path, seconds: float, env: Mapping[str, str] | None = None) -> str:
    """Run the pip of ``python`` as `run` does, asking nothing and leaving no scratch files."""
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    with tempfile.TemporaryDirectory(prefix="marquee-pip-", ignore_cleanup_errors=True) as scratch:
        return run([python, "-m", "pip", *arguments, *quiet], seconds=seconds, env={"TMPDIR": scratch, **(env or {})})


def tail(text: str) -> str:
    """Return the last lines of ``text``, enough to see why a program failed."""
    return "\n".join(text.strip().splitlines()[-TAIL_LINES:])


def can_install_packages() -> bool:
    """Tell whether this process may install Debian packages."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_packages(*names: str) -> bool:
    """Install Debian packages without a question; ``False`` when one could not be installed."""
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    wait = ("-o", "DPkg::Lock::Timeout=120")
    # A stale list is good enough when the refresh fails: the package may still be there.
    succeeds(["apt-get", *wait, "update", "-qq"], seconds=APT_S, env=quiet)
    install = ["apt-get", *wait, "install", "-y", "-qq", "--no-install-recommends", *names]
    return succeeds(install, seconds=APT_S, env=quiet)


def _kill_session(process: "subprocess.Popen[str]") -> None:
    """End the program with everything that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
