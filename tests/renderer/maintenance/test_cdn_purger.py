import asyncio
from collections.abc import AsyncIterator

import pytest

from renderer.maintenance.cdn_purger import MOST_WAITING, CdnPurger
from services.titles import SourceRatings
from shared.concurrency.cancel import cancel_and_wait
from shared.concurrency.supervisor import every
from shared.domain.errors import SourceDown
from shared.domain.ratings import Rating, RatingSite
from tests.renderer.steps.test_steps import drawn, processed
from tests.renderer.studio import TMDB, Studio, a_title


@pytest.fixture
async def purger(studio: Studio) -> AsyncIterator[CdnPurger]:
    """Run the studio's purger."""
    assert studio.dependencies.purger is not None
    running = asyncio.create_task(every(0.0, studio.dependencies.purger.purge_next))
    yield studio.dependencies.purger
    await cancel_and_wait(running)


async def until(studio: Studio, outcome: str, wanted: float) -> None:
    """Wait until this many addresses have this outcome."""
    async with asyncio.timeout(30):
        labels = {"outcome": outcome}
        while (studio.registry.get_sample_value("renderer_purges_total", labels) or 0) < wanted:  # noqa: ASYNC110 - a metric
            await asyncio.sleep(0)


async def test_a_redrawn_picture_is_purged_under_all_external_ids(studio: Studio, purger: CdnPurger) -> None:
    studio.sources.title_known = a_title(film_date=None)
    first = await drawn(studio)
    studio.sources.answer = SourceRatings({RatingSite.IMDB: Rating(5.1)})
    studio.clock.advance(90_000)

    await drawn(studio, TMDB)

    await until(studio, "purged", 4)
    place = f"https://posters.example/c/{first.context.job.settings_hash}"
    assert {
        f"{place}/{name}.jpg{query}"
        for name in ("imdb/poster-default/tt0017136", "tmdb/poster-default/movie-19")
        for query in ("", "?fallback=true")
    } == set(studio.edge.purged)
    assert purger is studio.dependencies.purger


@pytest.mark.usefixtures("purger")
async def test_first_and_unchanged_pictures_are_not_purged(studio: Studio) -> None:
    studio.sources.title_known = a_title(film_date=None)
    await drawn(studio)
    studio.clock.advance(90_000)

    await processed(studio)

    assert (0, 0) == (studio.edge.calls, studio.registry.get_sample_value("renderer_purges_waiting"))


@pytest.mark.usefixtures("purger")
async def test_a_failed_purge_is_retried(studio: Studio) -> None:
    studio.sources.title_known = a_title(film_date=None)
    await drawn(studio)
    studio.edge.error = SourceDown("cloudflare", "status 500")
    studio.sources.answer = SourceRatings({RatingSite.IMDB: Rating(5.1)})
    studio.clock.advance(90_000)
    await drawn(studio)
    await until(studio, "failed", 4)

    studio.edge.error = None

    await until(studio, "purged", 4)
    assert 0 == studio.registry.get_sample_value("renderer_purges_waiting")


async def test_no_more_addresses_wait_than_the_limit(studio: Studio) -> None:
    purger = studio.dependencies.purger
    assert purger is not None
    job = await studio.job()
    result = await drawn(studio)
    for number in range(MOST_WAITING):
        purger._waiting.add(str(number), None)

    await purger.changed(job.settings_hash, result.media, result.context.settings)

    assert MOST_WAITING == studio.registry.get_sample_value("renderer_purges_waiting")
    assert 4 == studio.registry.get_sample_value("renderer_purges_total", {"outcome": "dropped"})
