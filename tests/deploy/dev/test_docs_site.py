"""The manual as a static site: it builds without a broken link, and a broken one is refused."""

from pathlib import Path

import pytest
from mkdocs.exceptions import Abort

from deploy.dev.docs_site.build import build_site, write_sources
from gateway.web.manual import manual_pages
from tests.gateway.web.test_docs_page import Elements


async def test_the_site_builds_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    await write_sources(tmp_path / "sources")

    build_site(tmp_path / "sources", tmp_path / "site")

    for page in manual_pages():
        text = (tmp_path / "site" / f"{page.name or 'index'}.html").read_text()
        elements = Elements(text)
        assert "```" not in text  # each block of code was read as one
        loaded = [value for tag, name, value in elements.attributes if name == "src" or (tag, name) == ("link", "href")]
        assert [] == [address for address in loaded if "//" in address]
    assert (tmp_path / "site" / "mark.svg").is_file()  # the logo
    assert "imageSize" in (tmp_path / "site" / "api.html").read_text()


async def test_broken_links_stop_the_build(tmp_path: Path) -> None:
    await write_sources(tmp_path / "sources")
    with (tmp_path / "sources" / "index.md").open("a") as index:
        index.write("\n[a page](missing.md), [a section](parameters.md#missing)\n")

    with pytest.raises(Abort, match="2 warnings"):
        build_site(tmp_path / "sources", tmp_path / "site")
