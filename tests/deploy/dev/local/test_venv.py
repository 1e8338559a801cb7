"""How `.venv` is made, and what installs into it, on machines that lack one thing or another."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from deploy.dev.local import venv as subject
from deploy.image.commands import CommandFailed
from deploy.image.installers import Pip, Uv

LOCKS = Path(__file__).resolve().parents[4] / "deploy" / "locks"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venv without pip."""
    venv = tmp_path_factory.mktemp("bare") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True, timeout=180)  # noqa: S603
    return venv


@pytest.fixture
def venv(bare: Path) -> Iterator[Path]:
    yield bare
    (bare / "bin" / "uv").unlink(missing_ok=True)


def put_uv(venv: Path, version: str | None = None) -> None:
    """Put a program that says what uv of this version says, by default the locked one."""
    version = version or (LOCKS / "installer.lock").read_text().split(maxsplit=1)[0].partition("==")[2]
    (venv / "bin" / "uv").write_text(f"#!/bin/sh\necho uv {version}\n")
    (venv / "bin" / "uv").chmod(0o755)


def test_a_venv_with_the_locked_uv_is_filled_by_it(venv: Path) -> None:
    put_uv(venv)

    installer = subject.installer(venv, LOCKS)

    assert isinstance(installer, Uv)
    assert (venv / "bin" / "python", venv / "bin" / "uv") == (installer.python, installer.program)


@pytest.mark.parametrize("version", ["0.1.0", "\nexit 1"])
def test_another_uv_or_one_that_does_not_run_is_replaced(
    venv: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    put_uv(venv, version)
    monkeypatch.setattr(subject, "_has_pip", lambda _: True)
    monkeypatch.setattr(subject, "pip", lambda *_, **__: put_uv(venv))

    assert isinstance(subject.installer(venv, LOCKS), Uv)


def test_pip_installs_where_uv_cannot_be_had_and_the_reason_is_told(
    venv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def offline(*_: object, **__: object) -> str:
        raise CommandFailed("pip: ended with 1\nERROR: no matching distribution\n  more")

    monkeypatch.setattr(subject, "_has_pip", lambda _: True)
    monkeypatch.setattr(subject, "pip", offline)

    installer = subject.installer(venv, LOCKS)

    assert Pip(venv / "bin" / "python") == installer
    assert capsys.readouterr().out.endswith("so pip does everything, more slowly: ERROR: no matching distribution\n")


def test_pip_installs_where_uv_does_not_run(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "_has_pip", lambda _: True)
    monkeypatch.setattr(subject, "pip", lambda *_, **__: put_uv(venv, "\nexit 126"))

    assert isinstance(subject.installer(venv, LOCKS), Pip)


def test_the_pip_of_the_system_brings_uv_into_a_venv_without_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "venv"
    target.symlink_to(tmp_path / "elsewhere")
    calls: list[tuple[object, ...]] = []

    def pip(*arguments: object, **_: object) -> str:
        calls.append(arguments)
        put_uv(target)
        return ""

    monkeypatch.setattr(subject, "_has_pip", lambda _: True)
    monkeypatch.setattr(subject, "pip", pip)

    installer = subject.make(target, LOCKS)

    assert isinstance(installer, Uv)
    assert [(Path(sys.executable), "--python", target / "bin" / "python", "install")] == [call[:4] for call in calls]
    assert not (target / "bin" / "pip").exists()


@pytest.mark.parametrize(
    ("programs", "expected"),
    [({"uv": "/bin/uv", "virtualenv": "/bin/virtualenv"}, "/bin/uv"), ({"virtualenv": "/bin/v"}, "/bin/v")],
)
def test_a_python_without_ensurepip_takes_another_maker_of_venvs(
    monkeypatch: pytest.MonkeyPatch, programs: dict[str, str], expected: str
) -> None:
    without_ensurepip(monkeypatch)
    monkeypatch.setattr(shutil, "which", programs.get)

    assert expected == subject.command(Path("venv"))[0]


def test_a_python_that_cannot_make_a_venv_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    without_ensurepip(monkeypatch)
    monkeypatch.setattr(shutil, "which", {}.get)

    with pytest.raises(subject.NoVenv, match="install the package python3-venv"):
        subject.command(Path("venv"))


def test_an_older_python_is_refused_before_anything_is_removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))

    with pytest.raises(subject.NoVenv, match=r"Python 3\.11 or newer"):
        subject.make(tmp_path, LOCKS)

    assert tmp_path.exists()


def without_ensurepip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this Python look like Debian's without python3-venv, on a machine where nothing may be installed."""
    find = importlib.util.find_spec

    def find_spec(name: str) -> ModuleSpec | None:
        return None if name == "ensurepip" else find(name)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    monkeypatch.setattr(subject, "can_install_packages", lambda: False)
