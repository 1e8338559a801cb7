"""A renderer is killed in the middle of jobs, at every point between their beginning and their end."""

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg
import pytest
from yarl import URL

from deploy.dev.local.ports import free_ports
from shared.stores.redis import connect
from tests.stack.caller import Answer, fetch, show, until
from tests.stack.holding_relay import Holding, HoldingRelay
from tests.stack.pair import Pair
from tests.stack.sources import Copy, Source, Sources
from tests.stack.stores import Stores
from tests.stack.trouble import held

AT_POINT_S: Final = 60.0
FINISHED_S: Final = 120.0
LET_GO_S: Final = 60.0
LOOK_S: Final = 0.2
UNCOUNTED: Final = 10
"""Calls that a killed process may have made without counting them, or counted without making them."""

BY_SOURCE: Final = {
    "asked for the title's id": Source.TMDB,
    "asked for the ratings": Source.MDBLIST,
    "asked for the artwork": Source.IMAGES,
}
HELD_KEYS: Final = ("turn", "asking", "pending")


@dataclass
class Stage:
    """A pair whose Redis and S3 are behind relays that can hold single requests."""

    pair: Pair
    redis: HoldingRelay
    s3: HoldingRelay

    async def keys(self, kind: str) -> list[str]:
        """Return the keys of one kind in Redis."""
        async with connect(self.pair.stores.redis_url) as redis:
            return [name.decode() async for name in redis.scan_iter(match=f"marquee:{kind}:*")]


@pytest.fixture
async def stage(tmp_path: Path, stores: Stores, sources: Sources) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        ports = free_ports(2, apart_from=())
        redis, s3 = [
            await stack.enter_async_context(HoldingRelay(port, URL(url).port or 0))
            for port, url in zip(ports, (stores.redis_url, stores.s3_url), strict=True)
        ]
        reached = replace(stores, redis_url=redis.leading(stores.redis_url), s3_url=s3.leading(stores.s3_url))
        yield Stage(await stack.enter_async_context(Pair(tmp_path, reached, sources)), redis, s3)


async def drawn(http: aiohttp.ClientSession, url: str) -> Answer:
    """Ask until there is a finished picture; return the last answer."""
    deadline = time.monotonic() + FINISHED_S
    answer = await fetch(http, url)
    while answer.cache not in {"HIT", "MISS"} and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_S)
        answer = await fetch(http, url)
    return answer


async def begin_jobs(stage: Stage, sources: Sources, http: aiohttp.ClientSession) -> dict[str, Copy]:
    """Let one job come to each point, and stay there."""
    films = {point: sources.film() for point in (*BY_SOURCE, "not stored yet", "stored", "not acknowledged yet")}
    for point, source in BY_SOURCE.items():
        sources.break_down(source, held, films[point])
    waits = [
        stage.s3.hold([b"PUT /", films["not stored yet"].tmdb.encode()], Holding.REQUEST),
        stage.s3.hold([b"PUT /", films["stored"].tmdb.encode()], Holding.REPLY),
    ]
    for point in (*BY_SOURCE, "not stored yet", "stored"):
        await fetch(http, stage.pair.picture(films[point].imdb), follow=False)
    assert await until(
        lambda: (
            all(sources.count(source, films[point]) for point, source in BY_SOURCE.items())
            and set(waits) <= stage.s3.held
        ),
        seconds=AT_POINT_S,
    )
    last = stage.redis.hold([b"done.v1", films["not acknowledged yet"].tmdb.encode()], Holding.REQUEST)
    await fetch(http, stage.pair.picture(films["not acknowledged yet"].imdb), follow=False)
    assert await until(lambda: last in stage.redis.held, seconds=AT_POINT_S)
    return films


async def test_no_job_of_a_killed_renderer_is_lost_and_nothing_stays_held(
    stage: Stage, sources: Sources, http: aiohttp.ClientSession
) -> None:
    asked_before = sources.count(Source.MDBLIST)  # by other tests
    whole = await drawn(http, stage.pair.picture(sources.film().imdb))
    films = await begin_jobs(stage, sources, http)
    before = {kind: len(await stage.keys(kind)) for kind in HELD_KEYS}

    began = time.monotonic()
    stage.pair.renderers[0].kill()
    sources.heal()
    stage.redis.release()
    stage.s3.release()
    other = await asyncio.to_thread(stage.pair.another_renderer)
    answers = await asyncio.gather(*(drawn(http, stage.pair.picture(film.imdb)) for film in films.values()))
    took_s = time.monotonic() - began
    await stage.pair.quiet()
    left = await let_go(stage)
    rows = await recorded(stage.pair.stores, films.values())
    asked, counted = sources.count(Source.MDBLIST) - asked_before, await budget(stage)

    show(
        "SIGKILL in the middle of jobs",
        [
            *((point, f"{answer.status} {answer.cache}") for point, answer in zip(films, answers, strict=True)),
            ("all finished after", f"{took_s:.1f} s"),
            ("keys when it was killed", before),
            ("keys when all was done", left),
            ("calls to MDBList", f"{asked}, counted {counted}"),
        ],
    )
    assert before["turn"] >= len(films) - 1  # the one without an id yet has none
    assert before["asking"] >= 2
    assert before["pending"] == len(films)
    assert {(200, whole.body)} == {(answer.status, answer.body) for answer in answers}
    assert Counter({f"{hashlib.sha256(whole.body).hexdigest()[:32]} {len(whole.body)}": len(films)}) == rows
    assert dict.fromkeys(HELD_KEYS, 0) == left
    assert 0 == stage.pair.number("renderer_jobs_total", other, outcome="dead")
    assert abs(asked - counted) <= UNCOUNTED
    assert [] == [name for name in await stage.keys("source") if name.endswith(":open") or ":rest:" in name]


async def let_go(stage: Stage) -> dict[str, int]:
    """Return how many keys are left when those with a time limit had time to expire."""
    deadline = time.monotonic() + LET_GO_S
    left = {kind: len(await stage.keys(kind)) for kind in HELD_KEYS}
    while any(left.values()) and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_S)
        left = {kind: len(await stage.keys(kind)) for kind in HELD_KEYS}
    return left


async def recorded(stores: Stores, films: Iterable[Copy]) -> Counter[str]:
    """Return what the index says of the pictures of these films, each with how many films it says it of."""
    database = await asyncpg.connect(stores.database_url)
    try:
        query = "SELECT etag, bytes FROM images WHERE media_id = ANY($1)"
        rows = await database.fetch(query, [film.tmdb for film in films])
    finally:
        await database.close()
    return Counter(f"{row['etag']} {row['bytes']}" for row in rows)


async def budget(stage: Stage) -> int:
    """Return how many calls to MDBList are counted against its key's budget."""
    (name,) = [name for name in await stage.keys("source") if ":mdblist:budget:" in name]
    async with connect(stage.pair.stores.redis_url) as redis:
        fields: Any = await redis.hgetall(name)
    return int(fields[b"used"])
