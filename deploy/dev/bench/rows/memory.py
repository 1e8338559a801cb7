"""Row l: how much memory a process takes that draws the largest backdrops without a pause."""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import msgspec

from deploy.dev.bench.results import Bounded
from deploy.dev.bench.rows.pixels import QUALITY, Order, orders
from renderer.jobs.render_pool import RenderPool
from renderer.metrics import RendererMetrics
from shared.domain.pictures import Format, Kind
from shared.observability.metrics import new_registry
from shared.settings.parameters import parse

PAINTERS: Final = 2
MOST_MIB: Final = 320
"""Two painters, each with decoded art and a canvas of 32 MiB and what its codecs need; the rest is the interpreter."""

_LOOK: Final = parse(Kind.BACKDROP, Format.JPG, {"imageSize": "large"})
_ART_WIDTH: Final = 3840
_ARTS: Final = 3
_PICTURES: Final = 60
_WAITING: Final = 4  # at any time for each painter


class Peak(msgspec.Struct, frozen=True):
    """Memory of a process in MiB: before it drew, and at most in the first and in the second half of its work."""

    idle: float
    early: float
    late: float


def measure() -> Bounded:
    """Measure the row in a process of its own, as its kernel sees it."""
    backdrops = orders(_ARTS, _LOOK, _ART_WIDTH)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        peak = pool.submit(draw_without_pause, backdrops, _PICTURES).result()
    return Bounded(
        letter="l",
        what=f"peak memory while {PAINTERS} threads draw 4K backdrops without pause",
        unit="MiB",
        seen=peak.late,
        at_most=MOST_MIB,
        note=f"Resident memory of one process at its highest. {_PICTURES} pictures of 3840×2160 from art of that size, "
        f"through the renderer's own painters, {PAINTERS * _WAITING} of them ordered at any time; {peak.idle:.0f} MiB "
        f"before the first, at most {peak.early:.0f} MiB in the first half and {peak.late:.0f} MiB in all.",
    )


def draw_without_pause(backdrops: list[Order], number: int) -> Peak:
    """Draw that many pictures in this process."""
    idle = _highest_mib()
    with RenderPool(threads=PAINTERS, quality=QUALITY, metrics=RendererMetrics(new_registry())) as render_pool:
        asyncio.run(_draw(render_pool, backdrops, number // 2))
        early = _highest_mib()
        asyncio.run(_draw(render_pool, backdrops, number - number // 2))
    return Peak(idle, early, _highest_mib())


async def _draw(render_pool: RenderPool, backdrops: list[Order], number: int) -> None:
    left = iter(range(number))
    endless = cycle(backdrops)

    async def go_on() -> None:
        for _ in left:
            order = next(endless)
            await render_pool.draw(order.look, order.art, order.ratings)

    await asyncio.gather(*(go_on() for _ in range(PAINTERS * _WAITING)))


def _highest_mib() -> float:
    """Return the most memory that this program ever had resident; getrusage would count its parent's as well."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
