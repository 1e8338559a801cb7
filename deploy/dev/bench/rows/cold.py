"""Row f: how long a caller waits for a picture that has never been requested, with sources that answer at once."""

from itertools import islice
from statistics import quantiles
from typing import Final

import aiohttp

from deploy.dev.bench.harness import Bench
from deploy.dev.bench.results import Row
from deploy.dev.bench.sources import copies
from tests.stack.caller import fetch

FILMS: Final = 420
_WARM: Final = 20


class NotDrawn(Exception):
    """A picture was not drawn for the request, so its time is meaningless."""


async def measure(bench: Bench, _: frozenset[str]) -> list[Row]:
    """Request one film after another, each for the first time."""
    every = bench.cores.every
    async with (
        bench.running(bench.sources, every),
        bench.services(every, gateways=1, renderers=1) as services,
        aiohttp.ClientSession() as http,
    ):
        urls = (services.picture(f"{film.imdb}.jpg") for film in copies(FILMS))
        for url in islice(urls, _WARM):
            await _cold_ms(http, url)
        times = [await _cold_ms(http, url) for url in urls]
    return [_row(sorted(times), len(every))]


async def _cold_ms(http: aiohttp.ClientSession, url: str) -> float:
    """Follow a keyed URL to its bytes; returns milliseconds. Raises ``NotDrawn``."""
    answer = await fetch(http, url)
    if answer.cache != "MISS":
        raise NotDrawn(f"{url}: {answer.status} {answer.cache}")
    return answer.seconds * 1000


def _row(times: list[float], cores: int) -> Row:
    cuts = quantiles(times, n=100, method="inclusive")
    return Row(
        letter="f",
        what="cold request, from the keyed URL to the drawn bytes",
        ours=f"p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms",
        note=f"{len(times)} films one after another, each requested once: gateway → 302 → content server → stream → "
        f"worker → TMDB, MDBList, artwork → render → S3 → bytes. All parts, with S3 and sources, share {cores} cores; "
        f"fastest {times[0]:.1f}, slowest {times[-1]:.1f} ms.",
    )
