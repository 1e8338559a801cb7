"""Rows of the table, with the bound that each has to keep, and Markdown tables that are readable in a terminal."""

from collections.abc import Iterable, Sequence
from math import comb, inf
from pathlib import Path
from statistics import median, quantiles
from typing import Final, NamedTuple

import msgspec

BUSY: Final = 0.15
"""Cores that other programs may use before what is measured by the clock says nothing."""

_CHANCE: Final = 0.05


class Pair(NamedTuple):
    """One round: Marquee's result and the one it is compared with, in the same unit."""

    ours: float
    base: float


class Bound(msgspec.Struct, frozen=True):
    """What a ratio, or a figure, has to keep."""

    at_least: float = 0.0
    at_most: float = inf

    def __str__(self) -> str:
        return f"≥ {self.at_least}" if self.at_least else f"≤ {self.at_most}"

    def keeps(self, value: float) -> bool:
        """Return whether a single value is within it."""
        return self.at_least <= value <= self.at_most

    def verdict(self, ratios: Sequence[float]) -> bool | None:
        """Return whether the median keeps it, or ``None`` when the rounds do not tell.

        They tell by the sign test: if the median were on the other side, there would be no more than a chance of 5 %
        that so few of the rounds are. It takes five rounds that agree, nine with one exception or twelve with two.
        """
        inside = sum(map(self.keeps, ratios))
        fewer = min(inside, len(ratios) - inside)
        chance = sum(comb(len(ratios), number) for number in range(fewer + 1)) / 2 ** len(ratios)
        return None if chance > _CHANCE else inside > fewer


class Kind(Bound, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of ``rows.toml``, whose head says what the fields mean."""

    what: str
    unit: str = ""
    by_clock: bool = False


KINDS: Final = msgspec.toml.decode(Path(__file__).with_name("rows.toml").read_bytes(), type=dict[str, Kind])
"""What each row measures, by the row's name."""

LETTERS: Final = frozenset(name[0] for name in KINDS)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table; one without a bound neither passes nor misses."""

    letter: str
    what: str
    ours: str = "–"
    bare: str = "–"
    ratio: str = "–"
    bound: str = "stated"
    passes: bool | None = None
    not_measured: str = ""
    """Why there is no verdict, though there is a bound."""
    by_clock: bool = False
    """It takes real time, and so what other programs leave of the machine."""
    note: str = ""

    def beside(self, others: float) -> "Row":
        """Return the row as it counts when other programs used this many cores while it was measured."""
        if not self.by_clock or others <= BUSY:
            return self
        return msgspec.structs.replace(self, passes=None, not_measured=f"other programs used {others:.1f} cores")

    @classmethod
    def stated(cls, name: str, ours: str, note: str = "", **words: object) -> "Row":
        """Return the row of this name with a result that has no bound; the words are those that its text leaves out."""
        kind = KINDS[name]
        return cls(letter=name[0], what=kind.what.format(**words), ours=ours, by_clock=kind.by_clock, note=note)

    @classmethod
    def failed(cls, letter: str, error: Exception) -> "Row":
        """Return the row of a measurement that came to nothing: a miss, unless the machine was busy."""
        return cls(letter=letter, what="nothing, because a round failed", passes=False, by_clock=True, note=f"{error}.")

    def cells(self) -> list[str]:
        """Return the row's columns."""
        verdict = {True: "pass", False: "**MISS**", None: "not measured" if self.not_measured else "–"}[self.passes]
        return [self.letter, self.what, self.ours, self.bare, self.ratio, self.bound, verdict]

    def text(self) -> str:
        """Return what there is to say about it, as a line of Markdown; nothing if it has no note."""
        reason = f"*Not measured: {self.not_measured}.*" if self.not_measured else ""
        said = " ".join(filter(None, (reason, self.note)))
        return f"- **{self.letter}** {said}" if said else ""


_HEAD: Final = ("", "What", "Ours", "Bare", "Ratio: median (min–max)", "Floor", "")


def compared(name: str, pairs: Sequence[Pair], note: str = "", **words: object) -> Row:
    """Return a row that can fail: the median of ``ours / base`` over its rounds, with a lower or upper bound."""
    kind, ratios = KINDS[name], sorted(pair.ours / pair.base for pair in pairs)
    passes = kind.verdict(ratios)
    return msgspec.structs.replace(
        Row.stated(name, f"{_figure(median(pair.ours for pair in pairs))} {kind.unit}", note, **words),
        bare=f"{_figure(median(pair.base for pair in pairs))} {kind.unit}",
        ratio=f"**{median(ratios):.3f}** ({ratios[0]:.2f}–{ratios[-1]:.2f}, {len(ratios)} rounds)",
        bound=str(kind),
        passes=passes,
        not_measured="the rounds are on both sides of the floor" if passes is None else "",
    )


def bounded(name: str, seen: float, note: str = "", **words: object) -> Row:
    """Return a row with one figure and an upper bound."""
    kind = KINDS[name]
    ours, bound = (f"{_figure(value)} {kind.unit}".rstrip() for value in (seen, kind.at_most))
    row = Row.stated(name, ours, note, **words)
    return msgspec.structs.replace(row, bound=f"≤ {bound}", passes=kind.keeps(seen))


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table, and the notes on them below it."""
    return "\n".join([markdown(_HEAD, [row.cells() for row in rows]), "", *filter(None, (row.text() for row in rows))])


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, its columns aligned for a terminal."""
    lines = [list(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that this share of the values do not exceed."""
    return quantiles([*values] * 2, n=100, method="inclusive")[percent - 1]  # twice, because one value has no quantiles


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"  # noqa: PLR2004 - three digits are enough
