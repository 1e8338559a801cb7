"""The reference page: all that the document describes, as text and nothing but text."""

import copy
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from gateway.web.assets import Assets
from gateway.web.pages import Pages
from gateway.web.reference import Reference, prose
from tests.gateway.auth.caller import Caller
from tests.stack.caller import Answer

HOSTILE = """<script>alert("1")</script><img src=x onerror='1'> {{ 7 * 7 }} `<b>`"""


class Elements(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def values(self, name: str) -> list[str]:
        return [value for _, each, value in self.attributes if each == name]


@pytest.fixture
async def page(caller: Caller) -> Answer:
    return await caller.get("/docs/api")


@pytest.fixture
async def document(caller: Caller) -> dict[str, Any]:
    document: dict[str, Any] = (await caller.get("/api/openapi.json")).json
    return document


def test_the_page_is_html_under_a_policy_that_allows_no_foreign_script(page: Answer) -> None:
    policy = page.headers["Content-Security-Policy"].split("; ")

    assert (200, "text/html; charset=utf-8") == (page.status, page.headers["Content-Type"])
    assert {"default-src 'none'", "style-src 'self'", "script-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert not [rule for rule in policy if "unsafe" in rule or "*" in rule]
    assert {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}.items() <= dict(page.headers).items()


def test_every_operation_and_every_shape_is_on_the_page(page: Answer, document: dict[str, Any]) -> None:
    operations = {operation["operationId"] for item in document["paths"].values() for operation in item.values()}
    shapes = {f"shape-{name}" for name in document["components"]["schemas"]}

    ids = Elements(page.body.decode()).values("id")

    assert operations | shapes <= set(ids)
    assert len(ids) == len(set(ids))


def test_the_page_leads_nowhere_else_and_runs_only_what_says_who_is_signed_in(page: Answer) -> None:
    elements = Elements(page.body.decode())
    ids = set(elements.values("id"))
    addresses = [*elements.values("href"), *elements.values("src")]

    scripts = [src for tag, name, src in elements.attributes if (tag, name) == ("script", "src")]
    assert not {"style", "iframe", "object", "form"} & set(elements.tags)
    assert ["account.js"] == [src.rpartition("/")[2] for src in scripts]
    assert 1 == elements.tags.count("script")
    assert not [name for _, name, _ in elements.attributes if name == "style" or name.startswith("on")]
    assert not [address for address in addresses if not re.match(r"(#|/(?!/))", address)]
    assert not [address for address in addresses if address.startswith("#") and address[1:] not in ids]


async def test_what_the_page_loads_is_there_and_kept_for_ever(page: Answer, caller: Caller) -> None:
    sheets = [href for href in Elements(page.body.decode()).values("href") if href.startswith("/static/")]

    answers = [await caller.get(href.partition("#")[0]) for href in sheets]

    assert {200} == {answer.status for answer in answers}
    assert {"public, max-age=31536000, immutable"} == {answer.headers["Cache-Control"] for answer in answers}
    assert {"text/css; charset=utf-8", "image/svg+xml"} <= {answer.headers["Content-Type"] for answer in answers}


def test_the_page_can_be_read_without_seeing_it(page: Answer) -> None:
    text = page.body.decode()
    elements = Elements(text)

    assert ["header", "main", "footer"] == [tag for tag in elements.tags if tag in {"header", "main", "footer"}]
    assert 1 == elements.tags.count("h1")
    assert ("html", "lang", "en") in elements.attributes
    assert '<a class="skip" href="#main">' in text
    headings = [int(tag[1]) for tag in elements.tags if re.fullmatch(r"h[1-6]", tag)]
    assert not [pair for pair in pairwise(headings) if pair[1] > pair[0] + 1]


async def test_hostile_words_are_shown_as_they_are(document: dict[str, Any]) -> None:
    hostile = copy.deepcopy(document)
    operation = hostile["paths"]["/api/auth/login"]["post"]
    operation |= {"summary": HOSTILE, "description": HOSTILE}
    hostile["tags"][0]["description"] = HOSTILE
    hostile["components"]["schemas"]["Error"]["description"] = HOSTILE
    hostile["components"]["schemas"]["Error"]["properties"]["error"] = {"enum": [HOSTILE], "description": HOSTILE}
    facts = await Reference(hostile).facts()

    pages = Pages(Assets(), content_base_url="https://posters.example", limit=lambda _: None)
    text = pages.render("docs.html", facts | {"path": "/docs/api"})

    assert 6 == text.count("&lt;script&gt;")
    assert "49" not in text.partition("alert(")[2][:200]
    assert (1, 0) == tuple(Elements(text).tags.count(tag) for tag in ("script", "b"))  # the page has one of its own
    assert not Elements(text).values("onerror")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Give `a` and `b`.", "Give <code>a</code> and <code>b</code>."),
        ("`<b>` & c", "<code>&lt;b&gt;</code> &amp; c"),
        ("one ` only", "one ` only"),
    ],
)
def test_only_backticks_mean_something(text: str, html: str) -> None:
    assert html == str(prose(text))
