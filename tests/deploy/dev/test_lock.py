"""The locks hold what pyproject.toml asks for, exactly, and tell nobody where it came from."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.dev.lock import FOLDER, LOCKS, PROJECT

ROOT = Path(__file__).resolve().parents[3]
TABLES = tomllib.loads((ROOT / PROJECT).read_text())


def asked(source: tuple[str, ...]) -> list[Requirement]:
    """Return what pyproject.toml asks for in the parts that uv is told to lock."""
    texts = list(TABLES["project"]["dependencies"]) if PROJECT in source else []
    for option, name in pairwise(source):
        if option == "--extra":
            texts += TABLES["project"]["optional-dependencies"][name]
        if option == "--group":
            texts += TABLES["dependency-groups"][name]
    return [Requirement(text) for text in texts]


def locked(name: str) -> dict[str, str]:
    """Return the versions in a lock by package."""
    text = (FOLDER / f"{name}.lock").read_text()
    return {
        canonicalize_name(found): version for found, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE)
    }


def test_every_lock_is_one_that_we_make() -> None:
    assert set(LOCKS) == {path.stem for path in FOLDER.iterdir()}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_satisfies_what_is_asked_for(name: str) -> None:
    versions = locked(name)

    unsatisfied = [
        str(each)
        for each in asked(LOCKS[name])
        if not each.specifier.contains(versions.get(canonicalize_name(each.name), "0a0"), prereleases=True)
    ]
    assert asked(LOCKS[name])
    assert [] == unsatisfied


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_hash_and_no_host_is_named(name: str) -> None:
    text = (FOLDER / f"{name}.lock").read_text()
    packages = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]

    assert [] == [package for package in packages if "--hash=sha256:" not in package]
    assert not re.search(r"://|--(?:extra-)?index-url|--find-links", text)


def test_a_package_has_one_version_in_all_locks() -> None:
    run, test, gateway, renderer = (locked(name) for name in ("run", "test", "gateway", "renderer"))

    assert run.items() <= test.items()
    assert gateway.items() | renderer.items() <= run.items()


@pytest.mark.parametrize("name", ["run", "test", "gateway", "renderer"])
def test_no_image_library_is_locked_with_the_rest(name: str) -> None:
    assert set() == {"pillow", "pillow-simd"} & set(locked(name))
