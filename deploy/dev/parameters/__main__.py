"""Writes the document of the parameters, and the pictures of it and of the designs."""

import time
from pathlib import Path
from typing import Final

from deploy.dev.parameters.design_pictures import design_pictures
from deploy.dev.parameters.page import FOLDER, page
from deploy.dev.parameters.thumbnails import write_pictures, write_thumbnails
from shared.settings.parameters import PARAMETERS

DOCUMENT: Final = Path(__file__).resolve().parents[3] / "docs" / "parameters.md"
DESIGNS: Final = DOCUMENT.with_name("designs.md")


def main() -> None:
    """Write both, and print the size of all pictures."""
    started = time.perf_counter()
    DOCUMENT.write_text(page(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    written = write_pictures(design_pictures(DESIGNS.read_text(encoding="utf-8")), DESIGNS.with_suffix(""))
    written += write_thumbnails(PARAMETERS, DOCUMENT.parent / FOLDER)
    print(f"wrote {DOCUMENT} and pictures of {written // 1000} kB in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
