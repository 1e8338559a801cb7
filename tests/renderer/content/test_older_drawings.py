"""A picture of an older drawing version is served at once and redrawn at a bounded pace, settled or not."""

import asyncio
from typing import Final

import msgspec
import pytest

from renderer.content.picture_result import CacheStatus
from renderer.content.redraw_pace import BURST_S, RedrawPace
from renderer.content.service import ContentService
from renderer.drawing.drawing_version import DRAWING
from renderer.jobs.outcome import JobOutcome
from renderer.jobs.pipeline import Pipeline
from renderer.storage.storage_key import storage_key
from shared.domain.cache_lifetime import YEAR_S
from shared.domain.errors import SourceDown
from shared.domain.pictures import Format, Kind
from shared.queue.messages import Priority
from shared.settings.content_url import ContentAddress, parse_content_address
from shared.settings.digest import SettingsHash
from shared.settings.parameters import parse
from tests.renderer.content.test_service import client_of
from tests.renderer.studio import MOVIE, Studio, a_title
from tests.waiting import until

DEFAULT: Final = parse(Kind.POSTER, Format.JPG, {})
QUEUED: Final = {"outcome": "queued"}
HELD: Final = {"outcome": "held"}


async def address_of(studio: Studio, **query: str) -> ContentAddress:
    job = await studio.job(**query)
    return parse_content_address(job.settings_hash, "imdb", "poster-default", "tt0017136.jpg")


async def age_drawing(studio: Studio, address: ContentAddress, drawing: int = DRAWING - 1) -> None:
    """Make the stored picture one that another version of the drawing code drew."""
    key = storage_key(SettingsHash(address.settings_hash), MOVIE, Format.JPG)
    picture = await studio.storage.get(key)
    assert picture
    metadata = msgspec.structs.replace(picture.metadata, drawing=drawing, etag="0" * 32)
    await studio.storage.put(key, msgspec.structs.replace(picture, metadata=metadata))


async def older(studio: Studio, drawing: int = DRAWING - 1, **query: str) -> ContentAddress:
    """Return the address of a stored picture of an older drawing version, which no refresh is due for."""
    await Pipeline(studio.dependencies, studio.metrics).run(
        await studio.job(**query), parse(Kind.POSTER, Format.JPG, query)
    )
    address = await address_of(studio, **query)
    await age_drawing(studio, address, drawing)
    return address


async def waiting_in(studio: Studio) -> int:
    """Return how many refreshes are queued and not claimed."""
    return (await studio.queue.depth())[Priority.REFRESH].waiting


def redraws(studio: Studio, outcome: dict[str, str]) -> float:
    return studio.registry.get_sample_value("renderer_redraws_total", outcome) or 0.0


def with_pace(studio: Studio, per_minute: int) -> ContentService:
    return ContentService(
        dependencies=studio.dependencies,
        queue=studio.queue,
        fallback=studio.fallback,
        wait_s=2.0,
        metrics=studio.metrics,
        redraws_per_minute=per_minute,
    )


@pytest.mark.parametrize("drawing", [0, DRAWING - 1])
async def test_a_settled_picture_is_served_stale_and_redrawn(working: Studio, drawing: int) -> None:
    address = await older(working, drawing)
    working.clock.advance(50 * YEAR_S)
    asked = working.sources.calls["ratings"]

    client = await client_of(working)
    answer = await client.get(f"/c/{address.settings_hash}/imdb/poster-default/tt0017136.jpg")
    await client.close()
    await until(lambda: working.settled("drawn", Priority.REFRESH) == 1)
    again = await working.content.find(address)

    assert ("STALE", "public, max-age=300") == (answer.headers["X-Cache-Status"], answer.headers["Cache-Control"])
    assert CacheStatus.HIT is again.cache
    assert DRAWING == again.picture.metadata.drawing
    assert '"' + "0" * 32 + '"' != again.picture.metadata.etag
    assert asked + 1 == working.sources.calls["ratings"]
    assert (1, 0) == (redraws(working, QUEUED), redraws(working, HELD))


