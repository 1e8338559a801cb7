"""A process that is held to a part of a core gets no more of it, and all of it again afterwards."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from deploy.dev.bench.harness import cpu_s
from deploy.dev.bench.quota import NoQuota, quota

BUSY_S = 0.6


@pytest.fixture
def busy() -> Iterator[int]:
    """Run two threads that never rest."""
    code = "import hashlib, threading\nwork = lambda: [hashlib.sha256(bytes(1 << 20)) for _ in iter(int, 1)]\n"
    code += "threading.Thread(target=work, daemon=True).start(); work()"
    process = subprocess.Popen([sys.executable, "-c", code])  # noqa: S603 - our own interpreter
    yield process.pid
    process.kill()
    process.wait()


def used_until(pid: int, seconds: float) -> float:
    """Return how long it took until a process had used so many seconds of processor time."""
    began, before = time.monotonic(), cpu_s(pid)
    while cpu_s(pid) - before < seconds:
        assert time.monotonic() - began < 60
    return time.monotonic() - began


def test_a_process_gets_its_part_of_a_core_and_no_more(busy: int) -> None:
    try:
        with quota([busy], 0.25):
            took_s = used_until(busy, BUSY_S)
    except NoQuota as reason:
        pytest.skip(str(reason))

    assert took_s > 0.8 * BUSY_S / 0.25


def test_where_no_group_can_be_made_it_says_so(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.dev.bench.quota._FIRST_VERSION", tmp_path)
    monkeypatch.setattr("os.getpid", lambda: "no/such")

    with pytest.raises(NoQuota, match="no control group can be created"), quota([1], 0.5):
        pass
