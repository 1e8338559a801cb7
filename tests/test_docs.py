"""The documents say what the code does."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from gateway.config import load_gateway
from gateway.web.manual import ManualPage, manual_pages
from renderer.config import load_renderer
from shared.config.environment import Environment
from shared.config.process import load_database_url
from shared.config.variables import NAMES
from shared.domain.version import VERSION

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()

MANUAL = [page for page in manual_pages() if page.source.endswith(".md") and page.name != "changelog"]


def text(page: ManualPage) -> str:
    return (ROOT / page.source).read_text()


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


def test_the_readme_is_short_and_shows_pictures() -> None:
    assert len(README.splitlines()) <= 130
    assert 2 <= len(re.findall(r"!\[[^\]]{20,}\]\(\S+\)", README))


def test_every_variable_has_a_row_in_the_configuration() -> None:
    assert NAMES == set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", CONFIGURATION, re.MULTILINE))


@pytest.mark.parametrize("document", MANUAL, ids=lambda page: page.name)
def test_no_document_names_a_variable_that_nobody_reads(document: ManualPage) -> None:
    ours = r"`((?:MDBLIST|OMDB|TMDB|FANART|RENDER|RENDERER|IMAGE|FREE_KEY|S3)_[A-Z0-9_]+)`"
    named = set(re.findall(ours, text(document)))

    assert set() == named - NAMES


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


PACKAGES = sorted(
    path.parent.relative_to(ROOT).as_posix()
    for package in ("shared", "services", "gateway", "renderer")
    for path in (ROOT / package).rglob("__init__.py")
    if "migrations" not in path.parts
)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_map_has_the_docstring_of_every_package(package: str) -> None:
    docstring = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text())) or ""

    assert docstring
    assert f"- **`{package}/`** {' '.join(docstring.split())}" in " ".join(ARCHITECTURE.split())


def test_every_file_that_the_architecture_names_exists() -> None:
    named = set(re.findall(r"`((?:shared|services|gateway|renderer|deploy|helm|tests|docs)/[\w./-]*)`", ARCHITECTURE))

    assert named
    assert set() == {path for path in named if not (ROOT / path).exists()}


@pytest.mark.parametrize("package", ["deploy", "helm", "tests", "docs"])
def test_every_top_level_package_is_on_the_map(package: str) -> None:
    assert f"**`{package}/`**" in ARCHITECTURE


def test_every_source_has_a_row_in_its_document() -> None:
    files = {path.stem for path in (ROOT / "services").glob("*.py")} - {"__init__", "catalog", "config"}
    document = (ROOT / "services" / "README.md").read_text()

    assert set() == {name for name in files if f"`{name}" not in document}


DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))


@pytest.mark.parametrize("record", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_every_section_and_a_row_in_the_index(record: Path) -> None:
    number, _, _ = record.name.partition("-")
    text = record.read_text()
    head = re.fullmatch(
        rf"# {number}\. (.+)\n\n- Date: (\d{{4}}-\d\d-\d\d)\n- Status: (.+)", text.partition("\n\n## ")[0]
    )
    index = (ROOT / "docs" / "adr" / "README.md").read_text()

    assert head is not None
    assert ["Context", "Decision", "Alternatives", "Consequences"] == re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert f"| [{number}]({record.name}) | {head[1]} | {head[2]} | {head[3]} |" in index


def test_decisions_are_numbered_without_a_gap() -> None:
    assert list(range(1, len(DECISIONS) + 1)) == [int(record.name[:4]) for record in DECISIONS]


LINKING = [ROOT / page.source for page in MANUAL] + [ROOT / "CONTRIBUTING.md", ROOT / "README.md"]


@pytest.mark.parametrize("document", LINKING, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^):#][^):]*)\)", document.read_text())

    assert [] == [link for link in links if not (document.parent / link.partition("#")[0]).exists()]


def test_continuous_integration_runs_what_a_person_runs() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yaml").read_text())

    assert ".ci/run" in [step.get("run") for step in workflow["jobs"]["everything"]["steps"]]


@pytest.mark.parametrize(
    "file",
    [".pre-commit-config.yaml", *(str(path.relative_to(ROOT)) for path in sorted((ROOT / ".github").rglob("*.y*ml")))],
)
def test_files_for_the_forge_are_yaml(file: str) -> None:
    assert isinstance(yaml.safe_load((ROOT / file).read_text()), dict)
