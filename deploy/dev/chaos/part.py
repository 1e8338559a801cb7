"""One program of the stack, held by its pid: started, killed, frozen, thawed and ended."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from deploy.dev.local.processes import READY_WITHIN_S, Program, end, spawn, sweep

_POLL_S = 0.05


class Part:
    """A program with its process. Whoever starts it closes it."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = replace(program, log=program.log or log)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> Path:
        """Return where it writes, over all its lives."""
        assert self.program.log is not None  # noqa: S101 - set on creation
        return self.program.log

    async def start(self) -> None:
        """Start it and return when it is up. Raises ``StartFailed``."""
        for _ in range(self.program.tries):
            self._process = await spawn(self.program)
            if await self._is_up(self._process):
                return
        raise self.program.failed("did not come up")

    async def kill(self) -> None:
        """End it with all its children, as a crash of its machine would."""
        process = self._running()
        below = list(descendants(process.pid))
        process.kill()
        for pid in below:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await process.wait()
        sweep(process)

    def freeze(self) -> None:
        """Stop it and its children where they are: whoever asks gets no answer."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it and its children go on."""
        self._signal(signal.SIGCONT)

    async def close(self) -> None:
        """See to it that it is gone."""
        if self._process is not None and self._process.returncode is None:
            self.thaw()
            await end(self.program, self._process)

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            raise self.program.failed("does not run")
        return self._process

    def _signal(self, number: signal.Signals) -> None:
        pid = self._running().pid
        for each in (pid, *descendants(pid)):
            with suppress(ProcessLookupError):
                os.kill(each, number)

    async def _is_up(self, process: asyncio.subprocess.Process) -> bool:
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                while process.returncode is None:
                    if await self.program.is_ready():
                        return True
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            raise self.program.failed(f"was not ready within {READY_WITHIN_S:.0f} s") from None
        return False


def descendants(pid: int) -> Iterator[int]:
    """Yield every process below ``pid``: some leave our session, and a signal to the group would miss them."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _parent(entry) == pid:
            child = int(entry.name)
            yield child
            yield from descendants(child)


def _parent(entry: Path) -> int | None:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None
