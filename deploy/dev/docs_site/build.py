"""Builds the site: the manual's own files with links between them, in the order of the contents.

``python -m deploy.dev.docs_site.build`` builds it in ``.local/docs-site``.
"""

import asyncio
import logging
import posixpath
import re
import shutil
import sys
from pathlib import Path
from typing import Final

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from deploy.dev.docs_site.reference import reference_markdown
from gateway.web.manual import GROUPS, PICTURES, ROOT, ManualPage, anchor, manual_pages, relinked

CONFIG: Final = Path(__file__).with_name("mkdocs.yml")
_MARK: Final = ROOT / "gateway/web/static/mark.svg"
_LABEL: Final = re.compile(r"^(```\w+) (.+)$", re.MULTILINE)
"""A label after the language of a block of code, for which mkdocs has a syntax of its own."""


def file_of(page: ManualPage) -> str:
    """Return the name of a page's file in the site, without its ending."""
    return page.name or "index"


async def write_sources(folder: Path) -> None:
    """Write the Markdown that the site is built from, and its pictures, into an empty folder."""
    by_source = {page.source: page for page in manual_pages()}
    for pictures in PICTURES:
        shutil.copytree(ROOT / pictures, folder / pictures, dirs_exist_ok=True)
    shutil.copy(_MARK, folder)
    for source, page in by_source.items():
        target = folder / f"{file_of(page)}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        text = _markdown(page, by_source) if source.endswith(".md") else await reference_markdown()
        target.write_text(text, encoding="utf-8")


def build_site(sources: Path, site: Path) -> None:
    """Build the site, strictly. Raises mkdocs' ``Abort`` if a link or an anchor leads nowhere."""
    logging.getLogger("mkdocs").setLevel(logging.WARNING)
    config = load_config(
        str(CONFIG),
        docs_dir=str(sources),
        site_dir=str(site),
        strict=True,
        nav=[{group: [{page.title: f"{file_of(page)}.md"} for page in pages]} for group, pages in GROUPS],
        markdown_extensions=["tables", "pymdownx.highlight", "pymdownx.superfences", {"toc": {"slugify": _slug}}],
    )
    build(config)


def _slug(heading: str, _separator: str) -> str:
    return anchor(heading)


def _markdown(page: ManualPage, by_source: dict[str, ManualPage]) -> str:
    def address(path: str, fragment: str) -> str | None:
        target = by_source.get(path) or by_source.get(f"{path}/README.md")
        if target is None and not path.startswith(PICTURES) and (ROOT / path).exists():
            return None  # a file of the repository, which the site does not have
        name = path if target is None else f"{file_of(target)}.md"
        here = posixpath.dirname(file_of(page))
        return posixpath.relpath(name, here or ".") + (f"#{fragment}" if fragment else "")

    text = _LABEL.sub(r'\1 title="\2"', (ROOT / page.source).read_text(encoding="utf-8"))
    return relinked(text, page.source, address)


def main() -> int:
    """Build it; returns the exit code."""
    logging.basicConfig(format="docs-site: %(message)s", level=logging.WARNING)
    folder = ROOT / ".local" / "docs-site"
    sources, site = folder / "sources", folder / "site"
    shutil.rmtree(folder, ignore_errors=True)
    sources.mkdir(parents=True)
    asyncio.run(write_sources(sources))
    try:
        build_site(sources, site)
    except Abort as stopped:
        print(f"docs-site: {stopped}", file=sys.stderr)
        return 1
    print(f"docs-site: open {site / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
