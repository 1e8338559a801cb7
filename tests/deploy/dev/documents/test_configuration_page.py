"""The document of the configuration is what the code says."""

import pytest

from deploy.dev.documents.__main__ import CONFIGURATION as DOCUMENT
from deploy.dev.documents.configuration_page import page, readers
from shared.config.variables import NAMES, VARIABLES

TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_the_document_says_what_the_code_says() -> None:
    assert page(TEXT) == TEXT, "run `make docs`"


def test_every_variable_is_read_by_a_process() -> None:
    assert NAMES == readers().keys()


@pytest.mark.parametrize(
    ("name", "processes", "defaults"),
    [
        ("TMDB_API_KEY", ["renderer"], ["none"]),
        ("DATABASE_URL", ["gateway", "renderer"], ["required", "required"]),
        ("LISTEN_ADDR", ["gateway", "renderer"], ["`0.0.0.0:3000`", "`0.0.0.0:3001`"]),
        ("PUBLIC_PAGES", ["gateway"], ["`true`"]),
        ("RENDER_WAIT_MS", ["renderer"], ["`2000`"]),
        ("TRACE_SAMPLE", ["gateway", "renderer"], ["`0.01`", "`0.01`"]),
        ("CONTENT_DIRECT_URL", ["gateway", "renderer"], ["none", "none"]),
    ],
)
def test_defaults_are_those_of_the_code(name: str, processes: list[str], defaults: list[str]) -> None:
    found = readers()[name]

    assert (processes, defaults) == ([each.process for each in found], [each.default for each in found])


def test_every_meaning_is_a_sentence_in_one_line() -> None:
    for variables in VARIABLES.values():
        for name, variable in variables.items():
            assert variable.meaning.strip() == variable.meaning != "", name
            assert not {"\n", "|"} & set(variable.meaning), name
            assert not variable.meaning.endswith("."), name
