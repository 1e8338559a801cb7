"""A flame graph names the functions that a process runs, and a process that cannot be looked at is reported."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.dev.bench.profile import record
from deploy.image.commands import CommandFailed

FORBIDDEN = ("Permission denied", "Operation not permitted")


@pytest.fixture
def busy() -> Iterator[subprocess.Popen[bytes]]:
    code = "import sys\ndef never_resting():\n    while True: sum(range(1000))\nprint(flush=True)\nnever_resting()"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)  # noqa: S603 - our own interpreter
    assert process.stdout
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def test_the_flame_graph_names_the_function_that_runs(busy: subprocess.Popen[bytes], tmp_path: Path) -> None:
    file = tmp_path / "profile.svg"

    try:
        record(busy.pid, file, 1)
    except CommandFailed as reason:
        if any(word in str(reason) for word in FORBIDDEN):
            pytest.skip(f"this user may not look at other processes: {reason}")
        raise

    text = file.read_text()
    assert "<svg" in text
    assert "never_resting" in text


def test_a_process_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="py-spy"):
        record(1 << 22, tmp_path / "profile.svg", 1)  # the kernel's highest pid and one
