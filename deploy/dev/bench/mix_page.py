"""The page of the mix: sums of rounds, tables for people, and one table of figures that other documents quote."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.dev.bench.callers import REDIRECT
from deploy.dev.bench.mix_stage import HALF, Spent, Stage
from deploy.dev.bench.results import markdown

REDIRECTS: Final = "redirects"
HITS: Final = "content hits"
COLD: Final = "cold, medium"
COLD_LARGE: Final = "cold, large"
COLD_HALF: Final = "cold, medium, half a core each"
MIX: Final = "realistic mix"
KINDS: Final = (REDIRECTS, COLD, COLD_HALF, COLD_LARGE, HITS, MIX)
_CORES: Final = {COLD_HALF: HALF}

WANTED_FACTOR: Final = 1.7
_NEIGHBOURS: Final = ("gateway", "postgres", "valkey", "bucket", "sources", "callers")
_FULL: Final = 0.9  # of a core
_MACHINE_FULL: Final = 0.93


Totals = Mapping[tuple[str, int], Spent]
"""By scenario and number of renderers."""


_ASKED: Final = {"Redis": "redis commands", "Postgres": "postgres transactions", "S3 GET": "s3 GET", "S3 PUT": "s3 PUT"}
"""The columns of the table of costs, and what each of them counts."""

_PAGE: Final = Path(__file__).with_suffix(".md")


def page(intro: str, totals: Totals, figures: Mapping[str, str], cores: int) -> str:
    """Return the page as Markdown."""
    rows = sorted(totals.items(), key=lambda item: (KINDS.index(item[0][0]), item[0][1]))
    speed = [[what, str(number), f"{each.rate:,.0f}", _answers(each)] for (what, number), each in rows]
    costs = [[what, str(number), *_costs(each)] for (what, number), each in rows]
    return _PAGE.read_text().format(
        intro=intro,
        speed=markdown(("What", "Renderers", "Per second", "Responses: p50, p99"), speed),
        costs=markdown(("What", "Renderers", "Gateway", "Renderer", *_ASKED), costs),
        scaling="\n".join(_scaling(what, totals, cores) for what in KINDS if (what, 2) in totals),
        figures=markdown(("Figure", "Value"), figures.items()),
    )


def figures_of(totals: Totals, stages: Sequence[Stage], rows: Mapping[str, float]) -> dict[str, str]:
    """Return what other documents quote, each under its own name."""
    redirects, hits, cold, large = (totals[what, 1] for what in (REDIRECTS, HITS, COLD, COLD_LARGE))
    mixed = totals[MIX, 1]
    return {
        "redirect: gateway processor time": f"{redirects.cpu_ms('gateway') * 1000:.0f} µs",
        "hit: renderer processor time": f"{hits.cpu_ms('renderer') * 1000:.0f} µs",
        "cold medium poster: renderer processor time": f"{cold.cpu_ms('renderer'):.1f} ms",
        "cold large poster: renderer processor time": f"{large.cpu_ms('renderer'):.1f} ms",
        "cold medium posters: one renderer on one core": f"{cold.rate:.1f} /s",
        "cold medium posters: two renderers on two cores": f"{totals[COLD, 2].rate:.1f} /s",
        "cold medium posters: factor of the second renderer": f"{totals[COLD, 2].rate / cold.rate:.2f}",
        **_halved(totals),
        "gateway: peak memory": f"{max(stage.peak_mib('gateway') for stage in stages):.0f} MiB",
        "renderer: peak memory": f"{max(stage.peak_mib('renderer') for stage in stages):.0f} MiB",
        "redirect: Redis commands": f"{redirects.each('redis commands'):.3f}",
        "hit: Redis commands": f"{hits.each('redis commands'):.3f}",
        "cold: Redis commands": f"{cold.each('redis commands'):.1f}",
        "cold: Postgres transactions": f"{cold.each('postgres transactions'):.1f}",
        "cold: S3 GET": f"{cold.each('s3 GET'):.2f}",
        "cold: S3 PUT": f"{cold.each('s3 PUT'):.2f}",
        "medium poster: bytes in S3": f"{cold.asked['s3 bytes'] / cold.asked['s3 PUT'] / 1024:.0f} KiB",
        "large poster: bytes in S3": f"{large.asked['s3 bytes'] / large.asked['s3 PUT'] / 1024:.0f} KiB",
        "mix: hit share": f"{mixed.share('HIT') * 100:.1f} %",
        **{name: f"{value:.0f} bytes" for name, value in rows.items()},
    }


def _halved(totals: Totals) -> dict[str, str]:
    """Return the factor when only the renderers are limited; nothing if that could not be measured."""
    if (COLD_HALF, 2) not in totals:
        return {}
    factor = totals[COLD_HALF, 2].rate / totals[COLD_HALF, 1].rate
    return {"cold medium posters: factor of the second renderer, half a core each": f"{factor:.2f}"}


def _answers(each: Spent) -> str:
    kinds = sorted(each.times, key=lambda name: (name != REDIRECT, name))
    times = {name: each.percentiles_ms(name) for name in kinds}
    return "; ".join(f"{name} {found[0]:.1f}, {found[1]:.1f} ms" for name, found in times.items() if found)


def _costs(each: Spent) -> list[str]:
    asked = [f"{each.each(what):.2f}" for what in _ASKED.values()]
    return [f"{each.cpu_ms('gateway'):.3f}", f"{each.cpu_ms('renderer'):.3f}", *asked]


def _scaling(what: str, totals: Totals, cores: int) -> str:
    one, two = totals[what, 1], totals[what, 2]
    factor = two.rate / one.rate
    verdict = ""
    if what.startswith("cold"):
        verdict = f", target {WANTED_FACTOR}: {'reached' if factor >= WANTED_FACTOR else '**NOT reached**'}"
    return (
        f"- **{what}**: {one.rate:,.1f} → {two.rate:,.1f} per second, **× {factor:.2f}**{verdict}. The "
        f"bottleneck of two is {bottleneck(two, cores, _CORES.get(what, 1.0))}. "
        f"By the renderers' own processor time alone × {without_neighbours(one, two):.2f}."
    )


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


def without_neighbours(one: Spent, two: Spent) -> float:
    """Return the factor that remains when only the renderers' own processor time counts."""
    return 2 * one.cpu_ms("renderer") / two.cpu_ms("renderer")
