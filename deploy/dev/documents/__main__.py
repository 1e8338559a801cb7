"""Writes the generated parts of documents: ``python -m deploy.dev.documents [chart|configuration|parameters ...]``."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from deploy.dev.documents import chart_page, configuration_page, parameters_page
from deploy.dev.documents.design_pictures import design_pictures
from deploy.dev.documents.thumbnails import write_pictures, write_thumbnails
from shared.settings.parameters import PARAMETERS

_ROOT: Final = Path(__file__).resolve().parents[3]
CONFIGURATION: Final = _ROOT / "docs" / "configuration.md"
PARAMETERS_DOCUMENT: Final = _ROOT / "docs" / "parameters.md"
DESIGNS: Final = _ROOT / "docs" / "designs.md"

PAGES: Final[dict[str, tuple[Path, Callable[[str], str]]]] = {
    "chart": (chart_page.CHART / "README.md", lambda text: chart_page.page(text, chart_page.CHART)),
    "configuration": (CONFIGURATION, configuration_page.page),
    "parameters": (PARAMETERS_DOCUMENT, parameters_page.page),
}
"""Each document, and the function that returns it as it should be. It raises ``NoSuchBlock``."""


def main() -> None:
    """Write the documents that are named, all by default, with the pictures of parameters and designs."""
    parser = argparse.ArgumentParser(prog="python -m deploy.dev.documents", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", default=list(PAGES), help=", ".join(PAGES))
    for name in parser.parse_args().names:
        file, page = PAGES[name]
        file.write_text(page(file.read_text(encoding="utf-8")), encoding="utf-8")
        print(f"wrote {file}")
        if name == "parameters":
            _write_pictures()


def _write_pictures() -> None:
    started = time.perf_counter()
    written = write_pictures(design_pictures(DESIGNS.read_text(encoding="utf-8")), DESIGNS.with_suffix(""))
    written += write_thumbnails(PARAMETERS, PARAMETERS_DOCUMENT.parent / parameters_page.FOLDER)
    print(f"wrote pictures of {written // 1000} kB in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
