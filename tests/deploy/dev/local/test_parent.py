import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.dev.local.parent import Parent, is_interrupted

ROOT = Path(__file__).resolve().parents[4]
WATCH = """
import time
from deploy.dev.local.parent import POLL_S, Parent
parent = Parent.current()
print("watching", parent.is_make, flush=True)
while not parent.wants_us_to_stop():
    time.sleep(POLL_S)
print("told", flush=True)
"""


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("SigIgn:\t0000000000000000\nSigCgt:\t0000000000000002\n", False),
        ("SigIgn:\t0000000000000002\nSigCgt:\t0000000000010000\n", False),
        ("SigIgn:\t0000000000000000\nSigCgt:\t0000000000010000\n", True),
        ("Name:\tmake\n", False),
    ],
)
def test_a_make_is_interrupted_when_it_neither_catches_nor_ignores_the_interrupt(
    status: str, *, expected: bool
) -> None:
    assert expected == is_interrupted(status)


def test_a_parent_that_is_no_make_is_not_watched() -> None:
    assert not Parent(pid=1, is_make=False).wants_us_to_stop()


def test_a_make_that_is_gone_wants_us_to_stop() -> None:
    assert Parent(pid=os.getppid() + 1, is_make=True).wants_us_to_stop()


def test_an_interrupt_sent_to_make_alone_reaches_its_child(tmp_path: Path) -> None:
    (tmp_path / "watch.py").write_text(WATCH)
    (tmp_path / "Makefile").write_text(f"watch:\n\t@{sys.executable} {tmp_path}/watch.py\n")
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}

    with subprocess.Popen(  # noqa: S603 - our own Makefile
        # What starts the tests may ignore the interrupt, as a shell's background job does; make must not inherit that.
        ["env", "--default-signal=INT", "make", "-C", tmp_path, "watch"],  # noqa: S607 - wherever they are
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as make:
        assert make.stdout is not None
        watching = next(line for line in make.stdout if line.startswith("watching"))
        make.send_signal(signal.SIGINT)
        rest = make.stdout.read()

    assert "watching True\n" == watching
    assert "told\n" in rest
