"""A forked program is like one that was started: what it says, how it ends, what it has open and whom it outlives."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from deploy.dev.local.parts import ROOT
from deploy.dev.local.ports import HOST
from tests.stack.command import command
from tests.stack.fork_server import FORK_SERVER, Forked
from tests.stack.part import descendants
from tests.stack.server import Server
from tests.waiting import eventually

ENVIRONMENT = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}
STARTER = """
import sys
from pathlib import Path
from tests.stack.fork_server import FORK_SERVER, Forked
from tests.stack.server import Server
with FORK_SERVER.running():
    server = Server(Path(sys.argv[1]), "deploy.dev.bench.sources", "1").start()
    print(isinstance(server.process, Forked), server.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def sources(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, "deploy.dev.bench.sources", "1")
    server.program = replace(server.program, env=ENVIRONMENT)  # not what the person who runs the tests has set
    yield server
    server.close()


def opened(server: Server) -> list[str]:
    """Return the kinds and files that a server has open, once the connections that probed it for readiness are closed.

    Connections are accepted in order, so those were accepted before the one that is answered here.
    """
    with closing(HTTPConnection(HOST, server.port)) as connection:
        connection.request("GET", "/", headers={"Connection": "close"})
        connection.getresponse().read()
    process, kinds = psutil.Process(server.pid), []
    assert eventually(lambda: {psutil.CONN_LISTEN} == {each.status for each in process.net_connections("tcp")})
    for entry in Path(f"/proc/{server.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            kinds.append(str(entry.readlink()).partition(":[")[0])
    return sorted(kinds)


@pytest.mark.parametrize(
    ("words", "env"),
    [
        (("gateway",), {}),
        (("renderer", "chekc"), {"NONE": "1"}),
        (("renderer.cli", "--help"), {"COLUMNS": "60"}),
        (("renderer.cli", "prewarm"), {}),
        (("gateway.cli", "nothing"), {}),
        (("shared.stores.migrate",), {"DATABASE_URL": "nonsense"}),
    ],
    ids=str,
)
async def test_a_fork_says_what_a_start_says(words: tuple[str, ...], env: Mapping[str, str], tmp_path: Path) -> None:
    forked = await command(*words, env=env, cwd=tmp_path)
    with FORK_SERVER.paused():
        started = await command(*words, env={**env, "PYTHONPATH": str(ROOT)}, cwd=tmp_path)

    assert started == forked
    assert any(forked[1:])


def test_a_fork_has_open_what_a_start_has_open_in_a_session_of_its_own(sources: Server) -> None:
    forked = sources.start()
    is_forked, of_the_fork, session = isinstance(forked.process, Forked), opened(forked), os.getsid(forked.pid)
    pid = forked.pid
    sources.close()
    with FORK_SERVER.paused():
        sources.start()

    assert is_forked
    assert not isinstance(sources.process, Forked)
    assert opened(sources) == of_the_fork
    assert pid == session


def test_a_fork_ends_with_the_code_or_the_signal_that_ended_it(sources: Server) -> None:
    asked = sources.start().stop()
    sources.start().kill()

    assert (0, -signal.SIGKILL) == (asked, sources.process.returncode)
    assert not sources.is_running


def test_waiting_for_a_fork_has_an_end(sources: Server) -> None:
    sources.start()

    with pytest.raises(subprocess.TimeoutExpired):
        sources.process.wait(0.01)

    assert sources.is_running


@pytest.mark.parametrize(("name", "value"), [("PYTHONPROFILEIMPORTTIME", "1"), ("SSL_CERT_FILE", "/nowhere")])
def test_a_program_that_is_told_what_only_a_start_reads_is_started(sources: Server, name: str, value: str) -> None:
    sources.program = replace(sources.program, env={**sources.program.env, name: value})

    assert not isinstance(sources.start().process, Forked)


def test_a_fork_does_not_outlive_the_process_that_asked_for_it(tmp_path: Path) -> None:
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", STARTER, str(tmp_path)]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        is_forked, pid = starter.stdout.readline().split()
        below = list(descendants(starter.pid))
        starter.kill()

        assert eventually(lambda: not any(Path(f"/proc/{each}/cwd").exists() for each in below))

    assert "True" == is_forked
    assert int(pid) in below
