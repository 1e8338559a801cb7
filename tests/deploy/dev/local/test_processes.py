import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from deploy.dev.local.processes import Keeper, Program, StartFailed, run_once
from tests.deploy.dev.local.living import is_alive
from tests.waiting import until

FOREVER = "import signal, time; print('up', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
WITH_HELPER = (
    "import subprocess, time; helper = subprocess.Popen(['sleep', '600']); "
    "print(helper.pid, flush=True); time.sleep(600)"
)

MakeKeeper = Callable[..., Keeper]


@pytest.fixture
async def make_keeper(tmp_path: Path) -> AsyncIterator[MakeKeeper]:
    """Make keepers of small Python programs that are ready once they have written a line, and stop them."""
    made: list[Keeper] = []

    def make(code: str, *, tries: int = 1, stop_s: float = 5.0) -> Keeper:
        log = tmp_path / "program.log"

        async def has_spoken() -> bool:
            return log.exists() and log.read_bytes().endswith(b"\n")

        program = Program(
            name="program",
            command=(sys.executable, "-c", code),
            cwd=tmp_path,
            env={},
            is_ready=has_spoken,
            tries=tries,
            log=log,
            stop_s=stop_s,
        )
        made.append(Keeper(program, tmp_path / "program.pid"))
        return made[-1]

    yield make
    for keeper in made:
        await keeper.stop()


async def test_a_started_program_has_its_pid_in_the_file(make_keeper: MakeKeeper, tmp_path: Path) -> None:
    await make_keeper(FOREVER).start()

    assert is_alive(pid_in(tmp_path))


async def test_a_killed_program_is_started_again(make_keeper: MakeKeeper, tmp_path: Path) -> None:
    await make_keeper(FOREVER).start()
    first = pid_in(tmp_path)

    os.kill(first, signal.SIGKILL)

    await until(lambda: pid_in(tmp_path) != first)
    assert is_alive(pid_in(tmp_path))


async def test_a_killed_program_takes_its_helpers_with_it(make_keeper: MakeKeeper, tmp_path: Path) -> None:
    await make_keeper(WITH_HELPER).start()
    helper = int((tmp_path / "program.log").read_text())

    os.kill(pid_in(tmp_path), signal.SIGKILL)

    await until(lambda: not is_alive(helper))


async def test_a_stopped_program_is_gone_and_so_is_its_pid_file(make_keeper: MakeKeeper, tmp_path: Path) -> None:
    keeper = make_keeper(FOREVER)
    await keeper.start()
    pid = pid_in(tmp_path)

    await keeper.stop()

    assert not is_alive(pid)
    assert not (tmp_path / "program.pid").exists()


async def test_a_program_that_does_not_stop_is_killed_after_its_time(
    make_keeper: MakeKeeper, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    keeper = make_keeper(STUBBORN, stop_s=0.1)
    await keeper.start()
    pid = pid_in(tmp_path)

    await keeper.stop()

    assert not is_alive(pid)
    assert "program did not stop within 0 s; killed\n" == capfd.readouterr().err


async def test_a_program_that_ends_before_it_is_ready_fails_the_start_with_its_last_words(
    make_keeper: MakeKeeper,
) -> None:
    keeper = make_keeper("import sys; sys.stderr.write('no such setting'); sys.exit(1)")  # no line, so never ready

    with pytest.raises(StartFailed, match=r"(?s)program ended \(exit code 1\) before it was ready.*no such setting"):
        await keeper.start()


async def test_a_program_with_several_tries_may_end_before_it_is_ready(make_keeper: MakeKeeper, tmp_path: Path) -> None:
    once = tmp_path / "once"
    keeper = make_keeper(
        f"import pathlib, sys, time\nonce = pathlib.Path({str(once)!r})\n"
        "if not once.exists():\n    once.touch(); sys.exit(1)\nprint('up', flush=True); time.sleep(600)",
        tries=2,
    )

    await keeper.start()

    assert is_alive(pid_in(tmp_path))


async def test_a_program_that_cannot_be_started_fails_the_start(tmp_path: Path) -> None:
    program = Program(name="program", command=("/nowhere/program",), cwd=tmp_path, env={})
    keeper = Keeper(program, tmp_path / "program.pid")

    with pytest.raises(StartFailed, match="No such file"):
        await keeper.start()


async def test_a_step_that_fails_says_its_exit_code(tmp_path: Path) -> None:
    program = Program(name="step", command=(sys.executable, "-c", "raise SystemExit(3)"), cwd=tmp_path, env={})

    with pytest.raises(StartFailed, match="step failed with exit code 3"):
        await run_once(program)


async def test_a_step_that_is_cancelled_leaves_nothing_running(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = f"import os, pathlib, time; pathlib.Path({str(mark)!r}).write_text(str(os.getpid()) + '.'); time.sleep(600)"
    program = Program(name="step", command=(sys.executable, "-c", code), cwd=tmp_path, env={})
    step = asyncio.create_task(run_once(program))
    await until(lambda: mark.exists() and mark.read_text().endswith("."))

    step.cancel()
    await asyncio.gather(step, return_exceptions=True)

    assert not is_alive(int(mark.read_text()[:-1]))


def pid_in(folder: Path) -> int:
    return int((folder / "program.pid").read_text())
