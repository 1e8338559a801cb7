"""What `deploy/README.md` says can be done can be done, and its assumptions are those of the benchmark."""

import importlib.util
import re
from pathlib import Path

import pytest

from deploy.dev.bench import capacity
from shared.config.variables import NAMES

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "deploy" / "README.md"
TEXT = DOCUMENT.read_text()
LINKS = re.findall(r"\]\(([^)#]+)\)", TEXT)
TARGETS = sorted({each for words in re.findall(r"`make ([a-z -]+)`", TEXT) for each in words.split()})
MODULES = sorted(set(re.findall(r"`python -m ([a-z.]+)`", TEXT)))
OF_LIBRARIES = {"AWS_PROFILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "SSL_CERT_FILE"}
"""Variables that the libraries of AWS and OpenSSL read."""

PATHS = sorted(set(re.findall(r"`((?:tests|helm|shared|deploy)/[\w./-]+)`", TEXT)))


@pytest.mark.parametrize("link", LINKS)
def test_every_link_leads_to_a_file(link: str) -> None:
    assert (DOCUMENT.parent / link).exists()


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_of_make_that_is_named_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_that_is_named_can_be_run(module: str) -> None:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    if spec.submodule_search_locations is not None:
        spec = importlib.util.find_spec(f"{module}.__main__")

    assert spec is not None
    assert spec.origin is not None
    assert 'if __name__ == "__main__":' in Path(spec.origin).read_text()


@pytest.mark.parametrize("path", PATHS)
def test_every_path_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_variable_that_is_named_is_one_of_ours() -> None:
    named = {name for name in re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`?", TEXT) if name != "RESULTS"}

    assert set() == named - NAMES - OF_LIBRARIES


def test_every_value_of_the_chart_that_is_named_is_in_its_document() -> None:
    chart = (ROOT / "helm" / "marquee" / "README.md").read_text()
    named = set(re.findall(r"`((?:renderer|gateway|drain)\.\w+)`", TEXT))

    assert {name for name in named if f"`{name}" not in chart} == set()
    assert named


@pytest.mark.parametrize(
    "assumed",
    [
        f"{capacity.REQUESTS_S:,} requests a second",
        f"{capacity.TITLES // 1_000_000} million titles",
        f"{capacity.PICTURES_A_TITLE} pictures for each title",
        f"the edge answers {capacity.EDGE_HITS:.0%}",
        f"filled in {capacity.FILL_DAYS} days",
        f"{capacity.REFRESHED_A_DAY:.0%} of the",
        f"at most {capacity.FULL:.0%} full",
        f"${capacity.GET_USD_MILLION:.2f} for a million GET",
        f"${capacity.PUT_USD_MILLION:.2f} for a million PUT",
        f"${capacity.GIB_USD_MONTH} for a",
    ],
)
def test_what_the_capacity_assumes_is_said(assumed: str) -> None:
    assert assumed in " ".join(TEXT.split())
