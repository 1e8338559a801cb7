import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.dev.local import setup as subject
from deploy.image import commands, pixels
from deploy.image.commands import CommandFailed, run
from tests.deploy.dev.local.living import is_alive
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[4]


def test_a_command_returns_what_it_wrote_on_both_streams() -> None:
    assert "out\nerr\n" == run(["sh", "-c", "echo out; echo err >&2"], seconds=60)


def test_a_command_that_fails_is_named_with_its_last_words() -> None:
    with pytest.raises(CommandFailed, match=r"(?s)sh -c.*ended with 3.*no disk"):
        run(["sh", "-c", "echo no disk; exit 3"], seconds=60)


def test_a_command_that_is_missing_is_named() -> None:
    with pytest.raises(CommandFailed, match="/nowhere/program: No such file"):
        run(["/nowhere/program"], seconds=60)


async def test_a_command_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"

    with pytest.raises(CommandFailed, match=r"took longer than 2\.5 s"):
        run(["sh", "-c", f"sleep 600 & echo $! > {pid_file}; wait"], seconds=2.5)

    pid = int(pid_file.read_text())
    await until(lambda: not is_alive(pid))


def test_a_stamp_survives_the_round_trip_and_a_damaged_one_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "VENV", tmp_path)
    stamp = subject.Stamp(run="a", pixels="b", unfinished="packages")

    stamp.write()
    kept = subject.Stamp.read()
    (tmp_path / "marquee-setup.json").write_text('{"run": ')

    assert stamp == kept
    assert subject.Stamp() == subject.Stamp.read()


def test_a_stamp_of_the_tests_satisfies_a_run_until_the_lock_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks = tmp_path / "locks"
    shutil.copytree(ROOT / "deploy" / "locks", locks)
    monkeypatch.setattr(subject, "LOCKS", locks)
    digests = {name: subject._digest(f"{name}.lock") for name in ("run", "test")}
    stamp = subject.Stamp(**digests, pixels=subject._pixels_digest())

    before = [stamp.satisfies(mode) for mode in ("run", "test")]
    with (locks / "test.lock").open("a") as lock:
        lock.write("\n")
    after = [stamp.satisfies(mode) for mode in ("run", "test")]

    assert [True, True] == before
    assert [True, False] == after


def test_an_unfinished_set_up_satisfies_nothing() -> None:
    digests = {name: subject._digest(f"{name}.lock") for name in ("run", "test")}
    stamp = subject.Stamp(**digests, pixels=subject._pixels_digest(), unfinished="pixels")

    assert not stamp.satisfies("run")


def test_an_unknown_mode_is_refused_with_the_usage() -> None:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, ROOT / "deploy" / "dev" / "local" / "setup.py", "walk"],
        check=False,
        capture_output=True,
        text=True,
    )

    assert (2, "usage: setup.py run|test\n") == (done.returncode, done.stderr)


def test_the_processor_decides_before_anything_is_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pixels, "has_avx2", lambda: False)

    with pytest.raises(pixels.NoSimd, match=r"^no AVX2$"):
        pixels.find_compiler(tmp_path / "python")


def test_a_missing_header_is_installed_when_we_may_and_named_when_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed = tmp_path / "installed"
    on_path(monkeypatch, tmp_path, cc=f'grep -q lcms2.h "$5" && test ! -e {installed} && exit 1; exit 0')
    monkeypatch.setattr(pixels, "can_install_packages", lambda: False)

    with pytest.raises(pixels.NoSimd, match=r"^no liblcms2-dev$"):
        pixels._compiler(Path("/usr/include"))

    monkeypatch.setattr(pixels, "can_install_packages", lambda: True)
    on_path(monkeypatch, tmp_path, **{"apt-get": f'case "$*" in *install*liblcms2-dev) touch {installed};; esac'})

    assert "cc" == pixels._compiler(Path("/usr/include"))


def test_a_missing_compiler_is_the_reason_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pixels, "can_install_packages", lambda: False)

    with pytest.raises(pixels.NoSimd, match=r"^no compiler$"):
        pixels._compiler(Path("/usr/include"))


def test_packages_are_installed_without_a_question(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = tmp_path / "told"
    on_path(monkeypatch, tmp_path, **{"apt-get": f'echo "$DEBIAN_FRONTEND $*" >> {told}'})

    assert commands.install_packages("zlib1g-dev")
    assert ["update", "install"] == [
        next(w for w in line.split() if w in {"update", "install"}) for line in lines(told)
    ]
    assert all(line.startswith("noninteractive ") for line in lines(told))
    assert lines(told)[1].endswith(" zlib1g-dev")


async def test_an_interrupt_ends_the_programs_of_every_thread_and_starts_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(commands, "_programs", commands._Programs())
    started = tmp_path / "started"
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(run, ["sh", "-c", f"touch {started}; sleep 600"], seconds=60)
        await until(started.exists)

        commands.end_all()

        with pytest.raises(CommandFailed, match="ended with -9"):
            waiting.result(timeout=60)
    with pytest.raises(CommandFailed, match="not started after an interrupt"):
        run(["true"], seconds=60)


def test_an_interrupted_set_up_ends_what_runs_aside_and_leaves_no_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(commands, "_programs", commands._Programs())
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def interrupted() -> None:
        with subject._aside() as aside:
            aside.pool.submit(run, ["sleep", "600"], seconds=60)
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert [] == list(tmp_path.iterdir())
    assert time.monotonic() - began < 120


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines()


def on_path(monkeypatch: pytest.MonkeyPatch, folder: Path, **programs: str) -> None:
    """Put shell programs before all others on PATH."""
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
