"""Row c: what a second thread brings to the renderer's own painters."""

import asyncio
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle
from multiprocessing import get_context
from statistics import median
from typing import Final

from deploy.dev.bench.cores import Cores
from deploy.dev.bench.results import Ratio
from deploy.dev.bench.rounds import in_pairs, in_quiet_pairs
from deploy.dev.bench.rows.pixels import LOOK, QUALITY, Order, orders
from renderer.jobs.render_pool import RenderPool
from renderer.metrics import RendererMetrics
from shared.observability.metrics import new_registry

_ROUNDS: Final = 6
_MOST_ROUNDS: Final = 24
_ROUND_S: Final = 0.8
_CEILING_ROUNDS: Final = 3
_JOBS_PER_PAINTER: Final = 4


async def measure(cores: Cores) -> Ratio:
    """Measure the row; it needs every core."""
    posters = orders()
    ceiling = await _ceiling(posters) if len(cores.every) > 1 else 1.0
    with _painters(1) as one, _painters(2) as two:
        await _draw(one, posters, 1, 0.3)
        await _draw(two, posters, 2, 0.3)
        pairs, disturbed = await in_quiet_pairs(
            lambda: _draw(two, posters, 2, _ROUND_S),
            lambda: _draw(one, posters, 1, _ROUND_S),
            _ROUNDS,
            _MOST_ROUNDS,
        )
    return Ratio(
        letter="c",
        what="poster jobs with 2 threads, against 1",
        unit="jobs/s",
        pairs=pairs,
        at_least=1.9,
        note=f"Through the renderer's own painters. Two processes, which share no lock, did {ceiling:.2f} times "
        f"the work of one on this machine a moment before: the most that two threads can reach; {disturbed}.",
    )


def _painters(number: int) -> RenderPool:
    return RenderPool(threads=number, quality=QUALITY, metrics=RendererMetrics(new_registry()))


async def _draw(render_pool: RenderPool, posters: list[Order], number: int, seconds: float) -> float:
    """Keep the painters busy; returns jobs per second."""
    endless = cycle(posters)
    started = time.perf_counter()

    async def go_on() -> int:
        done = 0
        while time.perf_counter() - started < seconds:
            order = next(endless)
            await render_pool.draw(LOOK, order.art, order.ratings)
            done += 1
        return done

    done = await asyncio.gather(*(go_on() for _ in range(number * _JOBS_PER_PAINTER)))
    return sum(done) / (time.perf_counter() - started)


async def _ceiling(posters: list[Order]) -> float:
    """Return how many times the work of one process two of them do now."""
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:

        async def rate(processes: int) -> float:
            works = (loop.run_in_executor(pool, draw_alone, posters, _ROUND_S / 2) for _ in range(processes))
            return sum(await asyncio.gather(*works))

        await rate(2)
        pairs = await in_pairs(lambda: rate(2), lambda: rate(1), _CEILING_ROUNDS)
    return median(pair.ours / pair.base for pair in pairs)


def draw_alone(posters: list[Order], seconds: float) -> float:
    """Draw in a process of its own; returns jobs per second."""
    endless, done, started = cycle(posters), 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        next(endless).draw()
        done += 1
    return done / (time.perf_counter() - started)
