"""The demo as a program: it says where it is, counts its calls, and stops when told."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.request import urlopen

from tests.deploy.dev.demo.conftest import Demo
from tests.stack.part import descendants
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[4]
ANIME = {"anime_map": 0, "anilist": 0, "kitsu": 0}
DRAWN = "/tmdb-images/t/p/w92/metropolis-poster-en.jpg"


async def test_calls_are_counted_by_source(demo: Demo) -> None:
    for path in ("/tmdb/3/movie/19", "/tmdb/3/movie/19?api_key=k", "/omdb/?apikey=k", "/tmdb-images/t/p/w92/x.jpg"):
        await demo.get(path)

    counted = await (await demo.get("/calls")).json()

    assert {"tmdb": 2, "tmdb_images": 1, "mdblist": 0, "omdb": 1, "fanart": 0, "trakt": 0, **ANIME} == counted


async def test_program_says_where_it_listens_draws_and_stops_on_sigterm() -> None:
    async with _program() as (program, url):
        picture = await asyncio.to_thread(_fetch, f"{url}{DRAWN}")
        calls = json.loads(await asyncio.to_thread(_fetch, f"{url}/calls"))
        program.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(program.wait(), 60)

    assert (b"\xff\xd8", 1, 0) == (picture[:2], calls["tmdb_images"], code)


async def test_a_killed_program_takes_the_process_that_draws_with_it() -> None:
    async with _program() as (program, url):
        await asyncio.to_thread(_fetch, f"{url}{DRAWN}")
        helpers = list(descendants(program.pid))
        program.kill()

        await until(lambda: not any(Path(f"/proc/{pid}/cwd").exists() for pid in helpers))

    assert len(helpers) > 1  # one draws, one is the tracker of multiprocessing


@asynccontextmanager
async def _program() -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Start the demo; return its process and address. It is gone in the end."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.dev.demo", "--port", "0", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert program.stdout is not None
        said = (await asyncio.wait_for(program.stdout.readline(), 60)).decode()
        yield program, next(word for word in said.split() if word.startswith("http://"))
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()


def _fetch(url: str) -> bytes:
    with urlopen(url, timeout=60) as answer:  # noqa: S310  # the address is our own program's
        body: bytes = answer.read()
    return body
