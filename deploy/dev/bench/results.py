"""Rows of the table, and Markdown tables that are readable in a terminal."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final, NamedTuple

import msgspec


class Pair(NamedTuple):
    """One round: Marquee's result and the one it is compared with, in the same unit."""

    ours: float
    base: float


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table; one without a bound neither passes nor misses."""

    letter: str
    what: str
    ours: str
    bare: str = "–"
    ratio: str = "–"
    bound: str = "stated"
    passes: bool | None = None
    note: str = ""

    def cells(self) -> list[str]:
        """Return the row's columns."""
        verdict = {True: "pass", False: "**MISS**", None: "–"}[self.passes]
        return [self.letter, self.what, self.ours, self.bare, self.ratio, self.bound, verdict]


_HEAD: Final = ("", "What", "Ours", "Bare", "Ratio: median (min–max)", "Floor", "")


def compared(
    letter: str,
    what: str,
    unit: str,
    pairs: Sequence[Pair],
    *,
    at_least: float = 0.0,
    at_most: float = float("inf"),
    note: str = "",
) -> Row:
    """Return a row that can fail: the median of ``ours / base`` over its rounds, with a lower or upper bound."""
    ratios = sorted(pair.ours / pair.base for pair in pairs)
    middle = median(ratios)
    return Row(
        letter=letter,
        what=what,
        ours=f"{_figure(median(pair.ours for pair in pairs))} {unit}",
        bare=f"{_figure(median(pair.base for pair in pairs))} {unit}",
        ratio=f"**{middle:.3f}** ({ratios[0]:.2f}–{ratios[-1]:.2f}, {len(ratios)} rounds)",
        bound=f"≥ {at_least}" if at_least else f"≤ {at_most}",
        passes=at_least <= middle <= at_most,
        note=note,
    )


def bounded(letter: str, what: str, unit: str, seen: float, *, at_most: float, note: str = "") -> Row:
    """Return a row with one figure and an upper bound."""
    ours, bound = (f"{_figure(value)} {unit}" for value in (seen, at_most))
    return Row(letter=letter, what=what, ours=ours, bound=f"≤ {bound}", passes=seen <= at_most, note=note)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table."""
    return markdown(_HEAD, [row.cells() for row in rows])


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, its columns aligned for a terminal."""
    lines = [list(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def notes(rows: Sequence[Row]) -> str:
    """Return the notes on single rows."""
    return "\n".join(f"- **{row.letter}** {row.note}" for row in rows if row.note)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"  # noqa: PLR2004 - three digits are enough
