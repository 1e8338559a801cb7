"""``make bench``: measures the cost of the hot paths against bare libraries, and writes it to ``RESULTS.md``.

With letters as arguments, measures only those rows and writes nothing.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import uvloop
from redis.asyncio import Redis

from deploy.dev.bench.harness import Bench, Cores, database, open_bench, others_share, said_of
from deploy.dev.bench.machine import describe
from deploy.dev.bench.results import Row, notes, table
from deploy.dev.bench.rows import cold, content, flood, pixels, redirects, render_pool
from deploy.dev.local.terminal import complain, say

RESULTS: Final = Path(__file__).with_name("RESULTS.md")
LETTERS: Final = frozenset("abcdefghijklmn")

_Rows = Callable[[Bench, frozenset[str]], Awaitable[list[Row]]]
# The redirects come last: they leave the most data behind in the stores.
_ON_STORES: Final[tuple[tuple[frozenset[str], _Rows], ...]] = (
    (frozenset("f"), cold.measure),
    (frozenset("n"), flood.measure),
    (frozenset("de"), content.measure),
    (frozenset("agm"), redirects.measure),
)


async def bench(wanted: frozenset[str], cores: Cores, rows: list[Row]) -> int:
    """Measure what needs the stores, print, and write when all rows are present; returns 1 when a row fails."""
    began, busy = time.monotonic(), [await others_share()]
    async with open_bench(cores, cold.FILMS + flood.FILMS) as stage:
        machine = describe(await _versions(stage))
        for letters, measure in _ON_STORES:
            if wanted & letters:
                busy.append(await others_share())
                rows += await measure(stage, wanted)
    rows = sorted((row for row in rows if row.letter in wanted), key=lambda row: row.letter)
    text = _page(machine, cores, rows, max(busy), time.monotonic() - began)
    say(text)
    if wanted == LETTERS:
        RESULTS.write_text(text)
    missed = [row.letter for row in rows if row.passes is False]
    if missed:
        complain(f"missed: {', '.join(missed)}")
    return 1 if missed else 0


def _drawing(wanted: frozenset[str], cores: Cores) -> list[Row]:
    """Measure what needs no store."""
    rows = pixels.measure(cores, wanted)
    if "c" in wanted:
        rows.append(uvloop.run(render_pool.threads()))
    if "l" in wanted:
        rows.append(render_pool.memory())
    return rows


def _page(machine: str, cores: Cores, rows: list[Row], busy: float, seconds: float) -> str:
    quiet = said_of(busy, "Other programs used up to {:.1f} cores meanwhile.")
    where = "one core for the measured process, the others for the load generator and the stores"
    if cores.server == cores.load:
        where = "ONE core for all: the load generator and the stores take time from the measured process"
    return "\n".join(
        [
            "# Benchmark results\n",
            "Written by `make bench`; README.md explains it. MIX.md has one renderer and two, in real time.\n",
            machine,
            f"- {where}; {seconds:.0f} s in all. {quiet}\n",
            table(rows),
            "",
            notes(rows),
            "",
        ]
    )


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
    cores = Cores.here()
    return asyncio.run(bench(wanted, cores, _drawing(wanted, cores)))  # uvloop starts no program as another user


if __name__ == "__main__":
    sys.exit(main())
