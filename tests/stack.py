"""Real Valkey, Postgres and S3 for tests: the programs that the embedded run starts, on free ports, once a session."""

import asyncio
import shutil
import signal
import tempfile
import threading
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from deploy.dev.local import parts
from deploy.dev.local.ports import HOST, free_ports
from deploy.dev.local.postgres import DATABASE, Postgres
from deploy.dev.local.processes import READY_WITHIN_S, Program, end, spawn

_T = TypeVar("_T")
_POLL_S = 0.05
BUCKET = "pictures"


class Stack:
    """Starts parts and ends them, by their own process; none outlives the tests.

    The parts belong to a thread with a loop of its own, because those of the tests come and go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stack", daemon=True)
        self._thread.start()
        self._running: list[tuple[Program, asyncio.subprocess.Process]] = []

    def valkey(self, port: int | None = None) -> str:
        """Start a Valkey and return its URL."""
        port = port or _free_port()
        self._start(parts.valkey(port, self._new_folder(), self._log("valkey")))
        return f"redis://{HOST}:{port}/0"

    def s3(self) -> str:
        """Start an S3 and return its endpoint; it has the bucket ``BUCKET``."""
        port = _free_port()
        self._start(parts.s3(port, BUCKET, self._log("s3")))
        return f"http://{HOST}:{port}"

    def postgres(self, port: int | None = None) -> str:
        """Start a Postgres and return its DSN; it has an empty database."""
        port = port or _free_port()
        server = Postgres.choose(self._new_folder() / "data", self._log("postgres"))
        self._call(server.prepare())
        self._start(server.server(port))
        return f"postgresql://postgres@{HOST}:{port}/{DATABASE}"

    def stop(self, name: str) -> None:
        """End the part of this name that was started last."""
        at = max(nth for nth, (program, _) in enumerate(self._running) if program.name == name)
        self._call(end(*self._running.pop(at)))

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """Keep the part of this name that was started last from answering: it accepts, and says nothing."""
        process = next(process for program, process in reversed(self._running) if program.name == name)
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End whatever still runs, the last first."""
        while self._running:
            self._call(end(*self._running.pop()))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _start(self, program: Program) -> None:
        process = self._call(spawn(program))
        self._running.append((program, process))
        self._call(_ready(program, process))

    def _call(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(2 * READY_WITHIN_S)

    def _new_folder(self) -> Path:
        folder = self._folder / uuid.uuid4().hex
        folder.mkdir()
        folder.chmod(0o755)  # Postgres does not run as root, and somebody else must be able to enter
        return folder

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"


@contextmanager
def running_stack() -> Iterator[Stack]:
    """Hold a stack open, with nothing started yet; its files are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="marquee-tests-"))
    folder.chmod(0o755)
    stack = Stack(folder)
    try:
        yield stack
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _ready(program: Program, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(READY_WITHIN_S):
        while not await program.is_ready():
            if process.returncode is not None:
                raise program.failed(f"ended with {process.returncode}")
            await asyncio.sleep(_POLL_S)


def _free_port() -> int:
    return free_ports(1, apart_from=())[0]
