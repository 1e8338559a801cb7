"""`make images` takes the engine that works here, and gives it what the images need."""

from pathlib import Path

import pytest

from deploy.image.build import ENGINES, NoEngine, command, find_engine


def engine(folder: Path, name: str, code: int) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\nexit {code}\n")
    program.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_the_first_engine_that_works_is_taken(path: Path) -> None:
    for name, code in (("docker", 1), ("podman", 0), ("buildah", 0)):
        engine(path, name, code)

    assert "podman" == find_engine({"PATH": str(path)})
    assert "buildah" == find_engine({"PATH": str(path), "ENGINE": "buildah"})


def test_without_one_it_says_what_is_missing(path: Path) -> None:
    with pytest.raises(NoEngine, match="there is no docker, podman or buildah that works here"):
        find_engine({"PATH": str(path)})
    with pytest.raises(NoEngine, match="ENGINE is rkt, and must be one of docker, podman, buildah"):
        find_engine({"PATH": str(path), "ENGINE": "rkt"})


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_keeps_the_health_check(name: str) -> None:
    words = command(name, "gateway", {"REVISION": "abc"}, "--no-cache", registry="example.com/team")

    assert ("--format" in words) == (name != "docker")
    assert [] == [
        word
        for word in ("gateway", "example.com/team/marquee/gateway", "REVISION=abc", "--no-cache")
        if word not in words
    ]
