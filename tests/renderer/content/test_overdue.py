"""``IMAGE_STALE_SECS``: a picture of that age is drawn anew though nothing has changed, and served until then."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from redis.asyncio import Redis

from renderer.content.service import CacheStatus, ContentService
from renderer.jobs.context import JobContext
from renderer.jobs.outcome import JobOutcome
from renderer.jobs.pipeline import RATED, run
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
    """A renderer that draws every picture anew after a month; its worker runs."""
    studio = Studio(pool, redis)
    studio.tools = dataclasses.replace(studio.tools, rule=LifetimeRule(image_stale_s=MONTH_S))
    parts = {"queue": studio.queue, "tools": studio.tools, "metrics": studio.metrics}
    studio.library = ContentService(**parts, plain=studio.plain, wait_s=2.0)  # type: ignore[arg-type]  # of three types
    studio.worker = Worker(**parts, render_pool=2, take_wait_s=0.05)  # type: ignore[arg-type]  # of three types
    following = asyncio.create_task(studio.library.follow())
    work = asyncio.create_task(studio.worker.run())
    yield studio
    studio.worker.stop()
    await work
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await studio.plain.close()
    with studio.render_pool:
        pass


async def address_of(studio: Studio, id_type: str = "imdb", title: str = "tt0017136") -> ContentAddress:
    job = await studio.job()
    return parse_content_address(job.settings_hash, id_type, "poster-default", f"{title}.jpg")


async def drawn(studio: Studio) -> JobContext:
    draft = JobContext(job=await studio.job(), settings=parse(Kind.POSTER, Format.JPG, {}))
    await run(RATED, draft, studio.tools, studio.metrics)
    return draft


async def drawn_at(studio: Studio) -> datetime:
    picture = await studio.storage.get(storage_key((await studio.job()).settings_hash, MOVIE, Format.JPG))
    assert picture is not None
    return picture.facts.drawn_at


async def test_a_settled_picture_is_drawn_anew_once_when_it_is_overdue(studio: Studio) -> None:
    address = await address_of(studio)
    first = await studio.library.find(address)
    studio.clock.lock(MONTH_S - 1)
    still = await studio.library.find(address)
    studio.clock.lock(1)

    due = await asyncio.gather(*(studio.library.find(address) for _ in range(5)))
    await until(lambda: studio.settled("drawn", Priority.REFRESH) == 1)
    after = await studio.library.find(address)

    assert [CacheStatus.MISS, CacheStatus.HIT] == [first.cache, still.cache]
    assert {CacheStatus.STALE} == {found.cache for found in due}
    assert CacheStatus.HIT is after.cache
    assert studio.clock() == await drawn_at(studio)
    assert first.picture.facts.fingerprint == after.picture.facts.fingerprint


async def test_a_look_that_found_nothing_new_does_not_put_off_the_drawing(studio: Studio) -> None:
    studio.sources.title_known = a_title(film_date=None)
    address = await address_of(studio)
    await studio.library.find(address)
    studio.clock.lock(MONTH_S - DAY_S / 2)
    looked = await studio.library.find(address)
    await until(lambda: studio.settled("unchanged", Priority.REFRESH) == 1)
    studio.clock.lock(DAY_S / 2)

    due = await studio.library.find(await address_of(studio, "tmdb", "movie-19"))
    await until(lambda: studio.settled("drawn", Priority.REFRESH) == 1)

    assert CacheStatus.STALE is looked.cache
    assert CacheStatus.STALE is due.cache
    assert studio.clock() == await drawn_at(studio)


async def test_an_overdue_picture_is_drawn_by_the_next_job_whatever_was_found_lately(studio: Studio) -> None:
    await drawn(studio)
    studio.clock.lock(MONTH_S)

    again = await drawn(studio)

    assert JobOutcome.DRAWN is again.outcome
    assert studio.clock() == await drawn_at(studio)


async def test_an_overdue_picture_does_not_give_way_to_a_degraded_one(studio: Studio) -> None:
    first = await drawn(studio)
    assert first.picture is not None
    studio.sources.title_error = SourceDown("tmdb", "status 500")
    studio.clock.lock(MONTH_S)

    with pytest.raises(SourceDown):
        await drawn(studio)

    assert first.picture.facts.drawn_at == await drawn_at(studio)


async def test_nobody_is_told_that_it_is_fresh_for_longer(studio: Studio) -> None:
    draft = await drawn(studio)

    assert MONTH_S == fresh_for_s(draft, studio.tools)
    assert MONTH_S == fresh_for_s(
        draft, dataclasses.replace(studio.tools, rule=LifetimeRule())
    )  # the queue's own bound
    assert DAY_S == fresh_for_s(draft, dataclasses.replace(studio.tools, rule=LifetimeRule(image_stale_s=DAY_S)))
