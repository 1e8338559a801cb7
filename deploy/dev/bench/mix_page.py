"""The page of the mix: tables for people, and one table of figures that other documents quote."""

from collections.abc import Mapping, Sequence
from typing import Final

from deploy.dev.bench.mix_callers import REDIRECT
from deploy.dev.bench.mix_figures import WANTED_FACTOR, Total, bottleneck, without_neighbours
from deploy.dev.bench.mix_stage import HALF, Stage
from deploy.dev.bench.tables import markdown

REDIRECTS: Final = "redirects"
HITS: Final = "content hits"
COLD: Final = "cold, medium"
COLD_LARGE: Final = "cold, large"
COLD_HALF: Final = "cold, medium, half a core each"
MIX: Final = "realistic mix"
KINDS: Final = (REDIRECTS, COLD, COLD_HALF, COLD_LARGE, HITS, MIX)
_CORES: Final = {COLD_HALF: HALF}

Totals = Mapping[tuple[str, int], Total]
"""By what was done and how many renderers there were."""


def page(intro: str, totals: Totals, figures: Mapping[str, str], cores: int) -> str:
    """Return the page as Markdown."""
    scaling = [_scaling(what, totals, cores) for what in KINDS if (what, 2) in totals]
    return "\n".join(
        [
            "# Load test: one renderer and two\n",
            "Written by `make load`; README.md says how to read it. Against the bare parts: RESULTS.md.\n",
            intro,
            "\n## Speed\n",
            markdown(("What", "Renderers", "Per second", "Answers: p50, p99"), _speed(totals)),
            "\n## What one of them costs\n",
            markdown(
                ("What", "Renderers", "Gateway", "Renderer", "Redis", "Postgres", "S3 GET", "S3 PUT"), _costs(totals)
            ),
            "\nGateway and renderer: milliseconds of processor time. Redis: commands; Postgres: transactions.\n",
            "## From one renderer to two\n",
            *scaling,
            "\n## Figures\n",
            markdown(("Figure", "Value"), list(figures.items())),
            "",
        ]
    )


def figures_of(totals: Totals, stages: Sequence[Stage], rows: Mapping[str, float]) -> dict[str, str]:
    """Return what other documents quote, each under a name of its own."""
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
    """Return the factor where the renderers alone are what is short; nothing where that could not be measured."""
    if (COLD_HALF, 2) not in totals:
        return {}
    factor = totals[COLD_HALF, 2].rate / totals[COLD_HALF, 1].rate
    return {"cold medium posters: factor of the second renderer, half a core each": f"{factor:.2f}"}


def _speed(totals: Totals) -> list[list[str]]:
    rows = []
    for (what, renderers), each in sorted(totals.items(), key=lambda item: (KINDS.index(item[0][0]), item[0][1])):
        answers = [
            f"{name} {times[0]:.1f}, {times[1]:.1f} ms"
            for name in sorted(each.times, key=lambda name: (name != REDIRECT, name))
            if (times := each.percentiles_ms(name))
        ]
        rows.append([what, str(renderers), f"{each.rate:,.0f}", "; ".join(answers)])
    return rows


def _costs(totals: Totals) -> list[list[str]]:
    return [
        [
            what,
            str(renderers),
            f"{each.cpu_ms('gateway'):.3f}",
            f"{each.cpu_ms('renderer'):.3f}",
            f"{each.each('redis commands'):.2f}",
            f"{each.each('postgres transactions'):.2f}",
            f"{each.each('s3 GET'):.2f}",
            f"{each.each('s3 PUT'):.2f}",
        ]
        for (what, renderers), each in sorted(totals.items(), key=lambda item: (KINDS.index(item[0][0]), item[0][1]))
    ]


def _scaling(what: str, totals: Totals, cores: int) -> str:
    one, two = totals[what, 1], totals[what, 2]
    factor = two.rate / one.rate
    verdict = ""
    if what.startswith("cold"):
        verdict = f", wanted {WANTED_FACTOR}: {'reached' if factor >= WANTED_FACTOR else '**NOT reached**'}"
    return (
        f"- **{what}**: {one.rate:,.1f} → {two.rate:,.1f} per second, **× {factor:.2f}**{verdict}. The "
        f"bottleneck of two is {bottleneck(two, cores, _CORES.get(what, 1.0))}. "
        f"By the renderers' own processor time alone × {without_neighbours(one, two):.2f}."
    )
