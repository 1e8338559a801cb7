"""Writes the document of the configuration: ``python -m deploy.dev.configuration``."""

from pathlib import Path
from typing import Final

from deploy.dev.configuration.page import page

DOCUMENT: Final = Path(__file__).resolve().parents[3] / "docs" / "configuration.md"


def main() -> None:
    """Write it."""
    DOCUMENT.write_text(page(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote {DOCUMENT}")


if __name__ == "__main__":
    main()
