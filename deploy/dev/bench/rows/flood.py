"""Row n: what another client waits for a cold poster while one asks for hundreds of the largest pictures."""

from collections.abc import AsyncIterator

from deploy.dev.bench.harness import Bench
from deploy.dev.bench.results import Row
from deploy.dev.chaos.flood import LONGEST_P99_S, MOST_PLAIN, REDIRECTS, Flooded, run_floods


async def measure(bench: Bench, _: frozenset[str]) -> AsyncIterator[Row]:
    """Run the flood without and with following its redirects, each by a client of its own."""
    async for seen in run_floods(bench, 1):
        yield _row(seen)


def _row(seen: Flooded) -> Row:
    posters = seen.meanwhile
    return Row(
        letter="n",
        what=f"cold posters of another client while {seen.name}: {REDIRECTS} WebPs in 4K",
        ours=f"p99 {posters.p99_s:.2f} s",
        bare=f"p99 {seen.before.p99_s:.2f} s",
        bound=f"p99 ≤ {LONGEST_P99_S:g} s, plain ≤ {MOST_PLAIN:.0%}, no errors",
        passes=seen.passes,
        not_measured="this was missed before the flood, too" if seen.passes is None else "",
        by_clock=not seen.passes,  # on a busy machine it is harder to pass
        note=f"{seen.requests}; the other client's {posters.text()}; before {seen.before.text()}.",
    )
