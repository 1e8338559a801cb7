"""`make run` as a caller has it: started, listened to, signalled, and gone in the end."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.stack.part import children, descendants
from tests.stack.ports import free_contract
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
READY_S = 150.0
STOP_S = 90.0
_FROM_OUTSIDE = ("DATABASE_URL", "REDIS_URL", "S3_ENDPOINT_URL", "TMDB_API_KEY", "LISTEN_ADDR", "METRICS_ADDR")


class MakeRun:
    """One `make run` in a process group of its own. The set-up is left out: whoever runs the tests has done it."""

    def __init__(self, data_dir: Path, *, port: int | None = None, outside: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.port = port or free_contract().gateway
        environment = {name: value for name, value in os.environ.items() if name not in _FROM_OUTSIDE}
        environment |= {"PORT": str(self.port), "DATA_DIR": str(data_dir), "DEMO_PREFETCH": "false"}
        environment |= {"SSL_CERT_FILE": os.devnull}  # no certificate of the system is asked for (tests.stack.services)
        environment |= outside or {}
        self.make = subprocess.Popen(
            # What starts the tests may ignore the interrupt, as a shell's background job does.
            ["env", "--default-signal=INT", "make", "--no-print-directory", "SETUP=:", "run"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self._readers = [_collect(self.make.stdout, self.out), _collect(self.make.stderr, self.err)]

    def __enter__(self) -> Self:
        """Return itself; the run is stopped in the end, whatever happens."""
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        """Stop what still runs, by force if need be."""
        if self.make.poll() is None:
            self.make.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.make.wait(STOP_S)
        # The supervisor is in make's group, and nothing of the run outlives the supervisor.
        with suppress(ProcessLookupError):
            os.killpg(self.make.pid, signal.SIGKILL)
        self.make.wait()
        for reader, stream in zip(self._readers, (self.make.stdout, self.make.stderr), strict=True):
            reader.join(timeout=STOP_S)
            if stream is not None and not reader.is_alive():
                stream.close()

    def until_ready(self) -> Self:
        """Wait for the line that says so."""
        came = eventually(lambda: self.ready_line in self.out or self.make.poll() is not None, seconds=READY_S)
        assert came, f"not ready: {self.out} {self.err}"
        assert self.make.poll() is None, f"ended: {self.out} {self.err}"
        return self

    def until_ended(self) -> int:
        """Wait for make and return its exit code, minus the signal that ended it; all it said is then read."""
        code = self.make.wait(STOP_S)
        for reader in self._readers:
            reader.join(timeout=STOP_S)
        return code

    @property
    def ready_line(self) -> str:
        """Return the promised line."""
        return f"ready http://127.0.0.1:{self.port}"

    @property
    def supervisor(self) -> int:
        """Return the pid of make's only child."""
        (pid,) = children(self.make.pid)
        return pid

    def pid_names(self) -> set[str]:
        """Return the names of all pid files."""
        return {file.stem for file in (self.data_dir / "run").glob("*.pid")}

    def pid(self, name: str) -> int:
        """Return what the pid file of ``name`` says."""
        return int((self.data_dir / "run" / f"{name}.pid").read_text())

    def environment_of(self, name: str) -> dict[str, str]:
        """Return the environment that the process was started with."""
        text = Path(f"/proc/{self.pid(name)}/environ").read_text()
        return dict(line.split("=", 1) for line in text.split("\0") if "=" in line)

    def reports(self, text: str) -> bool:
        """Tell whether a line with ``text`` was written to standard error."""
        return any(text in line for line in self.err)


@contextmanager
def nothing_left_of(run: MakeRun) -> Iterator[None]:
    """Check that what runs below ``run`` at the beginning of the block is gone soon after it."""
    before = {pid: _started(pid) for pid in [run.make.pid, *descendants(run.make.pid)]}
    assert len(before) > len(run.pid_names())
    yield
    gone = eventually(lambda: all(_started(pid) != began for pid, began in before.items() if pid != run.make.pid))
    assert gone, [pid for pid, began in before.items() if _started(pid) == began]


def _started(pid: int) -> str | None:
    """Return when the process began, ``None`` when there is none: a pid alone may have been given away again."""
    facts = _facts(Path(f"/proc/{pid}"))
    return None if facts is None or facts[0] == "Z" else facts[19]


def _facts(entry: Path) -> list[str] | None:
    """Return what the kernel says about a process, from its state on."""
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _collect(stream: IO[str] | None, lines: list[str]) -> threading.Thread:
    assert stream is not None
    reader = threading.Thread(target=lambda: lines.extend(line.rstrip("\n") for line in stream), daemon=True)
    reader.start()
    return reader
