"""What a dashboard is made of, as far as we care: rows of panels, each with a sentence and its queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

STAT: Final = "stat"
GRAPH: Final = "timeseries"

_BUCKETS: Final = "_bucket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture of some numbers; ``queries`` go by the legends of their lines."""

    title: str
    text: str
    unit: str
    """As Grafana names it; ``short`` is a plain number."""
    queries: Mapping[str, str]
    kind: str = GRAPH
    width: int = 8
    height: int = 8

    def has_exemplars(self, query: str) -> bool:
        """Tell whether traces can stand beside the lines of a query: in a graph, and where it reads buckets."""
        return self.kind == GRAPH and _BUCKETS in query


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One dashboard; ``name`` is that of its file and the end of its uid."""

    name: str
    title: str
    text: str
    rows: tuple[Row, ...]


def stat(title: str, text: str, unit: str, query: str, *, width: int = 4) -> Panel:
    """Return a panel with one figure."""
    return Panel(title=title, text=text, unit=unit, queries={"": query}, kind=STAT, width=width, height=4)


def quantiles(metric: str, by: str = "", *, only: str = "") -> dict[str, str]:
    """Return the queries of a histogram's median, 95th and 99th of a hundred; ``by`` splits the lines by a label."""
    split, end = (f", {by}", f" {{{{{by}}}}}") if by else ("", "")
    return {
        f"p{nth}{end}": f"histogram_quantile(0.{nth}, sum by (le{split}) "
        f"(rate({metric}_bucket{only}[$__rate_interval])))"
        for nth in (50, 95, 99)
    }
