"""Inputs that failed once: what came out, what comes out now, and the test that holds it."""

import ast
from fnmatch import fnmatch
from pathlib import Path
from typing import Final, NamedTuple

from tests.recorded_inputs import CASES, needs
from tests.stack.caller import show

TESTS: Final = Path(__file__).parent


class Case(NamedTuple):
    files: str
    before: str
    after: str
    file: str
    test: str


FAILED: Final = (
    Case(
        "ids-*.json",
        "depends on what was asked before",
        "always the same title",
        "renderer/test_who_a_title_is.py",
        "test_the_recorded_cases_of_ids_come_out_right",
    ),
    Case("jpeg-*.jpg", "502", "the picture", "renderer/drawing/test_defects.py", "test_a_case_makes_a_poster"),
    Case("png-*.png", "502", "the picture", "renderer/drawing/test_defects.py", "test_a_case_makes_a_poster"),
    Case(
        "svg-*.svg",
        "502",
        "the PNG of the same path",
        "renderer/steps/test_refused_files.py",
        "test_an_svg_of_the_cases_is_drawn_from_its_png",
    ),
    Case(
        "logo-12000x5000.png",
        "502",
        "a smaller size",
        "renderer/steps/test_refused_files.py",
        "test_an_original_beyond_the_limit_is_drawn_from_a_smaller_size",
    ),
    Case(
        "tmdb-movie-gzip-without-header.bin",
        "503, and the source closed for all",
        "the title",
        "services/client/test_response_body.py",
        "test_the_case_of_a_gzip_body_without_its_header_is_a_title",
    ),
    Case(
        "languages.json",
        "another language's or country's art",
        "the original language; the bare language",
        "renderer/jobs/test_art_ranking.py",
        "test_every_case_has_its_right_picture",
    ),
    Case(
        "rotten-tomatoes-0.json",
        "no badge",
        "0%",
        "services/test_zero_and_none.py",
        "test_the_recorded_case_of_rotten_tomatoes_shows_0",
    ),
    Case(
        "database-urls.txt",
        "taken, then every statement failed; or refused for a wrong reason",
        "taken, or refused at the start by its name",
        "shared/config/test_database_url.py",
        "test_the_cases_that_failed_in_public_are_taken_or_refused_by_their_name",
    ),
    Case(
        "s3-delete-objects.http",
        "the purge ran for ever",
        "deleted; a refused purge fails with its sentence",
        "contracts/test_s3_refusals.py",
        "test_a_store_that_knows_no_newer_checksum_deletes",
    ),
)


def test_every_input_has_a_test_that_exists() -> None:
    show(
        "Inputs that failed", [("input", "before", "now"), *((case.files, case.before, case.after) for case in FAILED)]
    )

    missing = [case.test for case in FAILED if case.test not in _tests_in(TESTS / case.file)]

    assert [] == missing


@needs(CASES)
def test_every_recorded_input_is_in_the_table() -> None:
    files = [path.name for path in CASES.iterdir() if path.name != "README.md"]

    assert files
    assert [] == [name for name in files if not any(fnmatch(name, case.files) for case in FAILED)]
    assert [] == [case.files for case in FAILED if not any(fnmatch(name, case.files) for name in files)]


def _tests_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
