"""Draws the contact sheet: ``python -m deploy.dev.sheet [--to FOLDER] [--only SECTION ...]``."""

import argparse
import time
from pathlib import Path
from typing import Final

from deploy.dev.sheet.page import write_sheet
from deploy.dev.sheet.sections import sections

_DEFAULT: Final = Path(".local/sheet")


def main() -> None:
    """Draw the chosen sections, all by default, and print where the page is."""
    found = {section.key: section for section in sections()}
    arguments = argparse.ArgumentParser(prog="deploy.dev.sheet", description="Draw the contact sheet.")
    arguments.add_argument("--to", type=Path, default=_DEFAULT, help=f"the folder, {_DEFAULT} by default")
    arguments.add_argument("--only", nargs="+", choices=found, default=list(found), help="sections to draw")
    chosen = arguments.parse_args()
    started = time.perf_counter()
    index = write_sheet([found[key] for key in chosen.only], chosen.to)
    print(f"wrote {index} in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
