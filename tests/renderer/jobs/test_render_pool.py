"""The render pool draws in threads, and no more pictures wait for it than its limit."""

import asyncio
import os
import sys
import threading

import pytest
from prometheus_client import CollectorRegistry

from renderer.drawing.codec import Undecodable
from renderer.jobs.render_pool import NICENESS_OF_LARGE, QUEUED_PER_THREAD, RenderPool
from renderer.metrics import RendererMetrics
from shared.config.environment import Secret
from shared.config.process import TracesConfig
from shared.domain.awards import Award
from shared.domain.errors import Busy
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import Ratings
from shared.observability.tracing import Role, Tracing
from shared.settings.model import Settings
from shared.settings.parameters import parse
from tests.collector import Collector
from tests.renderer.pictures import size_of
from tests.renderer.studio import RATINGS, art_bytes
from tests.waiting import until

SETTINGS = parse(Kind.POSTER, Format.JPG, {})


ANOTHER = parse(Kind.POSTER, Format.JPG, {"ratings_limit": "2"})
LARGEST = parse(Kind.BACKDROP, Format.WEBP, {"imageSize": "large"})
PLAIN_BACKDROP = parse(Kind.BACKDROP, Format.WEBP, {"imageSize": "small"})


class NotingPool(RenderPool):
    """Notes how nice each thread is that draws, and draws a poster whatever the size."""

    def __init__(self, threads: int, *, is_plain: bool = False) -> None:
        super().__init__(threads=threads, quality=85, metrics=RendererMetrics(CollectorRegistry()), is_plain=is_plain)
        self.nice: dict[Settings, int] = {}

    def _timed(self, settings: Settings, artwork: bytes, ratings: Ratings, award: Award | None) -> bytes:
        self.nice[settings] = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        return super()._timed(SETTINGS, artwork, ratings, award)


def render_pool(count: int = 1) -> RenderPool:
    return RenderPool(threads=count, quality=85, metrics=RendererMetrics(CollectorRegistry()))


async def test_the_pool_draws_the_picture() -> None:
    with render_pool() as pool:
        body = await pool.draw(SETTINGS, art_bytes(), RATINGS)

    assert (580, 859) == size_of(body)


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


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priorities of their own")
@pytest.mark.parametrize("threads", [1, 2, 4])
async def test_large_pictures_are_drawn_by_threads_of_low_priority_and_no_others_are(threads: int) -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    with NotingPool(threads) as pool:
        for settings in (SETTINGS, LARGEST, ANOTHER):
            await pool.draw(settings, art_bytes(), {})

    assert {SETTINGS: own, LARGEST: max(own, NICENESS_OF_LARGE), ANOTHER: own} == pool.nice
    assert own == os.getpriority(os.PRIO_PROCESS, 0)


async def test_plain_artwork_keeps_its_priority_and_leaves_a_thread_to_posters() -> None:
    large, release = threading.Event(), threading.Event()

    class HoldingPool(NotingPool):
        def _timed(self, settings: Settings, artwork: bytes, ratings: Ratings, award: Award | None) -> bytes:
            if settings is PLAIN_BACKDROP:
                large.set()
                release.wait(120)
            return super()._timed(settings, artwork, ratings, award)

    with HoldingPool(2, is_plain=True) as pool:
        backdrops = [asyncio.create_task(pool.draw(PLAIN_BACKDROP, art_bytes(), {})) for _ in range(3)]
        await until(large.is_set)
        try:
            async with asyncio.timeout(30):
                await pool.draw(SETTINGS, art_bytes(), {})
        finally:
            release.set()
        await asyncio.gather(*backdrops)

    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert {SETTINGS: own, PLAIN_BACKDROP: own} == pool.nice
