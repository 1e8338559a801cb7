"""The render pool draws in threads, and no more pictures wait for it than its limit."""

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Final

import pytest
from prometheus_client import CollectorRegistry

from renderer.drawing.codec import Undecodable
from renderer.drawing.memory_need import drawing_bytes
from renderer.jobs.render_pool import QUEUED_PER_THREAD, RenderPool
from renderer.jobs.work_clock import time_to_work
from renderer.metrics import RendererMetrics
from services.client.byte_budget import ByteBudget
from shared.config.environment import Secret
from shared.config.process import TracesConfig
from shared.domain.errors import Busy
from shared.domain.pictures import Format, Kind
from shared.observability.tracer import Tracing
from shared.observability.tracing import Role
from shared.settings.model import Settings
from shared.settings.parameters import parse
from tests.collector import Collector
from tests.renderer.pictures import size_of
from tests.renderer.studio import RATINGS, art_bytes

HUGE_PAGES: Final = Path("/sys/kernel/mm/transparent_hugepage/enabled")
MAPPINGS: Final = Path("/proc/self/smaps_rollup")
DRAWN_MIB: Final = 9
PROGRAM: Final = """
import re
from pathlib import Path

from PIL import Image
from prometheus_client import CollectorRegistry

from renderer.jobs.render_pool import RenderPool
from renderer.memory_limits import return_freed_memory
from renderer.metrics import RendererMetrics

def huge_mib():
    return int(re.search(r"AnonHugePages: +(\\d+)", Path("/proc/self/smaps_rollup").read_text())[1]) >> 10

return_freed_memory()
with RenderPool(threads=1, quality=85, metrics=RendererMetrics(CollectorRegistry())) as pool:
    for threads in (pool._pool, pool._pool_for_large):
        before = huge_mib()
        picture = threads.submit(Image.new, "RGBX", (1280, 1896), (1, 2, 3)).result()
        print(huge_mib() - before)
"""
"""Paints a picture of 9 MiB in each kind of thread, and says how much memory in huge pages that took."""

SETTINGS = parse(Kind.POSTER, Format.JPG, {})


ANOTHER = parse(Kind.POSTER, Format.JPG, {"ratings_limit": "2"})
LARGEST = parse(Kind.BACKDROP, Format.WEBP, {"imageSize": "large"})
PLAIN_BACKDROP = parse(Kind.BACKDROP, Format.WEBP, {"imageSize": "small"})


class NotingPool(RenderPool):
    """Notes how nice each thread is that draws, and draws a poster whatever the size."""

    def __init__(self, threads: int, *, is_plain: bool = False) -> None:
        super().__init__(threads=threads, quality=85, metrics=RendererMetrics(CollectorRegistry()), is_plain=is_plain)
        self.nice: dict[Settings, int] = {}

    def _timed(self, settings: Settings, *drawn: Any, **_: Any) -> bytes:
        self.nice[settings] = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        return super()._timed(SETTINGS, *drawn)


def render_pool(count: int = 1) -> RenderPool:
    return RenderPool(threads=count, quality=85, metrics=RendererMetrics(CollectorRegistry()))


async def test_the_pool_draws_the_picture() -> None:
    with render_pool() as pool:
        body = await pool.draw(SETTINGS, art_bytes(), RATINGS)

    assert (580, 859) == size_of(body)


@pytest.mark.skipif(
    not (MAPPINGS.exists() and HUGE_PAGES.exists() and "[never]" not in HUGE_PAGES.read_text()),
    reason="the kernel has no huge pages",
)
def test_each_thread_paints_in_huge_pages() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)  # noqa: S603 - this interpreter

    assert all(int(mib) > DRAWN_MIB / 2 for mib in ran.stdout.split()), ran.stdout
    assert len(ran.stdout.split()) == 2


