"""The memory of real processes under the worst mix that is allowed stays within what is stated.

The peak is what the kernel counted (``VmHWM``). The small sizes are those of an ordinary run; ``make stress`` plays the
full ones.
"""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest
from PIL import Image

from gateway.memory_peak import PEAK_BYTES
from renderer.config import load_renderer
from renderer.memory_limits import THREAD_BYTES, peak_bytes
from shared.queue.redis_streams import RedisStreamQueue
from shared.stores.redis import connect
from tests.stack.caller import fetch, show
from tests.stack.pair import Pair
from tests.stack.part import Part
from tests.stack.sources import Source, Sources
from tests.stack.stores import Stores
from tests.stack.trouble import body
from tests.waiting import until_true

pytestmark = pytest.mark.usefixtures("started_by_exec")  # a fork shares what it has imported with others

MB = 1 << 20
THREADS = 4
CACHE_MB = 32
CALLERS = 24
PATIENCE_S = 900.0


class Load(NamedTuple):
    """Artwork of one size, the memory for drawing, and how many pictures are drawn."""

    side: int
    memory_mb: int
    pictures: int


SMALL = Load(side=4000, memory_mb=400, pictures=3)
FULL = Load(side=7070, memory_mb=768, pictures=15)


def memory_of(part: Part, name: str) -> int:
    """Return a figure of the kernel about a process, in bytes."""
    for line in Path(f"/proc/{part.pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(name)


def artwork(side: int, mode: str, fmt: str) -> bytes:
    """Return a picture of a few kilobytes that is huge when it is decoded."""
    file = io.BytesIO()
    colour = (40, 60, 110, 128)[: len(mode)] if mode != "L" else 90
    Image.new(mode, (side, side), colour).save(file, fmt, **({"lossless": True} if fmt == "WEBP" else {}))
    return file.getvalue()


@asynccontextmanager
async def opened(folder: Path, stores: Stores, sources: Sources, settings: dict[str, str]) -> AsyncIterator[Pair]:
    async with Pair(folder, stores, sources, settings) as pair:
        yield pair


@pytest.mark.parametrize("load", [SMALL, pytest.param(FULL, marks=pytest.mark.stress)], ids=["small", "full"])
async def test_a_renderer_stays_within_its_stated_peak(
    tmp_path: Path, stores: Stores, sources: Sources, load: Load
) -> None:
    arts = [artwork(load.side, "RGBA", "WEBP"), artwork(load.side, "RGB", "PNG"), artwork(load.side, "RGBA", "PNG")]
    settings = {
        "RENDER_CONCURRENCY": str(THREADS),
        "RENDER_MEMORY_MB": str(load.memory_mb),
        "IMAGE_MEM_CACHE_MB": str(CACHE_MB),
    }
    async with opened(tmp_path, stores, sources, settings) as pair, aiohttp.ClientSession() as http:
        warm = await fetch(http, pair.picture(f"{sources.film().imdb}.jpg"))
        (renderer,) = pair.renderers
        idle = memory_of(renderer, "VmRSS")
        for art in arts:
            sources.break_down(Source.IMAGES, body(art, "image/webp"))
            await draw(pair, http, sources, load.pictures)
        stated = peak_bytes(load_renderer(renderer.program.env))
        peak = memory_of(renderer, "VmHWM")
        drawn = pair.number("renderer_draw_seconds_count")
        sources.heal()

    most = idle + (load.memory_mb + CACHE_MB) * MB + (THREADS + 1) * THREAD_BYTES + 64 * MB
    show(
        f"a renderer with {THREADS} threads on artwork of {load.side}×{load.side}",
        [
            ("pictures", "idle MB", "peak MB", "idle + limits MB", "stated MB"),
            (int(drawn), idle // MB, peak // MB, most // MB, stated // MB),
        ],
    )
    assert 200 == warm.status
    assert drawn > load.pictures
    assert peak <= most  # other caches are nearly empty here
    assert peak <= stated


async def is_idle(pair: Pair) -> bool:
    """Return whether no job waits or is being processed."""
    redis = connect(pair.stores.redis_url)
    try:
        depths = await RedisStreamQueue(redis, consumer="onlooker").depth()
    finally:
        await redis.aclose()
    return not any(depth.waiting + depth.taken for depth in depths.values())


async def draw(pair: Pair, http: aiohttp.ClientSession, sources: Sources, number: int) -> None:
    """Ask for posters and 4K pictures in every format, several at a time, until all are drawn."""
    kinds = [(".jpg", "poster", "medium"), (".webp", "poster", "verylarge"), (".png", "backdrop", "large")]
    urls = []
    for nth in range(number):
        ending, kind, size = kinds[nth % len(kinds)]
        urls.append(pair.picture(f"{sources.film().imdb}{ending}", f"?imageSize={size}", kind=kind))
    turn = asyncio.Semaphore(CALLERS)

    async def ask(url: str) -> int:
        async with turn:
            return (await fetch(http, url)).status

    statuses = await asyncio.gather(*(ask(url) for url in urls))
    assert set(statuses) <= {200, 502, 503}  # plain artwork is as large, and may come too late
    await until_true(partial(is_idle, pair), within_s=PATIENCE_S)


@pytest.mark.parametrize("number", [4_000, pytest.param(200_000, marks=pytest.mark.stress)])
async def test_junk_parameters_do_not_grow_a_gateway(
    tmp_path: Path, stores: Stores, sources: Sources, number: int
) -> None:
    async with opened(tmp_path, stores, sources, {}) as pair, aiohttp.ClientSession() as http:
        (gateway,) = pair.gateways
        url = pair.picture(f"{sources.film().imdb}.jpg", "?ratings_limit=3&junk=")
        await ask_all(http, [f"{url}{'w' * 40}{nth}" for nth in range(1_000)])
        before = memory_of(gateway, "VmRSS")
        for first in range(0, number, 4_000):
            await ask_all(http, [f"{url}{nth:0>40}&x{nth}={nth}" for nth in range(first, first + 4_000)])
        peak = memory_of(gateway, "VmHWM")

    show("a gateway", [("junk queries", "before MB", "peak MB"), (number, before // MB, peak // MB)])
    assert peak <= before * 1.1 + 2 * MB  # of the allocator
    assert peak <= PEAK_BYTES


async def ask_all(http: aiohttp.ClientSession, urls: list[str]) -> None:
    """Ask for redirects over a few connections."""
    waiting = iter(urls)

    async def ask() -> None:
        for url in waiting:
            async with http.get(url, allow_redirects=False) as response:
                assert 302 == response.status

    await asyncio.gather(*(ask() for _ in range(16)))
