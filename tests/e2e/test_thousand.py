"""Many titles that were never requested before: what they cost the sources, and how fast two renderers are."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.stack.caller import fetch, show
from tests.stack.pair import Pair
from tests.stack.services import SECRETS
from tests.stack.sources import Copy, Source, Sources
from tests.stack.stores import Stores
from tests.stack.trouble import slow

TITLES = 120
MANY_TITLES = 1_000
ANSWER_S = 0.1
AT_ONCE = 50
WITHIN_S = 240.0


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources) -> Iterator[Pair]:
    """Run two renderers with every source of ratings."""
    settings = {"OMDB_API_KEY": SECRETS["OMDB_API_KEY"], "RENDER_WAIT_MS": "0"}
    with Pair(tmp_path_factory.mktemp("thousand"), stores, sources, settings, renderer_count=2) as pair:
        yield pair


def cpu_s(pid: int | str = "self") -> float:
    """Return the processor time that a process has used, all of its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def drawn(pair: Pair, before: float, wanted: int) -> float:
    """Wait until so many more pictures are drawn; return how many seconds that took."""
    started = time.monotonic()
    async with asyncio.timeout(WITHIN_S):
        while pair.number("renderer_jobs_total", outcome="drawn") - before < wanted:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.25)
    return time.monotonic() - started


@pytest.mark.timeout(400)
@pytest.mark.parametrize("number", [TITLES, pytest.param(MANY_TITLES, marks=pytest.mark.stress)])
async def test_cold_titles_cost_each_source_no_more_than_they_must(
    pair: Pair, sources: Sources, http: aiohttp.ClientSession, number: int
) -> None:
    titles = [sources.film() for _ in range(number)]
    for source in (Source.TMDB, Source.IMAGES, Source.MDBLIST, Source.OMDB):
        sources.break_down(source, slow(ANSWER_S))
    earlier = [(part, pair.number("renderer_jobs_total", part, outcome="drawn")) for part in pair.renderers]
    before = sum(had for _, had in earlier)
    room = asyncio.Semaphore(AT_ONCE)
    idle_s, own_s = [cpu_s(part.process.pid) for part in pair.parts], cpu_s()

    async def hint(title: Copy) -> int:
        async with room:
            return (await fetch(http, pair.picture(title.imdb), follow=False)).status

    statuses = Counter(await asyncio.gather(*(hint(title) for title in titles)))
    took_s = await drawn(pair, before, number)
    sources.heal()
    counted = Counter((call.source, call.number) for call in sources.calls)
    calls = {source: [counted[source, title.number] for title in titles] for source in Source}

    busy_s = [cpu_s(part.process.pid) for part in pair.parts]
    shares = [pair.number("renderer_jobs_total", part, outcome="drawn") - had for part, had in earlier]
    show(
        f"{number} cold titles, two renderers, sources that answer after {ANSWER_S * 1000:.0f} ms",
        [
            ("pictures per second", f"{number / took_s:.0f}"),
            ("drawn by each renderer", shares),
            ("seconds", f"{took_s:.1f} by the clock on {os.cpu_count()} cores"),
            (
                "processor seconds",
                f"gateway and renderers {sum(busy_s) - sum(idle_s):.1f}, sources and test {cpu_s() - own_s:.1f}",
            ),
            *(
                (source.value, f"{sum(counts)} calls, at most {max(counts)} for a title")
                for source, counts in calls.items()
            ),
        ],
    )
    assert {302: number} == statuses
    assert {2} == set(calls[Source.TMDB])
    assert {1} == set(calls[Source.IMAGES])
    assert {1} == set(calls[Source.MDBLIST])
    assert {1} == set(calls[Source.OMDB])
    assert 0 == pair.number("renderer_jobs_total", outcome="dead")
    assert all(share > number / 10 for share in shares)
