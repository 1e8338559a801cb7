"""The artwork cache: each image is downloaded once, broken ones are dropped, and a missing disk is no problem."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from renderer.jobs.context import Drawn
from renderer.jobs.pipeline import Pipeline
from renderer.storage.artwork_cache import HIT, MISS, ArtworkCache
from renderer.storage.base import Picture
from renderer.storage.disk.executor import DiskExecutor
from renderer.storage.disk.storage import DiskArtwork
from services.artwork import Art
from shared.domain.errors import ArtBroken, ArtNotFound, SourceDown
from shared.domain.pictures import Format, Kind
from shared.settings.parameters import parse
from tests.renderer.studio import ART, Sources, Studio, a_title, art_bytes

WIDTH = 580


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pictures"


@pytest.fixture
async def executor(folder: Path, patience: None) -> AsyncIterator[DiskExecutor]:  # noqa: ARG001 - a fixture
    async with DiskExecutor.open(folder, 1 << 20, max_age_s=60) as executor:
        yield executor


@pytest.fixture
def sources() -> Sources:
    return Sources()


@pytest.fixture
def counted() -> list[str]:
    return []


@pytest.fixture
def cache(executor: DiskExecutor, sources: Sources, counted: list[str]) -> ArtworkCache:
    return ArtworkCache(sources, DiskArtwork(executor), count=counted.append)


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


async def test_an_image_is_fetched_once_for_all_processes(
    cache: ArtworkCache, executor: DiskExecutor, sources: Sources, counted: list[str]
) -> None:
    restarted = ArtworkCache(sources, DiskArtwork(executor), count=counted.append)

    found = [await cache.fetch(ART, WIDTH), await cache.fetch(ART, WIDTH), await restarted.fetch(ART, WIDTH)]

    assert [art_bytes()] * 3 == found
    assert (1, [MISS, HIT, HIT]) == (sources.calls["fetch"], counted)


async def test_source_path_and_width_are_parts_of_the_key(executor: DiskExecutor, sources: Sources) -> None:
    other = Sources(name="other", art={ART.path: art_bytes((1, 2, 3))})
    sources.art["/second.jpg"] = art_bytes((4, 5, 6))
    first, second = ArtworkCache(sources, DiskArtwork(executor)), ArtworkCache(other, DiskArtwork(executor))

    await first.fetch(ART, WIDTH)
    await first.fetch(ART, 2 * WIDTH)
    by_path = await first.fetch(Art("/second.jpg", 0, 0, None), WIDTH)
    by_source = await second.fetch(ART, WIDTH)

    assert (art_bytes((4, 5, 6)), art_bytes((1, 2, 3))) == (by_path, by_source)
    assert (3, 1) == (sources.calls["fetch"], other.calls["fetch"])


async def test_no_part_of_a_path_reaches_the_file_system(cache: ArtworkCache, sources: Sources, folder: Path) -> None:
    unusual = Art("/../../etc/\0passwd\n580\n/x" + "x" * 5000, 0, 0, None)
    sources.art[unusual.path] = art_bytes()

    await cache.fetch(unusual, WIDTH)
    again = await cache.fetch(unusual, WIDTH)

    assert (art_bytes(), 1, 1) == (again, sources.calls["fetch"], len(files(folder)))
    assert [folder] == files(folder.parent)


async def test_concurrent_fetches_all_succeed_and_leave_one_file(
    cache: ArtworkCache, sources: Sources, folder: Path
) -> None:
    found = await asyncio.gather(*(cache.fetch(ART, WIDTH) for _ in range(20)))
    before = sources.calls["fetch"]

    assert [art_bytes()] * 20 == found
    assert (art_bytes(), before) == (await cache.fetch(ART, WIDTH), sources.calls["fetch"])
    assert 1 == len(files(folder))


@pytest.mark.parametrize("error", [SourceDown("tmdb_images", "status 502"), ArtNotFound("gone")])
async def test_an_error_of_a_source_is_raised_and_not_cached(
    cache: ArtworkCache, sources: Sources, folder: Path, error: SourceDown | ArtNotFound
) -> None:
    sources.art[ART.path] = error
    with pytest.raises(type(error)):
        await cache.fetch(ART, WIDTH)

    sources.art[ART.path] = art_bytes()

    assert art_bytes() == await cache.fetch(ART, WIDTH)
    assert 1 == len(files(folder))


async def test_dropped_artwork_is_fetched_again(cache: ArtworkCache, sources: Sources) -> None:
    await cache.fetch(ART, WIDTH)
    sources.art[ART.path] = art_bytes((9, 9, 9))

    cache.invalidate(ART, WIDTH)

    assert art_bytes((9, 9, 9)) == await cache.fetch(ART, WIDTH)
    assert art_bytes((9, 9, 9)) == await cache.fetch(ART, WIDTH)
    assert 2 == sources.calls["fetch"]


async def test_without_the_disk_artwork_is_fetched_from_the_source(
    cache: ArtworkCache, sources: Sources, folder: Path
) -> None:
    await cache.fetch(ART, WIDTH)
    shutil.rmtree(folder)

    found = [await cache.fetch(ART, WIDTH), await cache.fetch(ART, WIDTH)]

    assert [art_bytes()] * 2 == found
    assert 3 == sources.calls["fetch"]


async def test_the_gallery_is_that_of_the_source(cache: ArtworkCache, sources: Sources) -> None:
    assert {Kind.POSTER: (ART,)} == await cache.gallery(a_title())
    assert sources.name == cache.name


async def drawn(studio: Studio, **query: str) -> Picture:
    """Return the picture that a job draws."""
    pipeline = Pipeline(studio.dependencies, studio.metrics)
    result = await pipeline.run(await studio.job(**query), parse(Kind.POSTER, Format.JPG, query))
    assert isinstance(result, Drawn)
    return result.picture


async def fallback(studio: Studio, **query: str) -> Picture:
    """Return the fallback picture."""
    pipeline = Pipeline(studio.dependencies, studio.metrics)
    return await pipeline.run_fallback(await studio.job(**query), parse(Kind.POSTER, Format.JPG, query))


@pytest.fixture
def caching(studio: Studio, executor: DiskExecutor) -> Studio:
    """A renderer with a disk cache for artwork."""
    art = DiskArtwork(executor)
    sources = tuple(ArtworkCache(source, art) for source in studio.dependencies.art_sources)
    studio.dependencies = replace(studio.dependencies, art_sources=sources)
    return studio


async def test_other_settings_and_the_fallback_need_no_download(caching: Studio) -> None:
    await drawn(caching)
    await drawn(caching, position="tl")
    await fallback(caching, position="tr")

    assert 1 == caching.sources.calls["fetch"]


@pytest.mark.parametrize("draw", [drawn, fallback])
async def test_art_that_cannot_be_decoded_does_not_stay_on_disk(
    caching: Studio, folder: Path, draw: Callable[[Studio], Awaitable[Picture]]
) -> None:
    caching.sources.art = {ART.path: b"\xff\xd8 not a picture"}
    with pytest.raises(ArtBroken):
        await draw(caching)
    caching.sources.art = {ART.path: art_bytes()}

    picture = await draw(caching)

    assert picture.body
    assert 2 == caching.sources.calls["fetch"]
    assert [len(art_bytes())] == [len(file.read_bytes()) - len(_head(file)) for file in files(folder)]


async def test_broken_artwork_left_by_a_crash_is_detected_and_dropped(
    caching: Studio, executor: DiskExecutor, folder: Path
) -> None:
    crashed = ArtworkCache(caching.sources, DiskArtwork(executor))
    caching.sources.art = {ART.path: b"no picture"}
    await crashed.fetch(ART, parse(Kind.POSTER, Format.JPG, {}).canvas[0])
    caching.sources.art = {ART.path: art_bytes()}

    with pytest.raises(ArtBroken):
        await drawn(caching)
    again = await drawn(caching)

    assert again.body
    assert 1 == len(files(folder))


def _head(file: Path) -> bytes:
    whole = file.read_bytes()
    return whole[: whole.index(b"\xff\xd8\xff")]
