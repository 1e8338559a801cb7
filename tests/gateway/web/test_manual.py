"""The manual at ``/docs``: every file is a page, its links lead somewhere, and nothing in it breaks the policy."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from deploy.dev.page_pictures import CLIENTS
from gateway.web.assets import Assets
from gateway.web.manual import GROUPS, ROOT, Manual, ManualPage, anchor, manual_pages, relinked
from tests.gateway.auth.caller import Caller
from tests.gateway.web.test_docs_page import Elements

MARKDOWN = [page for page in manual_pages() if page.source.endswith(".md")]


async def test_guides_come_first_and_the_reference_second(caller: Caller) -> None:
    page = await caller.get("/docs")

    groups = re.findall(r'class="group">([^<]+)<', page.body.decode())
    assert ["Guides", "API"] == groups[:2]
    links = Elements(page.body.decode().partition("<main")[2]).values("href")
    assert links.index("/docs/get-started") < links.index("/docs/clients") < links.index("/docs/api")


async def test_every_page_of_the_contents_is_there_and_is_marked(caller: Caller) -> None:
    for page in (page for _, pages in GROUPS for page in pages):
        answer = await caller.get(page.address)

        text = answer.body.decode()
        assert (200, "text/html; charset=utf-8") == (answer.status, answer.headers["Content-Type"])
        assert f'<a href="{page.address}" aria-current="page">{page.title}</a>' in text
        assert 1 == Elements(text).tags.count("h1")


async def test_every_link_and_picture_within_the_manual_leads_somewhere() -> None:
    assets = Assets()
    manual = Manual(assets.url)
    pages = {page.address: Elements(str((await manual.facts(page))["html"])) for page in manual.pages}
    anchors = {address: set(elements.values("id")) for address, elements in pages.items()}

    broken = []
    for address, elements in pages.items():
        for href in elements.values("href"):
            path, _, fragment = href.partition("#")
            is_ours = href.startswith(("/", "#"))
            target = path or address
            if is_ours and target != "/docs/api" and fragment not in {"", *anchors.get(target, ())}:
                broken.append((address, href))
            if is_ours and target not in {*anchors, "/docs/api"}:
                broken.append((address, href))
        assert all(src.startswith("/static/") for src in elements.values("src"))
    assert [] == broken
    assert sum(len(elements.values("src")) for elements in pages.values()) > 100


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: page.name or "index")
async def test_a_page_has_nothing_that_the_policy_forbids_and_is_in_order(page: ManualPage) -> None:
    facts = await Manual(Assets().url).facts(page)

    elements = Elements(str(facts["html"]))
    headings = [1, *(int(tag[1]) for tag in elements.tags if re.fullmatch(r"h[1-6]", tag))]
    assert facts["title"]
    assert not {"script", "style", "iframe", "form", "h1"} & set(elements.tags)
    assert not [name for _, name, _ in elements.attributes if name == "style" or name.startswith("on")]
    assert len(elements.values("id")) == len(set(elements.values("id")))
    assert not [pair for pair in pairwise(headings) if pair[1] > pair[0] + 1]


async def test_html_in_a_file_is_shown_as_it_is_and_comments_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(
        "# A\n\n<!-- made -->\n\n<script>alert(1)</script>\n\n"
        'Some <b onclick="x()">text</b> <!-- and --> [a](javascript:alert(1))\n\n```sh A label\n<i>\n```\n'
    )

    html = str((await Manual(Assets().url, tmp_path).facts(MARKDOWN[0]))["html"])

    assert not {"script", "b", "i", "a"} & set(Elements(html).tags)
    assert "&lt;script&gt;" in html
    assert "made" not in html
    assert '<pre tabindex="0" aria-label="A label">&lt;i&gt;</pre>' in html


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("[a](b.md#c)", "[a](<x/b.md|c>)"),
        ("![a](../b.webp)", "![a](<b.webp|>)"),
        ("[`a`](b.md)", "[`a`](<x/b.md|>)"),
        ("[gone](missing.md) and", "gone and"),
        ("[a](https://b.example) [c](#d) [e](/f)", "[a](https://b.example) [c](#d) [e](/f)"),
        ("`[a](b.md)`", "`[a](b.md)`"),
        ("```\n[a](b.md)\n```", "```\n[a](b.md)\n```"),
    ],
)
def test_links_are_rewritten_and_code_is_not(markdown: str, expected: str) -> None:
    found = relinked(markdown, "x/y.md", lambda path, at: None if "missing" in path else f"<{path}|{at}>")

    assert expected == found


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("renderer_content_total", "renderer_<wbr>content_<wbr>total"),
        ("a=1&b=<2>", "a=<wbr>1&amp;<wbr>b=<wbr>&lt;2&gt;"),
        ("https://posters.example/KEY", "https://posters.<wbr>example/<wbr>KEY"),
        ("config.TMDB", "config.<wbr>TMDB"),
        ("0.1.0", "0.1.0"),
        ("_x", "_x"),
        ("--no-wait", '<span class="whole">--no-wait</span>'),
        (
            "make x --set a.b=<c> -d",
            'make x <span class="whole">--set</span> a.<wbr>b=<wbr>&lt;c&gt; <span class="whole">-d</span>',
        ),
        ("…BurnsFast", '<span class="whole">…BurnsFast</span>'),
        ("free-key", "free-key"),
    ],
)
async def test_code_within_a_line_wraps_between_its_words(tmp_path: Path, code: str, expected: str) -> None:
    (tmp_path / "page.md").write_text(f"# Title\n\n`{code}`\n")
    manual = Manual(picture=str, root=tmp_path)

    facts = await manual.facts(ManualPage("page", "Page", "page.md"))

    assert f"<p><code>{expected}</code></p>" == facts["html"].strip()


def test_anchors_are_those_of_the_forges() -> None:
    assert ["what-stops--and-why", "a-b_c"] == [anchor("What stops – and why?"), anchor("`A` b_c")]


def test_every_client_of_the_configurator_has_its_picture_in_the_guide() -> None:
    text = (ROOT / "docs/clients.md").read_text()

    for client in CLIENTS:
        section = text.partition(f"\n## {client}\n")[2].partition("\n## ")[0]
        assert re.search(r"!\[[^]]+\]\(pictures/client-[a-z]+\.webp\)", section), client
