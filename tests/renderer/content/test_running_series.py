"""A series that has not ended is checked within ``RATINGS_MAX_AGE_SECS``, however long its pause is."""

from datetime import date

import msgspec

from renderer.storage.storage_key import storage_key
from services.titles import Title
from shared.domain.cache_lifetime import YEAR_S
from shared.domain.pictures import Format, Kind
from shared.queue.messages import Priority
from tests.renderer.content.test_service import client_of
from tests.renderer.studio import ART, SERIAL, SERIES, Studio
from tests.waiting import until

A_YEAR = f"max-age={YEAR_S}"


def a_series(*, is_running: bool) -> Title:
    """Return a series whose last episode was aired in 2014."""
    return Title(
        media=SERIES,
        refs=(SERIAL,),
        name="The Serial",
        film_date=date(2014, 4, 13),
        is_running=is_running,
        gallery={Kind.POSTER: (ART,)},
    )


async def cached_as(studio: Studio) -> tuple[str, str]:
    """Request the series' poster; return its status in the cache, and how long a CDN keeps it."""
    client = await client_of(studio)
    job = await studio.job(SERIAL)
    answer = await client.get(f"/c/{job.settings_hash}/imdb/poster-default/{SERIAL}.jpg")
    await client.close()
    return answer.headers["X-Cache-Status"], answer.headers["Cache-Control"].split(", ")[1]


async def test_a_series_after_a_long_pause_is_checked_again(working: Studio) -> None:
    working.sources.title_known = a_series(is_running=True)

    first = await cached_as(working)
    working.clock.advance(YEAR_S - 1)
    before = await cached_as(working)
    working.clock.advance(1)
    due = await cached_as(working)
    await until(lambda: working.settled("unchanged", Priority.REFRESH) == 1)

    assert [("MISS", A_YEAR), ("HIT", A_YEAR), ("STALE", "max-age=300")] == [first, before, due]


async def test_a_series_that_has_ended_is_settled(working: Studio) -> None:
    working.sources.title_known = a_series(is_running=False)

    first = await cached_as(working)
    working.clock.advance(50 * YEAR_S)

    assert [("MISS", A_YEAR), ("HIT", A_YEAR)] == [first, await cached_as(working)]


async def test_a_series_stored_before_its_state_was_recorded_is_checked(working: Studio) -> None:
    working.sources.title_known = a_series(is_running=False)
    await cached_as(working)
    key = storage_key((await working.job(SERIAL)).settings_hash, SERIES, Format.JPG)
    picture = await working.storage.get(key)
    assert picture
    older = msgspec.structs.replace(picture.metadata, is_running=None)
    await working.storage.put(key, msgspec.structs.replace(picture, metadata=older))
    working.clock.advance(YEAR_S)

    due = await cached_as(working)
    await until(lambda: working.settled("unchanged", Priority.REFRESH) == 1)

    assert "STALE" == due[0]
