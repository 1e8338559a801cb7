"""Tables for the terminal."""

from collections.abc import Sequence


def table(heads: Sequence[str], rows: Sequence[Sequence[str | int]]) -> str:
    """Return the rows under their headings, with text aligned left and numbers aligned right."""
    widths = [max(len(str(row[nth])) for row in (heads, *rows)) for nth in range(len(heads))]
    return "\n".join(_line(row, widths) for row in (heads, *rows))


def _line(row: Sequence[str | int], widths: Sequence[int]) -> str:
    cells = [
        str(cell).rjust(width) if isinstance(cell, int) else cell.ljust(width)
        for cell, width in zip(row, widths, strict=True)
    ]
    return "  ".join(cells).rstrip()
