"""Painters draw in threads, and no more pictures wait for them than their limit."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from renderer.drawing.codec import Undecodable
from renderer.jobs.render_pool import QUEUED_PER_THREAD, RenderPool
from renderer.metrics import RendererMetrics
from shared.config.environment import Secret
from shared.config.process import TracesConfig
from shared.domain.errors import Busy
from shared.domain.pictures import Format, Kind
from shared.observability.tracing import Role, Tracing
from shared.settings.parameters import parse
from tests.collector import Collector
from tests.renderer.pictures import size_of
from tests.renderer.studio import RATINGS, art_bytes

LOOK = parse(Kind.POSTER, Format.JPG, {})


def render_pool(count: int = 1) -> RenderPool:
    return RenderPool(render_pool=count, quality=85, metrics=RendererMetrics(CollectorRegistry()))


async def test_a_painter_draws_the_picture() -> None:
    with render_pool() as pool:
        body = await pool.draw(LOOK, art_bytes(), RATINGS)

    assert (580, 859) == size_of(body)


async def test_the_time_of_drawing_names_the_trace_that_asked_for_it() -> None:
    registry = CollectorRegistry()

    with (
        Collector() as collector,
        Tracing.open(TracesConfig(Secret(collector.url), 1.0), "test") as tracing,
        RenderPool(render_pool=1, quality=85, metrics=RendererMetrics(registry)) as pool,
        tracing.begin("process", Role.CONSUMER) as span,
    ):
        await pool.draw(LOOK, art_bytes(), RATINGS)

    samples = [sample for family in registry.collect() for sample in family.samples]
    assert [("renderer_draw_seconds_bucket", {"trace_id": span.trace_id})] == [
        (sample.name, sample.exemplar.labels) for sample in samples if sample.exemplar
    ]


async def test_bad_art_is_told_to_who_asked() -> None:
    with render_pool() as pool, pytest.raises(Undecodable):
        await pool.draw(LOOK, b"\xff\xd8\xff", RATINGS)


async def test_as_many_pictures_wait_as_the_limit_and_not_one_more() -> None:
    with render_pool() as pool:
        most = 1 + QUEUED_PER_THREAD
        waiting = [asyncio.create_task(pool.draw(LOOK, art_bytes(), {})) for _ in range(most)]
        await asyncio.sleep(0)

        with pytest.raises(Busy):
            await pool.draw(LOOK, art_bytes(), {})

        assert most == len(await asyncio.gather(*waiting))
