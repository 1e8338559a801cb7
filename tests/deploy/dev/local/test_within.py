"""A command runs in the environment of the stack that runs here, if that is the whole of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.dev.local.environment import write_run_env
from deploy.dev.local.within import environment

STACK = {"DATABASE_URL": "postgresql://postgres@127.0.0.1:1/marquee", "REDIS_URL": "redis://127.0.0.1:2/0"}
ROOT = Path(__file__).resolve().parents[4]


def test_the_stack_replaces_what_it_names(tmp_path: Path) -> None:
    write_run_env(tmp_path / "run.env", STACK)

    found = environment(tmp_path / "run.env", "REDIS_URL", {"REDIS_URL": "redis://elsewhere/0", "HOME": "/home"})

    assert {**STACK, "HOME": "/home"} == found


def test_a_stack_with_a_store_from_outside_replaces_nothing(tmp_path: Path) -> None:
    write_run_env(tmp_path / "run.env", STACK)
    own = {"S3_BUCKET": "mine", "DATABASE_URL": "postgresql://elsewhere/mine"}

    assert own == environment(tmp_path / "run.env", "S3_BUCKET", own)


def test_without_a_stack_the_environment_must_say_it_all(tmp_path: Path) -> None:
    own = {"REDIS_URL": "redis://elsewhere/0"}

    assert own == environment(tmp_path / "run.env", "REDIS_URL", own)
    with pytest.raises(ValueError, match="start `make run` first"):
        environment(tmp_path / "run.env", "REDIS_URL", {})


def test_it_becomes_the_module_and_ends_as_it_does(tmp_path: Path) -> None:
    write_run_env(tmp_path / "run.env", STACK)
    words = [sys.executable, "-m", "deploy.dev.local.within", str(tmp_path / "run.env"), "REDIS_URL", "renderer.cli"]

    ended = subprocess.run([*words, "prewarm"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603

    assert (2, True) == (ended.returncode, "say what to draw" in ended.stderr)
