"""Builds the site in ``.local/docs-site``: ``python -m deploy.dev.docs_site``."""

import asyncio
import logging
import shutil
import sys

from mkdocs.exceptions import Abort

from deploy.dev.docs_site.build import build_site, write_sources
from gateway.web.manual import ROOT


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
