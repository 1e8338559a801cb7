"""Copies measured figures into ``deploy/README.md``: the table of measurements, and the capacity estimate."""

import re
from pathlib import Path
from typing import Final

from deploy.dev.bench.capacity import reckoned
from deploy.dev.bench.results import markdown
from deploy.dev.document import with_block

DOCUMENT: Final = Path(__file__).parents[2] / "README.md"
MIX: Final = Path(__file__).with_name("MIX.md")
RESULTS: Final = Path(__file__).with_name("RESULTS.md")
ROWS: Final = "abdfhl"
"""The rows of ``RESULTS.md`` that are quoted."""

_DATE: Final = re.compile(r"^- (\d{4}-\d\d-\d\d)", re.MULTILINE)


def figures(mix: str) -> dict[str, str]:
    """Return the figures of ``MIX.md`` by name."""
    rows = (line.strip("| ").split("|") for line in mix.partition("## Figures")[2].splitlines() if "|" in line)
    return {name.strip(): value.strip() for name, value in rows if name.strip() != "Figure" and "--" not in name}


def results(text: str) -> dict[str, tuple[str, str]]:
    """Return the subject of each quoted row of ``RESULTS.md``, and Marquee's figure."""
    cells = ([cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.startswith("| "))
    return {row[1]: (row[2], row[3]) for row in cells if len(row[1]) == 1 and row[1] in ROWS}


def measured(mix: str, bench: str) -> str:
    """Return the table of figures with where and when each was measured."""
    rows = [(what, ours, f"RESULTS.md, row {row}", _date(bench)) for row, (what, ours) in results(bench).items()]
    rows += [(name, value, "MIX.md", _date(mix)) for name, value in figures(mix).items()]
    return markdown(("What", "Figure", "From", "Seen on"), rows)


def number(value: str) -> float:
    """Return the number that a figure begins with."""
    return float(value.split(maxsplit=1)[0].replace(",", ""))


def blocks(mix: str, bench: str) -> dict[str, str]:
    """Return the content of the document's blocks, by the marker's name."""
    numbers = {name: number(value) for name, value in figures(mix).items()}
    return {"measured": measured(mix, bench), "capacity": reckoned(numbers)}


def quoted(document: str, mix: str, bench: str) -> str:
    """Return the document with these figures in it. Raises ``NoSuchBlock``."""
    for name, block in blocks(mix, bench).items():
        begin, end = f"<!-- {name}: written by make load -->", f"<!-- end of {name} -->"
        document = with_block(document, begin, end, block)
    return document


def quote() -> None:
    """Write both results' figures into the document. Raises ``NoSuchBlock`` and ``OSError``."""
    DOCUMENT.write_text(quoted(DOCUMENT.read_text(), MIX.read_text(), RESULTS.read_text()))


def _date(text: str) -> str:
    found = _DATE.search(text)
    return found[1] if found else "unknown"