async def test_the_drawing_time_carries_the_trace_of_the_job() -> None:
    registry = CollectorRegistry()

    with (
        Collector() as collector,
        Tracing.open(TracesConfig(Secret(collector.url), 1.0), "test") as tracing,
        RenderPool(threads=1, quality=85, metrics=RendererMetrics(registry)) as pool,
        tracing.begin("process", Role.CONSUMER) as span,
    ):
        await pool.draw(SETTINGS, art_bytes(), RATINGS)

    samples = [sample for family in registry.collect() for sample in family.samples]
    assert [("renderer_draw_seconds_bucket", {"trace_id": span.trace_id})] == [
        (sample.name, sample.exemplar.labels) for sample in samples if sample.exemplar
    ]


async def test_bad_artwork_raises_in_the_caller() -> None:
    with render_pool() as pool, pytest.raises(Undecodable):
        await pool.draw(SETTINGS, b"\xff\xd8\xff", RATINGS)


async def test_no_more_pictures_wait_than_the_limit() -> None:
    with render_pool() as pool:
        most = 1 + QUEUED_PER_THREAD
        waiting = [asyncio.create_task(pool.draw(SETTINGS, art_bytes(), {})) for _ in range(most)]
        await asyncio.sleep(0)

        with pytest.raises(Busy):
            await pool.draw(SETTINGS, art_bytes(), {})

        assert most == len(await asyncio.gather(*waiting))


async def test_drawings_wait_for_memory_whatever_threads_are_free() -> None:
    registry, need = CollectorRegistry(), drawing_bytes(art_bytes(), SETTINGS)
    memory = ByteBudget(3 * need // 2)
    most: list[int] = []

    with RenderPool(threads=4, quality=85, metrics=RendererMetrics(registry), memory=memory) as pool:
        drawings = [asyncio.ensure_future(pool.draw(SETTINGS, art_bytes(), {})) for _ in range(8)]
        while not all(drawing.done() for drawing in drawings):
            most.append(int(registry.get_sample_value("renderer_drawing_memory_bytes") or 0))
            await asyncio.wait(drawings, timeout=0.002)

    assert [(580, 859)] * 8 == [size_of(drawing.result()) for drawing in drawings]
    assert need == max(most)
    assert memory.limit == registry.get_sample_value("renderer_drawing_memory_limit_bytes")
    assert 0 == memory.used


async def test_pools_of_a_process_share_one_budget_and_plain_artwork_comes_first() -> None:
    need = drawing_bytes(art_bytes(), SETTINGS)
    memory, metrics, done = ByteBudget(need), RendererMetrics(CollectorRegistry()), list[str]()
    await memory.take(need)

    with (
        RenderPool(threads=1, quality=85, metrics=metrics, memory=memory) as pool,
        RenderPool(threads=1, quality=85, metrics=metrics, memory=memory, is_plain=True) as plain_pool,
    ):

        async def draw(pool: RenderPool, name: str) -> None:
            await pool.draw(SETTINGS, art_bytes(), {})
            done.append(name)

        drawings = [asyncio.ensure_future(draw(pool, "picture"))]
        await asyncio.sleep(0)
        drawings.append(asyncio.ensure_future(draw(plain_pool, "plain")))
        await asyncio.wait(drawings, timeout=0.1)
        waited = list(done)
        memory.give_back(need)
        await asyncio.gather(*drawings)

    assert ([], ["plain", "picture"]) == (waited, done)


async def test_artwork_that_needs_more_than_all_memory_counts_as_bad() -> None:
    need = drawing_bytes(art_bytes(), SETTINGS)
    metrics = RendererMetrics(CollectorRegistry())

    with (
        RenderPool(threads=1, quality=85, metrics=metrics, memory=ByteBudget(need - 1)) as pool,
        pytest.raises(Undecodable, match="needs"),
    ):
        await pool.draw(SETTINGS, art_bytes(), {})


async def test_the_wait_for_memory_is_part_of_a_jobs_time() -> None:
    need = drawing_bytes(art_bytes(), SETTINGS)
    memory = ByteBudget(need)
    await memory.take(need)

    with RenderPool(threads=1, quality=85, metrics=RendererMetrics(CollectorRegistry()), memory=memory) as pool:
        with pytest.raises(TimeoutError):
            async with time_to_work(0.05):
                await pool.draw(SETTINGS, art_bytes(), {})
        memory.give_back(need)
        body = await pool.draw(SETTINGS, art_bytes(), {})

    assert (580, 859) == size_of(body)
