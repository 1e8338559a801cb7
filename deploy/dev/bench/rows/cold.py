"""Row f: how long a caller waits for a picture that nobody asked for before, sources being instant."""

import time
from contextlib import AsyncExitStack
from itertools import islice
from statistics import quantiles
from typing import Final

import aiohttp

from deploy.dev.bench.backing import Backing, free_contract
from deploy.dev.bench.results import Row, Stated
from deploy.dev.bench.sources import films
from deploy.dev.local.ports import HOST

_WARM: Final = 20
_FILMS: Final = 400
_KEY: Final = "t0-free-rpdb"


class NotDrawn(Exception):
    """A picture came that was not drawn for the request, so its time says nothing."""


async def measure(backing: Backing, _: frozenset[str]) -> list[Row]:
    """Ask for one film after another, each for the first time."""
    contract = free_contract()
    every = backing.cores.every
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(backing.running(backing.sources(_WARM + _FILMS), every))
        await stack.enter_async_context(backing.gateway("gateway-cold", contract, every))
        await stack.enter_async_context(backing.renderer("renderer-cold", contract, every))
        session = await stack.enter_async_context(aiohttp.ClientSession(f"http://{HOST}:{contract.gateway}"))
        titles = iter(films(_WARM + _FILMS))
        for title in islice(titles, _WARM):
            await _cold_ms(session, title.imdb)
        times = [await _cold_ms(session, title.imdb) for title in titles]
    return [_row(sorted(times), len(every))]


async def _cold_ms(session: aiohttp.ClientSession, imdb: str) -> float:
    """Follow a keyed URL to its bytes; returns milliseconds. Raises when they were not drawn for this request."""
    started = time.perf_counter()
    async with session.get(f"/{_KEY}/imdb/poster-default/{imdb}.jpg", raise_for_status=True) as response:
        await response.read()
    took_ms = (time.perf_counter() - started) * 1000
    if response.headers.get("X-Cache-Status") != "MISS":
        raise NotDrawn(f"{imdb}: {response.headers.get('X-Cache-Status')}")
    return took_ms


def _row(times: list[float], cores: int) -> Row:
    cuts = quantiles(times, n=100, method="inclusive")
    return Stated(
        letter="f",
        what="cold request, from the keyed URL to the drawn bytes",
        seen=f"p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms",
        note=f"{len(times)} films one after another, each asked for once: gateway → 302 → content server → stream → "
        f"worker → TMDB, MDBList and art → pixels → S3 → bytes. All parts, S3 and sources too, share {cores} cores; "
        f"fastest "
        f"{times[0]:.1f}, slowest {times[-1]:.1f} ms.",
    )
