"""The documents say what the code does."""

import re
import tomllib
from pathlib import Path

import pytest

from gateway.config import load_gateway
from renderer.config import load_renderer
from shared.config.environment import NAMES, Environment
from shared.config.process import load_database_url
from shared.domain.version import VERSION
from shared.settings.parameters import PARAMETERS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()

COMPLETE = {
    "DATABASE_URL": "postgresql://postgres@127.0.0.1/marquee",
    "REDIS_URL": "redis://127.0.0.1/0",
    "CONTENT_BASE_URL": "http://127.0.0.1:3001",
    "JWT_SECRET": "0" * 64,
    "S3_BUCKET": "pictures",
    "S3_ENDPOINT_URL": "http://127.0.0.1:9000",
    "TMDB_API_KEY": "tmdb",
    "MDBLIST_API_KEY": "mdblist",
    "ADMIN_USERNAME": "admin",
    "ADMIN_PASSWORD": "password",
    "CLOUDFLARE_ZONE_ID": "0" * 32,
    "CLOUDFLARE_API_TOKEN": "token",
}


def test_there_is_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == VERSION


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_variable_is_in_the_readme(name: str) -> None:
    assert f"`{name}`" in README


def test_the_readme_names_no_variable_that_nobody_reads() -> None:
    tables = README.partition("## Configuration")[2].partition("`make run` fills in")[0]

    named = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", tables))

    assert NAMES == named


def test_every_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: set[str] = set()
    plain = Environment.optional

    def optional(self: Environment, name: str) -> str | None:
        read.add(name)
        return plain(self, name)

    monkeypatch.setattr(Environment, "optional", optional)
    load_gateway(COMPLETE)
    load_renderer(COMPLETE)
    load_database_url(COMPLETE)

    assert NAMES == read


@pytest.mark.parametrize("name", [param.names[0] for param in PARAMETERS])
def test_every_parameter_is_in_the_readme(name: str) -> None:
    assert f"`{name}`" in README


def test_every_package_and_word_of_shared_is_on_the_map() -> None:
    parts = {path.stem for path in (ROOT / "shared").iterdir() if path.suffix == ".py" or path.is_dir()}
    parts -= {"__init__", "__pycache__"}

    assert set() == {part for part in parts if f"`{part}" not in ARCHITECTURE}


@pytest.mark.parametrize("package", ["shared", "services", "gateway", "renderer", "deploy", "tests"])
def test_every_top_level_package_is_on_the_map(package: str) -> None:
    assert f"**`{package}/`**" in ARCHITECTURE


def test_every_source_has_a_row_in_its_document() -> None:
    files = {path.stem for path in (ROOT / "services").glob("*.py")} - {"__init__", "catalog", "config"}
    document = (ROOT / "services" / "README.md").read_text()

    assert set() == {name for name in files if f"`{name}" not in document}
