"""One client with much work waiting, and a slow painter: what another client gets meanwhile."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Final

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from renderer.content.client_limits import Caller
from renderer.content.picture_result import CacheStatus
from renderer.drawing.picture import draw_picture
from renderer.jobs.render_pool import LARGE, RenderPool
from renderer.jobs.worker import Worker
from renderer.metrics import RendererMetrics
from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import MarqueeError
from shared.domain.pictures import Format, Kind
from shared.queue.messages import Priority, RenderJob
from shared.settings.content_url import ContentAddress
from shared.settings.model import Settings
from shared.settings.parameters import parse
from shared.stores.postgres import Pool
from tests.renderer.studio import IMDB, Studio
from tests.waiting import until, until_true

GREEDY: Final = Caller("203.0.113.7")
OTHER: Final = Caller("203.0.113.8")


class SlowPool(RenderPool):
    """Draws large pictures, or all of them, only once the test lets it."""

    def __init__(self, *, holds_all: bool) -> None:
        super().__init__(threads=2, quality=85, metrics=RendererMetrics(CollectorRegistry()))
        self._holds_all = holds_all
        self.go_on = threading.Event()
        self.pace_s = 30.0
        self.drawing: list[Settings] = []

    def _timed(self, settings: Settings, *drawn: Any, **_: Any) -> bytes:
        self.drawing.append(settings)
        if self._holds_all or settings.format is Format.WEBP:
            self.go_on.wait(self.pace_s)
        small = parse(settings.kind, Format.JPG, {})
        return draw_picture(small, *drawn, quality=85)


class Scene(Studio):
    """A studio with a slow painter."""

    def __init__(self, pool: Pool, redis: Redis, *, holds_all: bool) -> None:
        super().__init__(pool, redis, wait_s=1.0)
        self.render_pool.__exit__()
        self.slow = self.render_pool = SlowPool(holds_all=holds_all)
        self.dependencies = replace(self.dependencies, render_pool=self.slow)
        self.worker = Worker(
            queue=self.queue, dependencies=self.dependencies, metrics=self.metrics, threads=2, claim_wait_s=0.05
        )

    async def address(self, fmt: Format, nth: int) -> ContentAddress:
        """Return the address of an announced picture: a poster, of the largest size in WebP."""
        query = {"edge_inset": str(nth)} | ({"imageSize": "very-large"} if fmt is Format.WEBP else {})
        settings = parse(Kind.POSTER, fmt, query)
        name = await self.dependencies.settings_registry.remember(settings)
        self.queue.announce(RenderJob(settings_hash=name, title=IMDB))
        return ContentAddress(name, Kind.POSTER, IMDB, fmt)

    async def ask(self, caller: Caller, fmt: Format, count: int) -> list[str]:
        """Ask for that many pictures at once, and return where each came from, or the error."""
        addresses = [await self.address(fmt, nth) for nth in range(count)]
        answers = await asyncio.gather(
            *(self.content.find(address, caller) for address in addresses), return_exceptions=True
        )
        return [type(each).__name__ if isinstance(each, BaseException) else each.cache for each in answers]

    def drawn_plain(self) -> float:
        """Return how many pictures were drawn as plain artwork; the slow painter has metrics of its own."""
        samples = (sample for family in self.registry.collect() for sample in family.samples)
        return sum(sample.value for sample in samples if sample.name == "renderer_draw_seconds_count")

    async def run(self) -> None:
        """Work, and hear of results, until cancelled."""
        await asyncio.gather(self.worker.run(), self.content.follow())


@pytest.fixture
async def scene(pool: Pool, redis: Redis, request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    scene = Scene(pool, redis, holds_all=request.param)
    running = asyncio.create_task(scene.run())
    yield scene
    scene.slow.go_on.set()
    await cancel_and_wait(running)
    await scene.fallback.close()
    scene.slow.__exit__()


@pytest.mark.parametrize("scene", [False], indirect=True)
async def test_a_client_with_many_large_pictures_delays_no_other(scene: Scene) -> None:
    greedy = asyncio.create_task(scene.ask(GREEDY, Format.WEBP, 12))
    await until(lambda: len(scene.slow.drawing) == 1)

    answers = await scene.ask(OTHER, Format.JPG, 6)

    assert [CacheStatus.MISS] * 6 == answers
    assert [CacheStatus.FALLBACK] * 12 == await greedy  # plain artwork in time, and no error
    assert 1 == sum(settings.format is Format.WEBP for settings in scene.slow.drawing)


async def test_the_jobs_of_a_client_with_little_work_are_claimed_first(pool: Pool, redis: Redis) -> None:
    scene = Scene(pool, redis, holds_all=True)
    greedy = asyncio.create_task(scene.ask(GREEDY, Format.WEBP, 4))
    await until_true(lambda: waits(scene, 4))
    other = asyncio.create_task(scene.ask(OTHER, Format.JPG, 3))
    await until_true(lambda: waits(scene, 7))

    claimed = [job.work for _ in range(7) for job in await claim(scene)]

    assert [1, 1, 1] == claimed[:3]
    assert 4 == sum(work > LARGE for work in claimed[3:])
    assert [
        CacheStatus.FALLBACK
    ] * 7 == await greedy + await other  # no worker has drawn them, and no caller has an error
    await scene.fallback.close()
    scene.slow.__exit__()


async def waits(scene: Scene, jobs: int) -> bool:
    return (await scene.queue.depth())[Priority.INTERACTIVE].waiting == jobs


async def claim(scene: Scene) -> list[RenderJob]:
    return [delivery.job for delivery in await scene.queue.claim(1, 0)]


@pytest.mark.parametrize("scene", [True], indirect=True)
async def test_plain_artwork_is_ready_while_every_thread_is_taken(scene: Scene) -> None:
    greedy = asyncio.create_task(scene.ask(GREEDY, Format.WEBP, 4))
    await until(lambda: len(scene.slow.drawing) == 1)

    answers = await scene.ask(OTHER, Format.JPG, 6)

    assert [CacheStatus.FALLBACK] * 6 == answers
    assert [CacheStatus.FALLBACK] * 4 == await greedy


@pytest.mark.parametrize("scene", [True], indirect=True)
async def test_looks_that_differ_in_badges_share_their_plain_artwork(scene: Scene) -> None:
    answers = await scene.ask(GREEDY, Format.WEBP, 12)

    assert [CacheStatus.FALLBACK] * 12 == answers
    assert 1 == scene.drawn_plain()


@pytest.mark.parametrize("scene", [False], indirect=True)
async def test_work_that_waits_is_drawn_once_and_is_no_dead_letter(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("renderer.jobs.worker.DEADLINE_S", 4.0)
    scene.slow.pace_s = 1.5  # so that the last one waits for 4.5 s

    await scene.ask(GREEDY, Format.WEBP, 4)
    await until(lambda: scene.settled("drawn") == 4)

    assert 0 == scene.settled("retried") == scene.settled("dead")
    assert 4 == len(scene.slow.drawing)


async def test_a_limit_of_work_refuses_before_anything_is_asked(studio: Studio) -> None:
    class Spent(Caller):
        def take_work(self, work: int) -> None:
            raise MarqueeError(f"{work} is too much")

    job = await studio.job(imageSize="large")
    address = ContentAddress(job.settings_hash, Kind.POSTER, IMDB, Format.JPG)

    with pytest.raises(MarqueeError, match="5 is too much"):
        await studio.content.find(address, Spent())

    assert {} == studio.sources.calls
