"""One program of the stack as a process that a test starts, freezes, kills and asks to end."""

import asyncio
import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

from deploy.dev.local.processes import Program
from tests.e2e.make_run import descendants, eventually

READY_S: Final = 30.0
STOP_S: Final = 40.0


class Part:
    """One program of the stack, held by the test that needs it."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = replace(program, log=log)
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "not started"
        return self._process

    def begin(self) -> Self:
        """Start it and do not wait."""
        program = self.program
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=program.cwd,
                env=program.env,
                user=program.user,
                group=program.user,
                extra_groups=None if program.user is None else [],
                start_new_session=True,
            )
        return self

    def start(self) -> Self:
        """Start it and wait until it is up. Not from within a running loop."""
        return self.begin().until_ready()

    def until_ready(self) -> Self:
        """Wait until it is up. Not from within a running loop."""
        came = eventually(lambda: self.process.poll() is not None or asyncio.run(self._ready()), seconds=READY_S)
        assert came, f"{self.program.name} is not ready: {self.said()[-2000:]}"
        assert self.process.poll() is None, f"{self.program.name} ended: {self.said()[-2000:]}"
        return self

    async def _ready(self) -> bool:
        return await self.program.is_ready()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def freeze(self) -> None:
        """Stop it and all its children where they are: whoever asks gets no answer."""
        for pid in (self.process.pid, *descendants(self.process.pid)):
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it and its children go on."""
        for pid in (self.process.pid, *descendants(self.process.pid)):
            os.kill(pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait(STOP_S)

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        self.process.send_signal(self.program.stop_signal)
        return self.process.wait(STOP_S)

    def close(self) -> None:
        """See to it that it is gone."""
        if self._process is None or self._process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            self.thaw()
            self._process.send_signal(self.program.stop_signal)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def said(self) -> str:
        """Return its log."""
        return self.log.read_text(errors="replace")
