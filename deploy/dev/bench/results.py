"""Rows of the table, and Markdown tables that are readable in a terminal."""

import statistics
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

WIDTH: Final = 3  # decimals of a ratio


class Pair(msgspec.Struct, frozen=True):
    """One round: Marquee's result and the one it is compared with, in the same unit."""

    ours: float
    base: float


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """A row that can fail: the median of ``ours / base`` over its rounds, with a lower or upper bound."""

    letter: str
    what: str
    unit: str
    pairs: tuple[Pair, ...]
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def ratios(self) -> list[float]:
        """Return each round's ratio, smallest first."""
        return sorted(pair.ours / pair.base for pair in self.pairs)

    @property
    def passes(self) -> bool:
        """Return whether the median is within the bound."""
        middle = statistics.median(self.ratios)
        return middle >= (self.at_least or 0) and middle <= (self.at_most or float("inf"))

    def cells(self) -> list[str]:
        """Return the row's columns."""
        ratios = self.ratios
        bound = f"≥ {self.at_least}" if self.at_least is not None else f"≤ {self.at_most}"
        return [
            self.letter,
            self.what,
            f"{_figure(statistics.median(p.ours for p in self.pairs))} {self.unit}",
            f"{_figure(statistics.median(p.base for p in self.pairs))} {self.unit}",
            f"**{statistics.median(ratios):.{WIDTH}f}** ({ratios[0]:.2f}–{ratios[-1]:.2f}, {len(ratios)} rounds)",
            bound,
            "pass" if self.passes else "**MISS**",
        ]


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """A row without a bound."""

    letter: str
    what: str
    seen: str
    passes: bool = True
    note: str = ""

    def cells(self) -> list[str]:
        """Return the row's columns."""
        return [self.letter, self.what, self.seen, "–", "–", "stated", "–"]


class Bounded(msgspec.Struct, frozen=True, kw_only=True):
    """A row with one figure and an upper bound."""

    letter: str
    what: str
    unit: str
    seen: float
    at_most: float
    note: str = ""

    @property
    def passes(self) -> bool:
        """Return whether the figure is within the bound."""
        return self.seen <= self.at_most

    def cells(self) -> list[str]:
        """Return the row's columns."""
        seen, bound = (f"{_figure(value)} {self.unit}" for value in (self.seen, self.at_most))
        return [self.letter, self.what, seen, "–", "–", f"≤ {bound}", "pass" if self.passes else "**MISS**"]


Row = Ratio | Stated | Bounded
_HEAD: Final = ("", "What", "Ours", "Bare", "Ratio: median (min–max)", "Floor", "")


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table."""
    return markdown(_HEAD, [row.cells() for row in rows])


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, its columns aligned for a terminal."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    lines.insert(1, ["-" * width for width in widths])
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def notes(rows: Sequence[Row]) -> str:
    """Return the notes on single rows."""
    return "\n".join(f"- **{row.letter}** {row.note}" for row in rows if row.note)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"  # noqa: PLR2004 - three digits are enough
