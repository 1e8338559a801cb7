"""Behind one address the primary becomes a replica, while open connections stay with it, and nothing is lost."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.stack.caller import fetch, show
from tests.stack.pair import Pair
from tests.stack.part import Part
from tests.stack.parts import Stack, running_stack
from tests.stack.sources import Source, Sources
from tests.stack.stores import Stores
from tests.stack.trouble import held
from tests.stack.valkeys import Address, open_address

BACK_WITHIN_S = 30.0
QUEUED = 12
LOOK_S = 0.1


@pytest.fixture(scope="module")
def ground() -> Iterator[Stack]:
    with running_stack() as stack:
        yield stack


@pytest.fixture
async def address(ground: Stack) -> AsyncIterator[Address]:
    async with open_address(ground, 4) as address:
        yield address


async def test_both_services_work_again_within_seconds_and_no_job_is_lost(
    tmp_path: Path, stores: Stores, sources: Sources, http: aiohttp.ClientSession, address: Address
) -> None:
    found = replace(stores, redis_url=address.url)
    async with Pair(tmp_path, found, sources, {"RENDER_WAIT_MS": "2000"}, renderer_count=2) as pair:
        queued = [sources.film() for _ in range(QUEUED)]
        sources.break_down(Source.IMAGES, held)
        links = [await link(pair, http, f"{film.imdb}.jpg") for film in queued]
        await all_are_held(pair)

        await address.fail_over()
        began = time.monotonic()
        sources.heal()
        outage_s, seen = await until_drawn(pair, http, sources)
        useful_s = await until_useful(pair, began)
        drawn = [await finished(http, each) for each in links]
        took_s = time.monotonic() - began
        dead = await asyncio.to_thread(pair.number, "renderer_jobs_total", outcome="dead")
        restarts = [part.process.poll() for part in pair.parts]

    show(
        "the primary becomes a replica behind the same address",
        [
            ("a new picture is drawn after", f"{outage_s:.2f} s", dict(seen)),
            ("every process finds Redis useful after", f"{useful_s:.2f} s", ""),
            (f"the {QUEUED} jobs of before are drawn after", f"{took_s:.1f} s", dict(Counter(drawn))),
        ],
    )
    assert max(outage_s, useful_s) < BACK_WITHIN_S
    assert {200} == set(seen)
    assert {"HIT"} == set(drawn)
    assert 0 == dead
    assert [None] * 3 == restarts


async def test_a_replica_that_nobody_replaces_is_no_useful_redis(
    tmp_path: Path, stores: Stores, sources: Sources, address: Address, http: aiohttp.ClientSession
) -> None:
    found = replace(stores, redis_url=address.url)
    async with Pair(tmp_path, found, sources) as pair:
        well = [await redis_check(part, http) for part in pair.parts]
        await address.fail_over(second_takes_over=False)
        await until_useful(pair, time.monotonic(), useful=False)
        ill = [await redis_check(part, http) for part in pair.parts]

    assert [(True, "")] * 2 == well
    assert [False] * 2 == [ok for ok, _ in ill]
    assert all(detail.startswith("READONLY ") for _, detail in ill)


async def link(pair: Pair, http: aiohttp.ClientSession, title: str) -> str:
    """Return the address of the picture; the gateway's hint queues it."""
    return (await fetch(http, pair.picture(title), follow=False)).headers["location"]


async def all_are_held(pair: Pair) -> None:
    async with asyncio.timeout(60):
        while await asyncio.to_thread(pair.number, "renderer_jobs_held") < QUEUED:  # noqa: ASYNC110 - other processes
            await asyncio.sleep(LOOK_S)


async def until_drawn(pair: Pair, http: aiohttp.ClientSession, sources: Sources) -> tuple[float, Counter[int]]:
    """Ask for new titles until the queue has one drawn; return how long that took, and what callers met."""
    began, seen = time.monotonic(), Counter[int]()
    while time.monotonic() - began < 2 * BACK_WITHIN_S:
        answer = await fetch(http, pair.picture(f"{sources.film().imdb}.jpg"))
        seen[answer.status] += 1
        if answer.cache == "MISS":
            break
        await asyncio.sleep(LOOK_S)
    return time.monotonic() - began, seen


async def until_useful(pair: Pair, began: float, *, useful: bool = True) -> float:
    """Wait until every process says that Redis does its work, or does not; return the seconds since ``began``."""
    wanted = {float(useful)}
    async with asyncio.timeout(2 * BACK_WITHIN_S):
        while wanted != {await asyncio.to_thread(usable, pair, part) for part in pair.parts}:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_S)
    return time.monotonic() - began


def usable(pair: Pair, part: Part) -> float:
    """Return what a process says in its metrics."""
    return next(
        sample.value
        for family in text_string_to_metric_families(pair.page(part))
        for sample in family.samples
        if (sample.name, sample.labels) == ("marquee_store_usable", {"store": "redis"})
    )


async def redis_check(part: Part, http: aiohttp.ClientSession) -> tuple[bool, str]:
    """Return whether a process is well with Redis, and what it says about it."""
    address = part.program.env["METRICS_ADDR"]
    async with http.get(f"http://{address}/readyz") as answer:
        check = (await answer.json())["checks"]["redis"]
    return check["ok"], check["detail"]


async def finished(http: aiohttp.ClientSession, url: str) -> str:
    """Ask until a picture is stored; return what the last answer says of the cache."""
    async with asyncio.timeout(120):
        while (answer := await fetch(http, url)).cache != "HIT":  # noqa: ASYNC110
            await asyncio.sleep(LOOK_S)
    return answer.cache
