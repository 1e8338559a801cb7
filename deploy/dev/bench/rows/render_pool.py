"""Rows c and l: what a second thread adds to the renderer's own render pool, and how much memory the threads need."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle, islice, takewhile
from multiprocessing import get_context
from typing import Final

import msgspec

from deploy.dev.bench.harness import Bench, peak_mib
from deploy.dev.bench.results import Row, bounded, compared
from deploy.dev.bench.rounds import in_pairs
from deploy.dev.bench.rows.pixels import QUALITY, Order, orders
from renderer.jobs.render_pool import RenderPool
from renderer.memory_limits import return_freed_memory
from renderer.metrics import RendererMetrics
from shared.domain.pictures import Format, Kind
from shared.observability.metrics import new_registry
from shared.settings.parameters import parse

PAINTERS: Final = 2
_WAITING: Final = 4  # jobs at any time for each thread
_ROUND_S: Final = 0.8
_BACKDROP: Final = parse(Kind.BACKDROP, Format.JPG, {"imageSize": "large"})
_BACKDROP_WIDTH: Final = 3840
_BACKDROPS: Final = 60


class Peak(msgspec.Struct, frozen=True):
    """Memory of a process in MiB: before it drew, and the maximum in the first and in the second half of its work."""

    idle: float
    early: float
    late: float


async def measure(_: Bench, wanted: frozenset[str]) -> AsyncIterator[Row]:
    """Measure the requested ones of these rows."""
    if "c" in wanted:
        yield await _threads()
    if "l" in wanted:
        yield await _memory()


async def _threads() -> Row:
    posters, loop = orders(), asyncio.get_running_loop()
    with _render_pool(2) as pool, ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:

        async def apart() -> float:
            works = (loop.run_in_executor(processes, draw_alone, posters, _ROUND_S) for _ in range(2))
            return sum(await asyncio.gather(*works))

        async def together() -> float:
            return await _rate(pool, posters, 2, _ROUND_S)

        await in_pairs("c", together, apart, 1)  # sprites are drawn, memory is allocated
        return compared("c", await in_pairs("c", together, apart))


async def _memory() -> Row:
    """Measure in a separate process, as its kernel sees it."""
    backdrops, loop = orders(3, _BACKDROP, _BACKDROP_WIDTH), asyncio.get_running_loop()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        peak = await loop.run_in_executor(pool, draw_without_pause, backdrops, _BACKDROPS)
    note = (
        f"{_BACKDROPS} pictures, {PAINTERS * _WAITING} of them queued at any time; {peak.idle:.0f} MiB before the "
        f"first, at most {peak.early:.0f} MiB in the first half and {peak.late:.0f} MiB in all."
    )
    return bounded("l", peak.late, note, threads=PAINTERS)


def draw_without_pause(backdrops: list[Order], number: int) -> Peak:
    """Draw that many pictures in this process."""
    return asyncio.run(_peak(backdrops, number))


async def _peak(backdrops: list[Order], number: int) -> Peak:
    idle = peak_mib()
    with _render_pool(PAINTERS) as render_pool:
        await _draw(render_pool, islice(cycle(backdrops), number // 2), PAINTERS)
        early = max(idle, peak_mib())  # the kernel's mark may lag by some pages
        await _draw(render_pool, islice(cycle(backdrops), number - number // 2), PAINTERS)
    return Peak(idle, early, max(early, peak_mib()))


def draw_alone(posters: list[Order], seconds: float) -> float:
    """Draw with one thread of this process; returns jobs per second."""
    with _render_pool(1) as render_pool:
        return asyncio.run(_rate(render_pool, posters, 1, seconds))


def _render_pool(number: int) -> RenderPool:
    """Return threads that draw, in a process that keeps memory as a renderer does."""
    return_freed_memory()
    return RenderPool(threads=number, quality=QUALITY, metrics=RendererMetrics(new_registry()))


async def _rate(render_pool: RenderPool, posters: list[Order], number: int, seconds: float) -> float:
    """Keep the threads busy for a while; returns jobs per second."""
    started = time.perf_counter()
    in_time = takewhile(lambda _: time.perf_counter() - started < seconds, cycle(posters))
    return await _draw(render_pool, in_time, number) / (time.perf_counter() - started)


async def _draw(render_pool: RenderPool, ordered: Iterator[Order], number: int) -> int:
    """Keep this number of threads busy until all is drawn; returns how many pictures that were."""

    async def one_after_another() -> int:
        done = 0
        for done, order in enumerate(ordered, 1):  # noqa: B007 - all of them take from one iterator
            await render_pool.draw(order.look, order.art, order.ratings)
        return done

    return sum(await asyncio.gather(*(one_after_another() for _ in range(number * _WAITING))))
