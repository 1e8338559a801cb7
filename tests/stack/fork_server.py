"""Starts programs of the project as forks of a process that has imported them, for 0.1 s of CPU in place of 0.6.

A fork is otherwise like a start: it has its own session, environment, folder and streams, the default signals, and no
other descriptor; it ends with its parent, and runs the module as ``python -m`` does. A test that measures a start, its
imports or its memory needs a real one: see `ForkServer.paused`.
"""

import gc
import importlib
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from deploy.dev.local.parts import ROOT
from deploy.dev.local.processes import Program, ends_with

_PROGRAMS: Final = (
    "gateway.__main__", "renderer.__main__", "gateway.cli.__main__", "renderer.cli.__main__",
    "shared.stores.migrate", "deploy.dev.bench.sources",
)  # fmt: skip
_IMPORTED_LATE: Final = ("encodings.idna", "jinja2", "langcodes.data_dicts", "shared.stores.check_command")
_READ_AT_START: Final = ("PYTHON", "LD_", "MALLOC_", "GLIBC_", "SSL_")
"""How variables begin that are read while a process starts or imports, and therefore not by a fork."""
_AS_STARTED: Final = {"PYTHONPATH": str(ROOT), "SSL_CERT_FILE": os.devnull}
"""What the fork server, too, was started with: a fork may be told the same."""
_MESSAGE_BYTES: Final = 1 << 17


class Forked:
    """A forked program: the part of ``subprocess.Popen`` that tests use."""

    def __init__(self, report: Connection) -> None:
        self._report = report
        self._lock = threading.Lock()
        self.returncode: int | None = None
        self.pid: int = report.recv()

    def poll(self) -> int | None:
        """Return the exit code, ``None`` while it runs."""
        with self._lock:
            if self.returncode is None and self._report.poll():
                try:
                    self.returncode = self._report.recv()
                except EOFError:  # the fork server is gone, and takes its forks with it
                    self.returncode = -signal.SIGKILL
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once it has ended. Raises ``subprocess.TimeoutExpired``."""
        if self.returncode is None:
            self._report.poll(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it by force."""
        self.send_signal(signal.SIGKILL)


class _Request(msgspec.Struct):
    module: str
    arguments: tuple[str, ...]
    cwd: str
    env: dict[str, str]
    orphan_signal: int


class ForkServer:
    """The process that forks, one for each process of pytest. It starts with the first program that it is to fork.

    Off until it is told to run, so that ``make bench`` and ``make chaos`` measure real starts. Safe to use from
    several threads.
    """

    def __init__(self) -> None:
        self._is_on = False
        self._lock = threading.Lock()
        self._server: tuple[socket.socket, subprocess.Popen[bytes]] | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Fork what can be forked, in this block."""
        self._is_on = True
        try:
            yield
        finally:
            self._is_on = False
            if self._server is not None:
                control, process = self._server
                control.close()
                process.wait()
                self._server = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Fork nothing in this block: every program starts as an operator starts it."""
        was_on, self._is_on = self._is_on, False
        try:
            yield
        finally:
            self._is_on = was_on

    def fork(self, program: Program, streams: tuple[int, int, int]) -> Forked | None:
        """Start a program with these as its standard streams; return ``None`` if that needs a real start."""
        if not self._is_on or not _can_be_forked(program):
            return None
        _, _, module, *arguments = program.command
        request = _Request(module, tuple(arguments), str(program.cwd), dict(program.env), int(program.orphan_signal))
        ours, theirs = Pipe(duplex=False)
        with theirs, self._lock:
            if self._server is None:
                self._server = _start()
            socket.send_fds(self._server[0], [msgspec.json.encode(request)], [*streams, theirs.fileno()])
        return Forked(ours)


FORK_SERVER: Final = ForkServer()


def _can_be_forked(program: Program) -> bool:
    command = program.command
    return (
        command[:2] == (sys.executable, "-m")
        and not {command[2], f"{command[2]}.__main__"}.isdisjoint(_PROGRAMS)
        and program.user is None
        and not any(
            name.startswith(_READ_AT_START) and _AS_STARTED.get(name) != value for name, value in program.env.items()
        )
    )


def _start() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            cwd=ROOT,
            # A second thread, which numpy would start, would not be in the forks.
            env={"PATH": os.environ.get("PATH", os.defpath), "OPENBLAS_NUM_THREADS": "1", **_AS_STARTED},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    return ours, process


class _Child(NamedTuple):
    pid: int
    report: Connection


def main() -> None:
    """Serve until the other end of the socket is closed, whose descriptor is the argument; as a fork, run a program."""
    with socket.socket(fileno=int(sys.argv[1])) as control:
        for name in (*_PROGRAMS, *_IMPORTED_LATE):
            importlib.import_module(name)
        for name in _PROGRAMS:
            del sys.modules[name]  # each is about to run, or never needed
        assert len(list(Path("/proc/self/task").iterdir())) == 1, "a thread would not be in the forks"
        gc.collect()
        gc.freeze()
        request = _serve(control)
    if request is not None:
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # what the fork server has open beside the standard streams
        sys.argv[1:] = request.arguments
        runpy.run_module(request.module, run_name="__main__", alter_sys=True)


def _serve(control: socket.socket) -> _Request | None:
    """Return in each fork, with what it is to run, and in the fork server with ``None`` in the end."""
    server, open_ends = os.getpid(), selectors.PollSelector()
    open_ends.register(control, selectors.EVENT_READ)
    while True:
        for key, _ in open_ends.select():
            if key.data is not None:
                open_ends.unregister(key.fileobj)
                _reap(key.fd, key.data)
                continue
            message, fds, _, _ = socket.recv_fds(control, _MESSAGE_BYTES, 4)
            if not message:
                return None
            request, report = msgspec.json.decode(message, type=_Request), Connection(fds.pop(), readable=False)
            if (pid := os.fork()) == 0:
                for other in open_ends.get_map().values():
                    if other.data is not None:
                        other.data.report.close()
                _become(request, server, fds, report)
                return request
            for fd in fds:
                os.close(fd)
            open_ends.register(os.pidfd_open(pid), selectors.EVENT_READ, _Child(pid, report))


def _become(request: _Request, server: int, streams: list[int], report: Connection) -> None:
    """Take on what a process is started with, and report that it has begun."""
    os.setsid()
    ends_with(server, signal.Signals(request.orphan_signal))
    for number, fd in enumerate(streams):
        os.dup2(fd, number)
    os.chdir(request.cwd)
    os.environ.clear()
    os.environ.update(request.env)
    with report:
        report.send(os.getpid())


def _reap(pidfd: int, child: _Child) -> None:
    os.close(pidfd)
    _, status = os.waitpid(child.pid, 0)
    with child.report, suppress(OSError):  # the process that asked for it may be gone
        child.report.send(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
