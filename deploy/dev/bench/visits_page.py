"""The page's table of visits: how fast each kind was, and what a visit cost each part."""

from collections.abc import Sequence
from typing import Final

from deploy.dev.bench.callers import REDIRECT, WHOLE
from deploy.dev.bench.results import markdown
from deploy.dev.bench.stage import Spent, Stage

REDIRECTS: Final = "redirects"
HITS: Final = "content hits"
COLD: Final = "cold medium"
COLD_LARGE: Final = "cold large"
COLD_HALF: Final = "cold medium, half a core each"
MIX: Final = "realistic mix"
KINDS: Final = (REDIRECTS, HITS, COLD, COLD_LARGE, COLD_HALF, MIX)
HALF: Final = 0.5
"""Share of a core for each renderer, when the stores have the other core to themselves."""

_NEIGHBOURS: Final = ("gateway", "postgres", "valkey", "bucket", "sources", "callers")
_FULL: Final = 0.9  # of a core
_MACHINE_FULL: Final = 0.93
_ASKED: Final = {
    "Redis": "redis commands",
    "Postgres": "postgres transactions",
    "GET": "s3 GET",
    "HEAD": "s3 HEAD",
    "PUT": "s3 PUT",
}
"""The columns with calls to stores, and what each of them counts."""

_HEAD: Final = ("Visits", "Renderers", "Per second", "Responses: p50, p99", "Gateway", "Renderer", *_ASKED)
_ABOUT: Final = """\
## Visits

How fast visits were in real time, and what each cost. Gateway and renderer: milliseconds of processor time. Redis:
commands, with those inside scripts. Postgres: transactions. GET, HEAD and PUT: requests to S3.
"""


def visits_page(stages: Sequence[Stage]) -> str:
    """Return the table with its heading."""
    rounds = [(what, stage) for what in KINDS for stage in stages if what in stage.totals]
    return f"{_ABOUT}\n{markdown(_HEAD, (_cells(what, stage.renderers, stage.totals[what]) for what, stage in rounds))}"


def _cells(what: str, renderers: int, spent: Spent) -> list[str]:
    costs = [f"{spent.cpu_ms(part):.3f}" for part in ("gateway", "renderer")]
    asked = [f"{spent.each(each):.2f}" for each in _ASKED.values()]
    return [what, str(renderers), f"{spent.rate:,.0f}", _answers(spent), *costs, *asked]


def _answers(spent: Spent) -> str:
    kinds = sorted(spent.times.keys() - {WHOLE}, key=lambda name: (name != REDIRECT, name))
    return "; ".join("{} {:.1f}, {:.1f} ms".format(name, *spent.percentiles_ms(name)) for name in kinds)


def bottleneck(two: Spent, cores: int, each: float = 1.0) -> str:
    """Name what limited two renderers, from the load of every part; ``each`` may use this many cores."""
    renderers, machine = two.busy("renderer"), two.busy("machine")
    rest = ", ".join(f"{name} {two.busy(name):.2f}" for name in _NEIGHBOURS)
    others = max(0.0, machine - renderers - sum(map(two.busy, _NEIGHBOURS)))
    parts = f"the renderers use {renderers:.2f} cores, {rest}, other programs {others:.2f}"
    if renderers >= _FULL * min(2 * each, cores):
        return f"the {2 * each:.1f} cores that the renderers may use ({parts})"
    if machine >= _MACHINE_FULL * cores:
        return f"the {cores} cores of this machine, which the renderers share with everything else ({parts})"
    return f"waiting: no core is fully used ({parts}, of {cores} cores)"