@pytest.mark.parametrize("drawing", [DRAWING, DRAWING + 1])
async def test_a_picture_of_this_or_a_newer_version_is_left_alone(working: Studio, drawing: int) -> None:
    address = await older(working, drawing)

    result = await working.content.find(address)

    assert CacheStatus.HIT is result.cache
    assert 0 == await waiting_in(working)


async def test_no_copy_in_memory_is_served_as_current(studio: Studio) -> None:
    address = await older(studio)
    await studio.content.find(address)  # from now on its address and its bytes are in memory

    assert studio.content.peek(address) is None


async def test_a_picture_that_was_checked_a_short_time_ago_is_redrawn_too(working: Studio) -> None:
    working.sources.title_known = a_title(film_date=None)
    address = await address_of(working)
    await working.content.find(address)
    working.clock.advance(2 * 86_400)  # longer than it is fresh for
    await working.content.find(address)
    await until(lambda: working.settled("unchanged", Priority.REFRESH) == 1)
    await age_drawing(working, address)

    held, queued = [await with_pace(working, pace).find(address) for pace in (0, 60)]
    await until(lambda: working.settled("drawn", Priority.REFRESH) == 1)

    assert [CacheStatus.STALE] * 2 == [held.cache, queued.cache]
    assert (1, 1) == (redraws(working, QUEUED), redraws(working, HELD))


async def test_no_more_are_redrawn_than_the_pace_allows(studio: Studio) -> None:
    content = with_pace(studio, 2)  # a burst of one
    addresses = [await older(studio, ratings_limit=str(limit)) for limit in range(1, 5)]

    results = [await content.find(address) for address in addresses]

    assert [CacheStatus.STALE] * 4 == [result.cache for result in results]
    assert 1 == await waiting_in(studio)
    assert (1, 3) == (redraws(studio, QUEUED), redraws(studio, HELD))


async def test_a_picture_that_is_due_is_refreshed_whatever_the_pace(studio: Studio) -> None:
    content = with_pace(studio, 0)
    studio.sources.title_known = a_title(film_date=None)
    address = await older(studio)

    fresh = await content.find(address)
    waiting = await waiting_in(studio)
    studio.clock.advance(2 * 86_400)
    due = await with_pace(studio, 0).find(address)

    assert (CacheStatus.STALE, 0) == (fresh.cache, waiting)
    assert (CacheStatus.STALE, 1) == (due.cache, await waiting_in(studio))


async def test_a_redraw_that_fails_keeps_the_picture_and_is_not_repeated_at_once(working: Studio) -> None:
    address = await older(working)
    working.sources.title_error = SourceDown("sources", "down")

    first = await working.content.find(address)
    await until(lambda: redraws(working, QUEUED) == 1)
    working.content._due._recent.clear()
    second = await working.content.find(address)

    assert [CacheStatus.STALE] * 2 == [first.cache, second.cache]
    assert (1, 1) == (redraws(working, QUEUED), redraws(working, HELD))


async def test_a_job_of_any_kind_redraws_it(studio: Studio) -> None:
    address = await older(studio)

    result = await Pipeline(studio.dependencies, studio.metrics).run(await studio.job(), DEFAULT)

    assert JobOutcome.DRAWN is result.outcome
    assert DRAWING == (await studio.content.find(address)).picture.metadata.drawing


async def test_many_callers_queue_one_redraw(studio: Studio) -> None:
    address = await older(studio)

    await asyncio.gather(*(studio.content.find(address) for _ in range(50)))

    assert 1 == await waiting_in(studio)


class Watch:
    """A clock that the test advances."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_a_pace_allows_a_burst_and_then_its_rate() -> None:
    watch = Watch()
    pace = RedrawPace(60, watch)

    burst = sum(pace.take() for _ in range(1000))
    watch.seconds += 10
    later = sum(pace.take() for _ in range(1000))
    watch.seconds += 1_000_000
    rested = sum(pace.take() for _ in range(1000))

    assert (BURST_S, 10, BURST_S) == (burst, later, rested)


@pytest.mark.parametrize(("per_minute", "first"), [(0, False), (1, True), (100_000, True)])
def test_the_slowest_pace_still_allows_one_and_none_means_none(per_minute: int, *, first: bool) -> None:
    assert first is RedrawPace(per_minute, Watch()).take()
