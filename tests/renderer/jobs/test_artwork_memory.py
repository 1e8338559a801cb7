"""Artwork counts from its download to the end of its job."""

import asyncio

import pytest

from renderer.jobs.artwork_memory import USUAL_BYTES, LimitedArtwork, holding_artwork, release_artwork
from services.artwork import Art
from services.client.byte_budget import ByteBudget
from shared.domain.errors import ArtNotFound, Busy
from tests.renderer.studio import ART, Sources
from tests.waiting import until

MB = 1 << 20
LARGE = Art("/large.jpg", 780, 1170, "en")
GONE = Art("/gone.jpg", 780, 1170, "en")


@pytest.fixture
def sources() -> Sources:
    return Sources(art={ART.path: bytes(1000), LARGE.path: bytes(8 * MB), GONE.path: ArtNotFound("gone")})


async def test_artwork_counts_until_its_job_ends(sources: Sources) -> None:
    memory = ByteBudget(64 * MB)
    limited = LimitedArtwork(sources, memory)

    with holding_artwork():
        await limited.fetch(ART, 780)
        await asyncio.create_task(limited.fetch(LARGE, 780))
        held = memory.used
        release_artwork()
        released = memory.used
        await limited.fetch(ART, 780)

    assert (1000 + 8 * MB, 0, 0) == (held, released, memory.used)


async def test_a_large_file_waits_until_there_is_room_for_it(sources: Sources) -> None:
    memory = ByteBudget(9 * MB)
    limited = LimitedArtwork(sources, memory)

    async def job(art: Art, end: asyncio.Event) -> int:
        with holding_artwork():
            body = await limited.fetch(art, 780)
            await end.wait()
            return len(body)

    first, second = asyncio.Event(), asyncio.Event()
    jobs = [asyncio.ensure_future(job(LARGE, first)), asyncio.ensure_future(job(LARGE, second))]
    await until(lambda: memory.used == 8 * MB)
    most = memory.used
    first.set()
    second.set()

    assert [8 * MB] * 2 == await asyncio.gather(*jobs)
    assert (8 * MB, 0) == (most, memory.used)


async def test_no_more_files_are_fetched_at_once_than_there_is_room_for(sources: Sources) -> None:
    memory = ByteBudget(2 * USUAL_BYTES)
    limited = LimitedArtwork(sources, memory)
    await memory.take(USUAL_BYTES)

    fetches = [asyncio.ensure_future(limited.fetch(ART, 780)) for _ in range(20)]
    sizes = {len(body) for body in await asyncio.gather(*fetches)}

    assert {1000} == sizes
    assert USUAL_BYTES == memory.used


async def test_artwork_that_cannot_be_fetched_takes_nothing(sources: Sources) -> None:
    memory = ByteBudget(64 * MB)

    with holding_artwork(), pytest.raises(ArtNotFound):
        await LimitedArtwork(sources, memory).fetch(GONE, 780)

    assert 0 == memory.used


async def test_a_file_larger_than_all_memory_is_refused(sources: Sources) -> None:
    memory = ByteBudget(4 * MB)

    with holding_artwork(), pytest.raises(Busy):
        await LimitedArtwork(sources, memory).fetch(LARGE, 780)

    assert 0 == memory.used
