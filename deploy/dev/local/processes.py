"""Programs of the stack as child processes: started so that they cannot outlive this one, kept running, and stopped."""

import asyncio
import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from signal import Signals
from typing import Any, BinaryIO

from deploy.dev.local.terminal import complain
from shared.concurrency.backoff import pauses

READY_WITHIN_S = 60.0
LOG_TAIL_LINES = 15
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
STEADY_AFTER_S = 30.0
_ASK_AGAIN_S = 0.05
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


@dataclass
class Keeper:
    """Keeps one `Program` running from `start` to `stop`, with its pid in ``pid_file`` meanwhile."""

    program: Program
    pid_file: Path
    _process: asyncio.subprocess.Process | None = None
    _task: asyncio.Task[None] | None = None
    _was_ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        """Start the program and return once it is ready for the first time.

        Raises StartFailed when it cannot be started, ends by itself or is not ready within `READY_WITHIN_S`.
        """
        self._task = asyncio.create_task(self._keep(), name=self.program.name)
        ready = asyncio.create_task(self._was_ready.wait())
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                await asyncio.wait({self._task, ready}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            raise self.program.failed(f"was not ready within {READY_WITHIN_S:.0f} s") from None
        finally:
            ready.cancel()
        if self._task.done():
            self._task.result()

    async def stop(self) -> None:
        """Stop the program; afterwards it is gone, and so is its pid file."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError, StartFailed):
                await self._task
        if self._process is not None:
            await end(self.program, self._process)
        self.pid_file.unlink(missing_ok=True)

    async def _keep(self) -> None:
        waits = pauses(FIRST_PAUSE_S, LONGEST_PAUSE_S)
        early_ends = 0
        while True:
            began = time.monotonic()
            how = await self._live()
            if not self._was_ready.is_set() and not how.startswith("signal"):
                early_ends += 1
                if early_ends >= self.program.tries:
                    raise self.program.failed(f"ended ({how}) before it was ready")
            if time.monotonic() - began > STEADY_AFTER_S:
                waits = pauses(FIRST_PAUSE_S, LONGEST_PAUSE_S)
            complain(f"{self.program.name} ended ({how}); restarting")
            await asyncio.sleep(next(waits))

    async def _live(self) -> str:
        """Run the program once and return how it ended."""
        try:
            self._process = await spawn(self.program)
        except OSError as exc:
            return f"{self.program.command[0]}: {exc.strerror}"
        _write_pid(self.pid_file, self._process.pid)
        asking = asyncio.create_task(self._ask_until_ready())
        try:
            code = await self._process.wait()
            sweep(self._process)
        finally:
            asking.cancel()
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    async def _ask_until_ready(self) -> None:
        """Check readiness after every start, not only the first: the check may complete it (creating a bucket)."""
        while not await self.program.is_ready():  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(_ASK_AGAIN_S)
        self._was_ready.set()


def _write_pid(file: Path, pid: int) -> None:
    draft = file.with_suffix(".new")
    draft.write_text(f"{pid}\n")
    draft.replace(file)


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
