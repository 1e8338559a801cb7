"""Row n: what another client waits for a cold poster while one asks for hundreds of the largest pictures."""

from deploy.dev.bench.harness import Bench
from deploy.dev.bench.results import Row
from deploy.dev.chaos.asking import open_http
from deploy.dev.chaos.flood import LIMITED, LONGEST_P99_S, MOST_PLAIN, REDIRECTS, Flood, Flooded


async def measure(bench: Bench, _: frozenset[str]) -> list[Row]:
    """Run the flood without and with following its redirects, each by a client of its own."""
    every = bench.cores.every
    async with (
        bench.running(bench.sources, every),
        bench.services(every, LIMITED, gateways=1, renderers=1) as services,
        open_http() as http,
    ):
        flood = Flood(http, services, bench.titles)
        return [_row(await flood.run(name, follows=name == "followed")) for name in ("not followed", "followed")]


def _row(seen: Flooded) -> Row:
    posters = seen.meanwhile
    return Row(
        letter="n",
        what=f"cold posters of another client while one asks for {REDIRECTS} WebPs in 4K, {seen.name}",
        ours=f"p99 {posters.p99_s:.2f} s",
        bare=f"p99 {seen.before.p99_s:.2f} s",
        bound=f"p99 ≤ {LONGEST_P99_S:g} s, plain ≤ {MOST_PLAIN:.0%}, no errors",
        passes=seen.passes,
        not_measured="" if seen.before.passes else "this was missed before the flood, too",
        by_clock=True,
        note=f"{seen.name}: {seen.requests}; the other client's {posters.text()}; before {seen.before.text()}.",
    )
