"""``make bench``: measures what the hot paths cost against bare parts, and writes it to ``RESULTS.md``.

Letters as arguments measure only those rows and write nothing.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import asyncpg
import uvloop
from redis.asyncio import Redis

from deploy.dev.bench.backing import Backing, open_backing
from deploy.dev.bench.cores import Cores
from deploy.dev.bench.machine import describe
from deploy.dev.bench.results import Row, notes, table
from deploy.dev.bench.rounds import others_share
from deploy.dev.bench.rows import cold, content, memory, pixels, redirects, threads
from deploy.dev.local.terminal import complain, say

RESULTS: Final = Path(__file__).with_name("RESULTS.md")
LETTERS: Final = frozenset("abcdefghijklm")
_BUSY: Final = 0.1  # cores that others use

_Rows = Callable[[Backing, frozenset[str]], Awaitable[list[Row]]]
# The redirects come last: they leave the most behind in the stores.
_ON_STORES: Final[tuple[tuple[frozenset[str], _Rows], ...]] = (
    (frozenset("f"), cold.measure),
    (frozenset("de"), content.measure),
    (frozenset("agm"), redirects.measure),
)


async def bench(wanted: frozenset[str], cores: Cores, rows: list[Row]) -> int:
    """Measure what needs the stores, print, and write when all rows are there; returns 1 when a row fails."""
    began = time.monotonic()
    busy = [await others_share()]
    with _folder() as folder:
        async with open_backing(folder, cores) as backing:
            machine = describe(await _versions(backing))
            for letters, measure in _ON_STORES:
                if wanted & letters:
                    busy.append(await others_share())
                    rows += await measure(backing, wanted)
    rows = sorted((row for row in rows if row.letter in wanted), key=lambda row: row.letter)
    text = _page(machine, cores, rows, max(busy), time.monotonic() - began)
    say(text)
    if wanted == LETTERS:
        RESULTS.write_text(text)
    missed = [row.letter for row in rows if not row.passes]
    if missed:
        complain(f"missed: {', '.join(missed)}")
    return 1 if missed else 0


def _drawing(wanted: frozenset[str], cores: Cores) -> list[Row]:
    """Measure what needs no store."""
    rows = pixels.measure(cores, wanted)
    if "c" in wanted:
        rows.append(uvloop.run(threads.measure(cores)))
    if "l" in wanted:
        rows.append(memory.measure())
    return rows


def _page(machine: str, cores: Cores, rows: list[Row], busy: float, seconds: float) -> str:
    quiet = "The machine was otherwise idle." if busy < _BUSY else f"Others used up to {busy:.1f} cores meanwhile."
    where = "one core for what is measured, the others for the load generator and the stores"
    if cores.server == cores.load:
        where = "ONE core for all: the load generator and the stores take time from what is measured"
    return "\n".join(
        [
            "# Load test: what was seen\n",
            "Written by `make bench`; README.md says how to read it. One renderer and two, by the clock: MIX.md.\n",
            machine,
            f"- {where}; {seconds:.0f} s in all. {quiet}\n",
            table(rows),
            "",
            notes(rows),
            "",
        ]
    )


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="marquee-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # Postgres does not run as root, and somebody else must be able to enter
        yield folder


async def _versions(backing: Backing) -> dict[str, str]:
    db = await asyncpg.connect(backing.stores["DATABASE_URL"])
    try:
        postgres = str(await db.fetchval("SHOW server_version"))
    finally:
        await db.close()
    async with Redis.from_url(backing.stores["REDIS_URL"]) as redis:
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
