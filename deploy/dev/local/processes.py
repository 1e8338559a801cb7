"""Programs of the stack as child processes: started so that they cannot outlive this one, and reliably stopped."""

import asyncio
import ctypes
import os
import signal
import subprocess
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from signal import Signals
from typing import Any, BinaryIO

from deploy.dev.local.terminal import complain

READY_WITHIN_S = 60.0
LOG_TAIL_LINES = 15
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class StartFailed(Exception):
    """A program did not start; the text is for the person at the terminal."""


async def nothing_to_ask() -> bool:
    """Be ready at once, for a program that does its work and ends."""
    return True


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program of the stack: how to start it, check that it is ready, and stop it."""

    name: str
    command: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    is_ready: Callable[[], Awaitable[bool]] = nothing_to_ask
    tries: int = 1  # how often it may exit before it was ready once
    log: Path | None = None  # without one it writes to the terminal
    user: int | None = None  # uid and gid to run as, if this process may choose
    stop_signal: Signals = signal.SIGTERM
    stop_s: float = 10.0
    orphan_signal: Signals = signal.SIGKILL  # the signal it gets when this process dies without stopping it

    def failed(self, what: str) -> StartFailed:
        """Return the error that says what the program did, with the end of its log."""
        return StartFailed(f"{self.name} {what}\n{_last_words(self.log)}")


async def spawn(program: Program) -> asyncio.subprocess.Process:
    """Start the program. Raises OSError when the file is missing or may not be run."""
    with ExitStack() as stack:
        log = stack.enter_context(program.log.open("ab")) if program.log else None
        return await asyncio.create_subprocess_exec(*program.command, **spawn_options(program, log))


def spawn_options(program: Program, log: BinaryIO | None) -> dict[str, Any]:
    """Return the arguments that start the program with ``subprocess``, writing to ``log``."""
    # The kernel ends a child with the thread that started it, so only a thread that never ends may ask for that.
    is_lasting = threading.current_thread() is threading.main_thread()
    return {
        "stdin": subprocess.DEVNULL,
        "stdout": log,
        "stderr": log,
        "cwd": program.cwd,
        "env": program.env,
        "user": program.user,
        "group": program.user,
        "extra_groups": None if program.user is None else [],
        # A Ctrl-C at the terminal must reach only this process, which stops the parts in order.
        "start_new_session": True,
        "preexec_fn": partial(ends_with, os.getpid(), program.orphan_signal) if is_lasting else None,
    }


async def end(program: Program, process: asyncio.subprocess.Process) -> None:
    """Stop the process, by force after ``program.stop_s``; afterwards it and everything it started are gone."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.send_signal(program.stop_signal)
    try:
        async with asyncio.timeout(program.stop_s):
            await process.wait()
    except TimeoutError:
        complain(f"{program.name} did not stop within {program.stop_s:.0f} s; killed")
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    sweep(process)


def sweep(process: asyncio.subprocess.Process) -> None:
    """Kill what a process that has just ended left in its session: a killed one does not end its helpers."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


async def run_once(program: Program) -> None:
    """Run a program that ends by itself, within `READY_WITHIN_S`; it is gone however this function ends.

    Raises StartFailed when it fails.
    """
    try:
        process = await spawn(program)
    except OSError as exc:
        raise program.failed(f"cannot be started: {exc.strerror}") from exc
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            code = await process.wait()
    except TimeoutError:
        raise program.failed(f"took longer than {READY_WITHIN_S:.0f} s") from None
    finally:
        await end(program, process)
    if code != 0:
        raise program.failed(f"failed with exit code {code}")


def ends_with(parent: int, number: Signals) -> None:
    """Ask the kernel to send this process a signal when its parent dies; ends it if the parent is already gone."""
    if _LIBC.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0 or os.getppid() != parent:
        os._exit(1)


def _last_words(log: Path | None) -> str:
    if log is None:
        return "its output is above"
    try:
        lines = log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
    except OSError:
        lines = []
    return "\n".join([f"the end of {log}:", *lines])
