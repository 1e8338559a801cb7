"""One program of the stack as a process: started, frozen, killed, ended."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

from deploy.dev.local.processes import READY_WITHIN_S, Program, spawn_options
from tests.stack.fork_server import FORK_SERVER, Forked
from tests.waiting import eventually, run_apart

STOP_S: Final = 90.0
_READY_S: Final = 2 * READY_WITHIN_S  # other tests start programs at the same time
_POLL_S: Final = 0.05


class Part:
    """One program of the stack. The caller that starts it must close it.

    ``start``, ``until_ready`` and ``close`` block; ``up``, ``ready`` and ``down`` are the same for coroutines.
    """

    def __init__(self, program: Program, log: Path) -> None:
        self.program = replace(program, log=log)
        self.log = log
        self._process: subprocess.Popen[bytes] | Forked | None = None

    @property
    def process(self) -> subprocess.Popen[bytes] | Forked:
        assert self._process is not None, "not started"
        return self._process

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def begin(self) -> Self:
        """Start it without waiting."""
        with self.log.open("ab") as log, Path(os.devnull).open("rb") as nothing:
            streams = (nothing.fileno(), log.fileno(), log.fileno())
            self._process = FORK_SERVER.fork(self.program, streams) or subprocess.Popen(
                self.program.command, **spawn_options(self.program, log)
            )
        return self

    def start(self) -> Self:
        """Start it and wait until it is ready. Raises ``StartFailed``."""
        for _ in range(self.program.tries):
            if run_apart(self.begin()._came_up()):
                return self
        raise self._ended()

    async def up(self) -> Self:
        """Start it and wait until it is ready. Raises ``StartFailed``."""
        for _ in range(self.program.tries):
            if await self.begin()._came_up():
                return self
        raise self._ended()

    def until_ready(self) -> Self:
        """Wait until a part that was begun is ready. Raises ``StartFailed``."""
        run_apart(self.ready())
        return self

    async def ready(self) -> None:
        """Wait until a part that was begun is ready. Raises ``StartFailed``."""
        if not await self._came_up():
            raise self._ended()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def freeze(self) -> None:
        """Stop it and its children where they are: connections are accepted and not answered."""
        self._signal(signal.SIGSTOP)
        # On a busy machine a thread goes on for a moment, and may answer.
        assert eventually(lambda: all(map(_is_stopped, (self.pid, *descendants(self.pid)))))

    def thaw(self) -> None:
        """Let it and its children go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it with all its children, as a crash of its machine would."""
        below = list(descendants(self.pid))
        self.process.kill()
        for pid in below:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(STOP_S)
        self._sweep()

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        self.process.send_signal(self.program.stop_signal)
        return self.process.wait(STOP_S)

    def close(self) -> None:
        """End it, by force when it does not in time. Does nothing when it does not run."""
        if not self.is_running:
            return
        with suppress(ProcessLookupError):
            self.thaw()
            self.send(self.program.stop_signal)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._sweep()

    async def down(self) -> None:
        """End it, by force when it does not in time."""
        await asyncio.to_thread(self.close)

    def said(self) -> str:
        """Return its log, of all its lives."""
        return self.log.read_text(errors="replace")

    async def _came_up(self) -> bool:
        """Wait until it is ready; ``False`` when it ended first. Raises ``StartFailed`` when it takes too long."""
        try:
            async with asyncio.timeout(_READY_S):
                while self.is_running:
                    if await self.program.is_ready():
                        return True
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            raise self.program.failed(f"was not ready within {_READY_S:.0f} s") from None
        return False

    def _ended(self) -> Exception:
        return self.program.failed(f"ended with {self.process.returncode} before it was ready")

    def _signal(self, number: signal.Signals) -> None:
        for pid in (self.pid, *descendants(self.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _sweep(self) -> None:
        """End what it left in its session."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def children(pid: int) -> Iterator[int]:
    """Yield the processes that ``pid`` started."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _parent(entry) == pid:
            yield int(entry.name)


def descendants(pid: int) -> Iterator[int]:
    """Yield every process below ``pid``, also those that left its session, which a signal to the group would miss."""
    for child in children(pid):
        yield child
        yield from descendants(child)


def _is_stopped(pid: int) -> bool:
    """Return whether no thread of a process runs."""
    return all(_state(entry) in {"T", "Z", None} for entry in Path(f"/proc/{pid}/task").glob("*"))


def _state(entry: Path) -> str | None:
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None


def _parent(entry: Path) -> int | None:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None
