"""What `make run` has shown once it shows again after every one of its processes was killed."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import aiohttp
import msgspec
import pytest

from deploy.dev.demo.catalogue import Catalogue
from tests.e2e.make_run import MakeRun
from tests.stack.caller import Answer, fetch
from tests.stack.part import descendants

PICTURES = 50
OUTSIDE = {"TMDB_API_KEY": "", "RENDER_WAIT_MS": "60000", "RATE_LIMITS_ENABLED": "false"}


def addresses(run: MakeRun) -> list[str]:
    """Return the addresses of fifty pictures: posters of every title, with as many settings as it takes."""
    ids = [title.imdb for title in Catalogue().titles]
    wanted = [f"{title}.jpg{query}" for query in ("", "?ratings_limit=1", "?position=tl") for title in ids][:PICTURES]
    return [f"http://127.0.0.1:{run.port}/t0-free-rpdb/imdb/poster-default/{each}" for each in wanted]


async def shown(run: MakeRun) -> list[Answer]:
    """Fetch all of them, a few at a time."""
    turn = asyncio.Semaphore(4)
    async with aiohttp.ClientSession() as http:

        async def one(url: str) -> Answer:
            async with turn:
                return await fetch(http, url)

        return await asyncio.gather(*(one(url) for url in addresses(run)))


async def calls(run: MakeRun) -> dict[str, int]:
    """Return how often each source was asked since the demo was started."""
    address = run.environment_of("renderer-1")["TMDB_API_URL"].removesuffix("/tmdb/3")
    async with aiohttp.ClientSession() as http:
        return msgspec.json.decode((await fetch(http, f"{address}/calls")).body, type=dict[str, int])


def kill_all(run: MakeRun) -> None:
    """Kill every process of a run, as a power cut does: none of them can write anything more."""
    for pid in [run.make.pid, *descendants(run.make.pid)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.stack
async def test_after_a_kill_of_every_process_fifty_pictures_are_hits_and_no_source_is_asked(
    tmp_path: Path, demo_pictures: Path
) -> None:
    outside = OUTSIDE | {"DEMO_PICTURES": str(demo_pictures)}
    with MakeRun(tmp_path, outside=outside) as first:
        first.until_ready()
        drawn = await shown(first)
        asked = await calls(first)
        kill_all(first)

    with MakeRun(tmp_path, outside=outside) as second:
        second.until_ready()
        before = await calls(second)
        again = await shown(second)
        after = await calls(second)

    assert PICTURES == len(drawn) == len({answer.url for answer in drawn})
    assert {200} == {answer.status for answer in drawn}
    assert {"MISS"} <= {answer.cache for answer in drawn} <= {"MISS", "HIT"}  # the run draws a few by itself
    assert all(asked[source] > 0 for source in ("tmdb", "mdblist"))
    assert {(200, "HIT")} == {(answer.status, answer.cache) for answer in again}
    assert [answer.body for answer in drawn] == [answer.body for answer in again]
    assert before == after
