import importlib.util
import shutil
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from deploy.dev.local import setup as subject
from deploy.image import commands, pixels
from deploy.image.commands import CommandFailed, run
from tests.deploy.dev.local.living import is_alive
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[4]


def test_a_command_returns_what_it_wrote_on_both_streams() -> None:
    assert "out\nerr\n" == run(["sh", "-c", "echo out; echo err >&2"], seconds=10)


def test_a_command_that_fails_is_named_with_its_last_words() -> None:
    with pytest.raises(CommandFailed, match=r"(?s)sh -c.*ended with 3.*no disk"):
        run(["sh", "-c", "echo no disk; exit 3"], seconds=10)


def test_a_command_that_is_missing_is_named() -> None:
    with pytest.raises(CommandFailed, match="/nowhere/program: No such file"):
        run(["/nowhere/program"], seconds=10)


async def test_a_command_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"

    with pytest.raises(CommandFailed, match=r"took longer than 0\.5 s"):
        run(["sh", "-c", f"sleep 600 & echo $! > {pid_file}; wait"], seconds=0.5)

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


@pytest.mark.parametrize(
    ("programs", "expected"),
    [({"uv": "/bin/uv", "virtualenv": "/bin/virtualenv"}, "/bin/uv"), ({"virtualenv": "/bin/v"}, "/bin/v")],
)
def test_a_python_without_ensurepip_takes_another_maker_of_venvs(
    monkeypatch: pytest.MonkeyPatch, programs: dict[str, str], expected: str
) -> None:
    without_ensurepip(monkeypatch)
    monkeypatch.setattr(shutil, "which", programs.get)

    assert expected == subject._venv_command()[0]


def test_a_python_that_cannot_make_a_venv_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    without_ensurepip(monkeypatch)
    monkeypatch.setattr(shutil, "which", {}.get)

    with pytest.raises(subject.SetupFailed, match="install the package python3-venv"):
        subject._venv_command()


def test_an_older_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))

    with pytest.raises(subject.SetupFailed, match=r"Python 3\.11 or newer"):
        subject._venv_command()


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
        pixels._install_simd(tmp_path / "python", tmp_path / "lock")


def test_a_missing_header_is_installed_when_we_may_and_named_when_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed = tmp_path / "installed"
    on_path(monkeypatch, tmp_path, cc=f'grep -q lcms2.h "$5" && test ! -e {installed} && exit 1; exit 0')
    monkeypatch.setattr(pixels, "can_install_packages", lambda: False)

    with pytest.raises(pixels.NoSimd, match=r"^no liblcms2-dev$"):
        pixels._compiler("/usr/include")

    monkeypatch.setattr(pixels, "can_install_packages", lambda: True)
    on_path(monkeypatch, tmp_path, **{"apt-get": f'case "$*" in *install*liblcms2-dev) touch {installed};; esac'})

    assert "cc" == pixels._compiler("/usr/include")


def test_a_missing_compiler_is_the_reason_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pixels, "can_install_packages", lambda: False)

    with pytest.raises(pixels.NoSimd, match=r"^no compiler$"):
        pixels._compiler("/usr/include")


def test_packages_are_installed_without_a_question(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = tmp_path / "told"
    on_path(monkeypatch, tmp_path, **{"apt-get": f'echo "$DEBIAN_FRONTEND $*" >> {told}'})

    assert commands.install_packages("zlib1g-dev")
    assert ["update", "install"] == [
        next(w for w in line.split() if w in {"update", "install"}) for line in lines(told)
    ]
    assert all(line.startswith("noninteractive ") for line in lines(told))
    assert lines(told)[1].endswith(" zlib1g-dev")


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines()


def on_path(monkeypatch: pytest.MonkeyPatch, folder: Path, **programs: str) -> None:
    """Put shell programs before all others on PATH."""
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def without_ensurepip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this Python look like Debian's without python3-venv, on a machine where nothing may be installed."""
    find = importlib.util.find_spec

    def find_spec(name: str) -> ModuleSpec | None:
        return None if name == "ensurepip" else find(name)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    monkeypatch.setattr(subject, "can_install_packages", lambda: False)
