"""Keeps one program running: records its pid, restarts it when it exits, and stops it for good."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from deploy.dev.local.processes import READY_WITHIN_S, Program, StartFailed, end, spawn, sweep
from deploy.dev.local.terminal import complain
from shared.concurrency.backoff import pauses

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
STEADY_AFTER_S = 30.0
_ASK_AGAIN_S = 0.05


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
