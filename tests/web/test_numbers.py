"""Numbers on the pages: in decimal, rounded half up, and 100% only of all."""

import pytest
from playwright.sync_api import Page

from tests.web.site import Site

CASES = [
    ("decimal(1.005, 2)", "1.01"),
    ("decimal(2.5)", "3"),
    ("decimal(8.95, 1)", "9.0"),
    ("decimal(100 * 0.285)", "29"),  # 28.499999999999996
    ("decimal(0, 1)", "0.0"),
    ("percent(0.285)", "28.5%"),
    ("percent(0.285, 0)", "29%"),
    ("percent(1)", "100%"),
    ("percent(0.9996)", "99.9%"),
    ("percent(0.9996, 0)", "99%"),
    ("percent(0.00001)", "0.1%"),
    ("percent(0)", "0%"),
    ("percent(2 / 3)", "66.7%"),
    ("bytes(0)", "0 B"),
    ("bytes(999)", "999 B"),
    ("bytes(1_450)", "1.5 kB"),
    ("bytes(9_960)", "10 kB"),
    ("bytes(84_500)", "85 kB"),
    ("bytes(999_600)", "1.0 MB"),
    ("bytes(1_000_000)", "1.0 MB"),
]


@pytest.fixture(scope="module")
def module(site: Site) -> str:
    """Return the address of the module that formats numbers."""
    page = site.ask("GET", "/", headers={"Accept": "text/html"}).body.decode()
    version = page.partition("/static/")[2].partition("/")[0]
    return f"/static/{version}/js/dom.js"


def test_numbers_are_written_as_people_write_them(page: Page, module: str) -> None:
    page.goto("/key")

    calls = ", ".join(call for call, _ in CASES)
    found = page.evaluate(f"import('{module}').then(({{ bytes, decimal, percent }}) => [{calls}])")

    assert [expected for _, expected in CASES] == found
