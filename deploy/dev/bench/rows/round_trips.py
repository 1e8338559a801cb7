"""Row r: what a cold picture, and one that is there, ask of Redis, counted on the way to it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import islice
from statistics import quantiles
from typing import Final

import aiohttp
from yarl import URL

from deploy.dev.bench.harness import Bench
from deploy.dev.bench.results import Row, bounded
from deploy.dev.local.ports import free_ports
from tests.stack.caller import fetch
from tests.stack.counting_relay import CountingRelay

_COLD: Final = 40
_AGAIN: Final = 10


async def measure(bench: Bench, _: frozenset[str]) -> AsyncIterator[Row]:
    """Request pictures one after another, each once, and then all of them again."""
    every, stores, (port,) = bench.cores.every, bench.stores, free_ports(1, apart_from=())
    async with (
        CountingRelay(port, URL(stores.redis_url).port or 0) as relay,
        bench.running(bench.sources, every),
        bench.services(
            every, stores=replace(stores, redis_url=relay.leading(stores.redis_url)), gateways=1, renderers=1
        ) as services,
        aiohttp.ClientSession() as http,
    ):
        urls = [services.picture(f"{imdb}.jpg") for imdb in islice(bench.titles, _COLD)]
        cold = [await _cost(relay, http, [url]) for url in urls]
        again = await _cost(relay, http, urls * _AGAIN)
    # Of a quarter of the pictures nothing else is counted, such as a sweep for abandoned jobs.
    commands, trips = (quantiles(column)[0] for column in zip(*cold, strict=True))
    yield bounded("r commands", commands)
    yield bounded("r round trips", trips)
    yield bounded("r hit", again[0] / (_COLD * _AGAIN))


async def _cost(relay: CountingRelay, http: aiohttp.ClientSession, urls: list[str]) -> tuple[int, int]:
    """Return the commands and round trips of some requests, without what processes do on their own."""
    relay.reset()
    for url in urls:
        await fetch(http, url)
    return len(relay.asked), relay.trips
