"""Writes the document of the parameters and its pictures: ``python -m deploy.dev.parameters``."""

import time
from pathlib import Path
from typing import Final

from deploy.dev.parameters.page import FOLDER, page
from deploy.dev.parameters.thumbnails import write_thumbnails
from shared.settings.parameters import PARAMETERS

DOCUMENT: Final = Path(__file__).resolve().parents[3] / "docs" / "parameters.md"


def main() -> None:
    """Write both, and print the size of all pictures."""
    started = time.perf_counter()
    DOCUMENT.write_text(page(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    kilobytes = write_thumbnails(PARAMETERS, DOCUMENT.parent / FOLDER) // 1000
    print(f"wrote {DOCUMENT} and pictures of {kilobytes} kB in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
