"""The pages of the manual: which there are, and their Markdown as HTML that the gateway's policy allows.

The files are those that people read in the repository. They are rendered here, and not by a site generator, so that an
operator has nothing to build, and so that they have the header, the sign-in and the content policy of all other pages:
generators write scripts and styles into their pages, which the policy forbids. ``make docs-site`` makes a site of the
same files for those who publish one.
"""

import asyncio
import posixpath
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token

ROOT: Final = Path(__file__).resolve().parents[2]
"""The folder of the files: the repository, and ``/app`` in the image."""

PICTURES: Final = ("docs/parameters", "docs/designs", "docs/pictures")
"""Folders with the pictures that the pages show."""

INDEX: Final = ""
"""The name of the first page, which is ``/docs`` itself."""

_MoreFacts = Callable[[], Awaitable[Mapping[str, Any]]]
_DECISIONS: Final = "docs/adr"
# Code comes first, because brackets in it are no links.
_LINK: Final = re.compile(
    r"(?P<code>^```.*?^```$|(?<!`)`[^`\n]+`(?!`))|(?P<image>!?)\[(?P<text>(?:[^\[\]\n]|\n(?!\n))*)\]\((?P<to>[^()\s]+)\)",
    re.MULTILINE | re.DOTALL,
)
_COMMENT: Final = re.compile(r"\s*<!--.*?-->\s*", re.DOTALL)
# Behind a comma, an underscore, a sign of a query, the slash of a path, or the dot of a name.
_WRAPS: Final = re.compile(r"(?<=[,&=|])(?=.)|(?<=\w_)(?=\w)|(?<=[^/:]/)(?=[^/])|(?<=[a-z]\.)(?=[A-Za-z])")
_OPTION: Final = re.compile(r"(?<!\S)(?:--?|…)[A-Za-z][\w-]*")  # a browser would break the line after the dashes
_ABSOLUTE: Final = re.compile(r"[a-z]+:|/|#")


class ManualPage(msgspec.Struct, frozen=True):
    """A page: its name in the address, its title in the contents, and the file that it is made from.

    The reference is made from code and the rest from Markdown, in which a link to the file leads to the page.
    """

    name: str
    title: str
    source: str
    template: str = "manual.html"

    @property
    def address(self) -> str:
        """Return the path of the page."""
        return f"/docs/{self.name}" if self.name else "/docs"


GROUPS: Final[tuple[tuple[str, tuple[ManualPage, ...]], ...]] = (
    (
        "Guides",
        (
            ManualPage(INDEX, "Overview", "docs/index.md"),
            ManualPage("get-started", "Get started", "docs/get-started.md"),
            ManualPage("clients", "Clients", "docs/clients.md", template="guides.html"),
            ManualPage("parameters", "Parameters", "docs/parameters.md"),
            ManualPage("designs", "Designs", "docs/designs.md"),
            ManualPage("addresses", "Addresses", "docs/addresses.md"),
            ManualPage("keys", "Admins and keys", "docs/keys.md"),
            ManualPage("prewarming", "Prewarming", "docs/prewarming.md"),
        ),
    ),
    (
        "API",
        (
            ManualPage("using-the-api", "Using the API", "docs/using-the-api.md"),
            ManualPage("api", "API reference", "gateway/api/openapi.py"),
        ),
    ),
    (
        "Running it",
        (
            ManualPage("configuration", "Configuration", "docs/configuration.md"),
            ManualPage("operations", "Operations", "deploy/README.md"),
            ManualPage("kubernetes", "Kubernetes", "helm/marquee/README.md"),
            ManualPage("cloudflare", "Cloudflare", "deploy/cloudflare/README.md"),
            ManualPage("bucket-first", "Straight from the bucket", "deploy/bucket-first.md"),
            ManualPage("load-test", "Load test", "deploy/load/README.md"),
            ManualPage("benchmark", "Benchmark results", "deploy/dev/bench/RESULTS.md"),
            ManualPage("runbook", "Runbook", "deploy/monitoring/runbook.md"),
            ManualPage("slo", "Service level objectives", "deploy/monitoring/slo.md"),
        ),
    ),
    (
        "Project",
        (
            ManualPage("architecture", "Architecture", "ARCHITECTURE.md"),
            ManualPage("decisions", "Decision records", f"{_DECISIONS}/README.md"),
            ManualPage("changelog", "Changelog", "CHANGELOG.md"),
        ),
    ),
)
"""The contents, as the pages list them."""


def manual_pages() -> tuple[ManualPage, ...]:
    """Return every page, with the decision records, which the contents list only by their index."""
    listed = [page for _, pages in GROUPS for page in pages]
    records = sorted((ROOT / _DECISIONS).glob("[0-9]*.md"))
    return (
        *listed,
        *(ManualPage(f"decisions/{path.stem}", path.stem, f"{_DECISIONS}/{path.name}") for path in records),
    )


def relinked(text: str, source: str, address: Callable[[str, str], str | None]) -> str:
    """Return Markdown in which each link within the repository leads to ``address(path, fragment)``.

    Where that is ``None`` only the text of the link is left: the file is not part of the manual.
    """

    def link(found: re.Match[str]) -> str:
        to = found["to"]
        if to is None or _ABSOLUTE.match(to):
            return found[0]
        path, _, fragment = to.partition("#")
        target = address(posixpath.normpath(posixpath.join(posixpath.dirname(source), path)), fragment)
        return found["text"] if target is None else f"{found['image']}[{found['text']}]({target})"

    return _LINK.sub(link, text)


