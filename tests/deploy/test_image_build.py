"""`make images` takes the engine that works here, and gives it what the images need."""

import subprocess
from pathlib import Path

import pytest

from deploy.dev.local.parts import ROOT

ENGINES = ("docker", "podman", "buildah")
BUILD_S = 180.0


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """The folder of the engines: docker's service is not there, the others work; each prints its arguments."""
    for name in ENGINES:
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $*"\n[ "$1" != info ]\n')
        (tmp_path / name).chmod(0o755)
    return tmp_path


def make_images(programs: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run it with these engines, and variables and arguments for make."""
    command = ["make", "--no-print-directory", "images", *words]
    env = {"PATH": f"{programs}:/usr/bin:/bin"}
    return subprocess.run(  # noqa: S603 - ours
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=BUILD_S, check=False
    )


def test_the_first_engine_that_works_builds_both_images_with_their_health_check(programs: Path) -> None:
    made = make_images(programs, "REGISTRY=example.com/team", "ARGS=--no-cache")

    assert made.returncode == 0, made.stderr
    built = [line for line in made.stdout.splitlines() if " build " in line]
    assert 2 == len(built)
    for line, role in zip(built, ("gateway", "renderer"), strict=True):
        assert line.startswith(f"podman build --format docker --target {role} --tag example.com/team/marquee/{role} ")
        assert "--build-arg REVISION=" in line
        assert line.endswith("--no-cache .")


@pytest.mark.parametrize("works", [True, False])
def test_a_named_engine_is_the_only_one_tried(programs: Path, *, works: bool) -> None:
    made = make_images(programs, f"ENGINE={'buildah' if works else 'docker'}")

    assert works == (made.returncode == 0)
    assert ("buildah build --format docker" if works else "no docker works here") in made.stdout + made.stderr


def test_an_unknown_engine_is_refused(programs: Path) -> None:
    made = make_images(programs, "ENGINE=rkt")

    assert made.returncode != 0
    assert "ENGINE is rkt, and must be docker, podman or buildah" in made.stderr
