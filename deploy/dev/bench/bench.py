"""``make bench``: measures the cost of the hot paths against bare libraries, and writes it to ``RESULTS.md``.

With letters as arguments, measures only those rows and writes nothing.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

from redis.asyncio import Redis

from deploy.dev.bench.harness import Bench, Cores, beside, database, open_bench
from deploy.dev.bench.machine import describe
from deploy.dev.bench.results import BUSY, LETTERS, Row, table
from deploy.dev.bench.rounds import RoundFailed
from deploy.dev.bench.rows import flood, pixels, redirects, render_pool, round_trips, visits
from deploy.dev.local.processes import StartFailed
from deploy.dev.local.terminal import complain, say

RESULTS: Final = Path(__file__).with_name("RESULTS.md")

_Rows = Callable[[Bench, frozenset[str]], AsyncIterator[Row]]
# The redirects come last: they leave the most data behind in the stores.
_ROWS: Final[tuple[tuple[str, _Rows], ...]] = (
    ("bhijkuvx", pixels.measure),
    ("cl", render_pool.measure),
    ("r", round_trips.measure),
    ("n", flood.measure),
    ("defopqstw", visits.measure),
    ("agms", redirects.measure),
)


async def bench(wanted: frozenset[str], cores: Cores) -> int:
    """Measure, print, and write when all rows are present; returns 1 when a row fails."""
    began, busy = time.monotonic(), 0.0
    rows: list[Row] = []
    async with open_bench(cores) as stage:
        machine = describe(await _versions(stage))
        for letters, measure in _ROWS:
            if asked := wanted & frozenset(letters):
                measured, others = await _measured(measure(stage, wanted), asked)
                say(f"{''.join(sorted(asked))}: other programs used {others:.2f} cores")
                rows += [row.beside(others) for row in measured]
                busy = max(busy, others)
    rows.sort(key=lambda row: row.letter)
    quiet = "Others were idle." if busy <= BUSY else f"Other programs used up to {busy:.1f} cores meanwhile."
    text = _page(machine, cores, f"{time.monotonic() - began:.0f} s in all. {quiet}", [table(rows), *stage.sections])
    say(text)
    if wanted == LETTERS:
        RESULTS.write_text(text)
    missed = [row.letter for row in rows if row.passes is False]
    if missed:
        complain(f"missed: {', '.join(missed)}")
    return 1 if missed else 0


async def _measured(measure: AsyncIterator[Row], asked: frozenset[str]) -> tuple[list[Row], float]:
    """Return the rows, those that came to nothing included, and how many cores other programs used meanwhile."""
    rows: list[Row] = []
    with beside() as others:
        try:
            async for row in measure:
                say(" | ".join(filter(None, row.cells())))
                rows.append(row)
        except (RoundFailed, StartFailed) as error:
            rows += [Row.failed(letter, error) for letter in sorted(asked - {row.letter for row in rows})]
        return rows, others()


def _page(machine: str, cores: Cores, run: str, sections: list[str]) -> str:
    where = "one core for the measured process, the others for the load generator and the stores"
    if cores.server == cores.load:
        where = "ONE core for all: the load generator and the stores take time from the measured process"
    intro = f"# Benchmark results\n\nWritten by `make bench`; README.md explains it.\n\n{machine}\n- {where}; {run}"
    return "\n\n".join([intro, *sections]) + "\n"


async def _versions(stage: Bench) -> dict[str, str]:
    async with database(stage.stores.database_url) as db:
        postgres = str(await db.fetchval("SHOW server_version"))
    async with Redis.from_url(stage.stores.redis_url) as redis:
        server = await redis.info("server")
    return {"valkey": str(server.get("valkey_version", server["redis_version"])), "postgres": postgres}


def main() -> int:
    """Read which rows are wanted and measure them."""
    wanted = frozenset("".join(sys.argv[1:])) or LETTERS
    if not wanted <= LETTERS:
        complain(f"rows are {', '.join(sorted(LETTERS))}")
        return 2
    return asyncio.run(bench(wanted, Cores.here()))  # uvloop starts no program as another user


if __name__ == "__main__":
    sys.exit(main())