def anchor(heading: str) -> str:
    """Return the fragment of a heading, as the forges that show Markdown write it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


class Manual:
    """Renders the pages that are Markdown, each when it is first asked for."""

    def __init__(self, picture: Callable[[str], str], root: Path = ROOT) -> None:
        self._root, self._picture = root, picture
        self._by_source = {page.source: page for page in manual_pages()}
        self._rendered: dict[str, Mapping[str, Any]] = {}

    @cached_property
    def _markdown(self) -> "MarkdownIt":
        from markdown_it import MarkdownIt  # noqa: PLC0415 - what only those who read the manual need

        markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
        for kind, rule in _RULES.items():
            markdown.add_render_rule(kind, rule)
        return markdown

    @property
    def pages(self) -> tuple[ManualPage, ...]:
        """Return the pages that are Markdown."""
        return tuple(page for page in self._by_source.values() if page.source.endswith(".md"))

    async def facts(self, page: ManualPage, more: _MoreFacts | None = None) -> dict[str, Any]:
        """Return the variables of the template for this page, and what else it shows."""
        if page.name not in self._rendered:
            # The longest page takes 30 ms of a core, for which redirects need not wait.
            self._rendered[page.name] = await asyncio.to_thread(self._render, page)
        return {**self._rendered[page.name], **({} if more is None else await more())}

    def _render(self, page: ManualPage) -> Mapping[str, Any]:
        text = (self._root / page.source).read_text(encoding="utf-8")
        tokens = self._markdown.parse(relinked(text, page.source, self._address))
        title, sections = _with_anchors(tokens)
        tokens = tokens[3:]  # without the title, which the template shows
        html = self._markdown.renderer.render(tokens, self._markdown.options, {})
        # The files are part of this version; HTML in them is dropped.
        return {"title": title, "sections": sections, "html": Markup(html)}  # noqa: S704

    def _address(self, path: str, fragment: str) -> str | None:
        page = self._by_source.get(path) or self._by_source.get(f"{path}/README.md")
        if page is not None:
            return page.address + (f"#{fragment}" if fragment else "")
        return self._picture(path) if path.startswith(PICTURES) else None


def _with_anchors(tokens: "list[Token]") -> tuple[str, list[tuple[str, str]]]:
    """Give headings their fragments; returns the page's title, and the anchor and text of each section."""
    title, sections, taken = "", [], dict[str, int]()
    for nth, opened in enumerate(tokens):
        if opened.type in {"th_open", "td_open"}:
            _without_style(tokens[nth : nth + 3])
        elif opened.type == "heading_open":
            words = "".join(child.content for child in tokens[nth + 1].children or ())
            name = anchor(words)
            taken[name] = taken.get(name, -1) + 1
            opened.attrSet("id", f"{name}-{taken[name]}" if taken[name] else name)
            if opened.tag == "h1":
                title = title or words
            elif opened.tag == "h2":
                sections.append((str(opened.attrs["id"]), words))
    return title, sections


def _without_style(cell: "list[Token]") -> None:
    """Replace the style of a cell, which the policy forbids, and make an empty head a plain cell."""
    opened, inline, closed = cell
    if opened.attrs.pop("style", "") == "text-align:center":
        opened.attrSet("class", "centred")
    if opened.tag == "th" and not inline.content:
        opened.tag = closed.tag = "td"
    elif opened.tag == "th":
        opened.attrSet("scope", "col")


def _only_comments(_: "RendererHTML", tokens: "Sequence[Token]", nth: int, *_options: object) -> str:
    """Return nothing for comments, which mark generated parts, and other HTML as text."""
    text = tokens[nth].content
    return "" if _COMMENT.fullmatch(text) else str(escape(text))


def _picture_that_waits(_: "RendererHTML", tokens: "Sequence[Token]", nth: int, *_options: object) -> str:
    """Return a picture that is loaded once it comes into view."""
    token = tokens[nth]
    picture = Markup('<img src="{}" alt="{}" loading="lazy" decoding="async">')
    return str(picture.format(token.attrs["src"], token.content))


def _code(_: "RendererHTML", tokens: "Sequence[Token]", nth: int, *_options: object) -> str:
    """Return lines of code, which scroll by keyboard too; the words after their language are their label."""
    token = tokens[nth]
    label = token.info.partition(" ")[2] or "Example"
    return str(Markup('<pre tabindex="0" aria-label="{}">{}</pre>\n').format(label, token.content.rstrip("\n")))


def _inline_code(_: "RendererHTML", tokens: "Sequence[Token]", nth: int, *_options: object) -> str:
    """Return code within a line, which may wrap between its words, so that it widens neither a table nor a page.

    The name of an option is never broken.
    """
    text, html, at = tokens[nth].content, Markup(), 0
    for option in _OPTION.finditer(text):
        html += _wrapping(text[at : option.start()]) + Markup('<span class="whole">{}</span>').format(option[0])
        at = option.end()
    return f"<code>{html + _wrapping(text[at:])}</code>"


def _wrapping(code: str) -> Markup:
    return Markup("<wbr>").join(_WRAPS.split(code))


def _table(_: "RendererHTML", tokens: "Sequence[Token]", nth: int, *_options: object) -> str:
    """Return the start of a table, which scrolls by itself where it is too wide, by keyboard too."""
    number = sum(token.type == "table_open" for token in tokens[: nth + 1])
    return f'<div class="table" tabindex="0" role="group" aria-label="Table {number}"><table>\n'


def _table_end(*_: object) -> str:
    return "</table></div>\n"


_RULES: Final[Mapping[str, Callable[..., str]]] = {
    "html_block": _only_comments,
    "html_inline": _only_comments,
    "image": _picture_that_waits,
    "fence": _code,
    "code_block": _code,
    "code_inline": _inline_code,
    "table_open": _table,
    "table_close": _table_end,
}
