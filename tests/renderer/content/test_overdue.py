"""``IMAGE_STALE_SECS``: a picture of that age is redrawn even if nothing has changed, and served until then."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from redis.asyncio import Redis

from renderer.content.picture_result import CacheStatus
from renderer.content.service import ContentService
from renderer.jobs.context import Drawn
from renderer.jobs.outcome import JobOutcome
from renderer.jobs.pipeline import Pipeline
from renderer.jobs.worker import Worker, fresh_for_s
from renderer.storage.storage_key import storage_key
from shared.domain.cache_lifetime import LifetimeRule
from shared.domain.errors import SourceDown
from shared.domain.pictures import Format, Kind
from shared.queue.messages import Priority
from shared.settings.content_url import ContentAddress, parse_content_address
from shared.settings.parameters import parse
from shared.stores.postgres import Pool
from tests.renderer.studio import MOVIE, Studio, a_title
from tests.waiting import until

DAY_S = 86_400
MONTH_S = 30 * DAY_S


@pytest.fixture
async def studio(pool: Pool, redis: Redis) -> AsyncIterator[Studio]:
    """A renderer that redraws every picture after a month; its worker runs."""
    studio = Studio(pool, redis)
    studio.dependencies = dataclasses.replace(studio.dependencies, rule=LifetimeRule(image_stale_s=MONTH_S))
    parts = {"queue": studio.queue, "dependencies": studio.dependencies, "metrics": studio.metrics}
    studio.content = ContentService(**parts, fallback=studio.fallback, wait_s=2.0)  # type: ignore[arg-type]  # of three types
    studio.worker = Worker(**parts, threads=2, claim_wait_s=0.05)  # type: ignore[arg-type]  # of three types
    async with studio.listening(), studio.drawing():
        yield studio


async def address_of(studio: Studio, id_type: str = "imdb", title: str = "tt0017136") -> ContentAddress:
    job = await studio.job()
    return parse_content_address(job.settings_hash, id_type, "poster-default", f"{title}.jpg")


async def drawn(studio: Studio) -> Drawn:
    pipeline = Pipeline(studio.dependencies, studio.metrics)
    result = await pipeline.run(await studio.job(), parse(Kind.POSTER, Format.JPG, {}))
    assert isinstance(result, Drawn)
    return result


async def drawn_at(studio: Studio) -> datetime:
    picture = await studio.storage.get(storage_key((await studio.job()).settings_hash, MOVIE, Format.JPG))
    assert picture is not None
    return picture.metadata.drawn_at


async def test_an_overdue_picture_is_redrawn_once(studio: Studio) -> None:
    address = await address_of(studio)
    first = await studio.content.find(address)
    studio.clock.advance(MONTH_S - 1)
    still = await studio.content.find(address)
    studio.clock.advance(1)

    due = await asyncio.gather(*(studio.content.find(address) for _ in range(5)))
    await until(lambda: studio.settled("drawn", Priority.REFRESH) == 1)
    after = await studio.content.find(address)

    assert [CacheStatus.MISS, CacheStatus.HIT] == [first.cache, still.cache]
    assert {CacheStatus.STALE} == {found.cache for found in due}
    assert CacheStatus.HIT is after.cache
    assert studio.clock() == await drawn_at(studio)
    assert first.picture.metadata.fingerprint == after.picture.metadata.fingerprint


async def test_an_unchanged_check_does_not_postpone_the_redraw(studio: Studio) -> None:
    studio.sources.title_known = a_title(film_date=None)
    address = await address_of(studio)
    await studio.content.find(address)
    studio.clock.advance(MONTH_S - DAY_S / 2)
    looked = await studio.content.find(address)
    await until(lambda: studio.settled("unchanged", Priority.REFRESH) == 1)
    studio.clock.advance(DAY_S / 2)

    due = await studio.content.find(await address_of(studio, "tmdb", "movie-19"))
    await until(lambda: studio.settled("drawn", Priority.REFRESH) == 1)

    assert CacheStatus.STALE is looked.cache
    assert CacheStatus.STALE is due.cache
    assert studio.clock() == await drawn_at(studio)


async def test_an_overdue_picture_is_redrawn_by_the_next_job_despite_a_recent_check(studio: Studio) -> None:
    await drawn(studio)
    studio.clock.advance(MONTH_S)

    again = await drawn(studio)

    assert JobOutcome.DRAWN is again.outcome
    assert studio.clock() == await drawn_at(studio)


async def test_an_overdue_picture_is_not_replaced_by_a_degraded_one(studio: Studio) -> None:
    first = await drawn(studio)
    studio.sources.title_error = SourceDown("tmdb", "status 500")
    studio.clock.advance(MONTH_S)

    with pytest.raises(SourceDown):
        await drawn(studio)

    assert first.picture.metadata.drawn_at == await drawn_at(studio)


async def test_the_fresh_mark_ends_when_the_picture_is_overdue(studio: Studio) -> None:
    result = await drawn(studio)

    assert MONTH_S == fresh_for_s(result, studio.dependencies)
    assert MONTH_S == fresh_for_s(
        result, dataclasses.replace(studio.dependencies, rule=LifetimeRule())
    )  # the queue's own limit
    assert DAY_S == fresh_for_s(
        result, dataclasses.replace(studio.dependencies, rule=LifetimeRule(image_stale_s=DAY_S))
    )
