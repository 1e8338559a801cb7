"""The demo's pictures: sizes, formats, sharing, and that they are always the same."""

import asyncio
import io
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PIL import Image

from deploy.dev.demo.art import aspect_of
from deploy.dev.demo.catalogue import ALL
from deploy.dev.demo.drawing import render
from deploy.dev.demo.picture_cache import PictureCache, draw
from deploy.dev.demo.pictures import DemoPicture, width_of
from tests.deploy.dev.demo.conftest import Demo

T = TypeVar("T")

PICTURES = "/tmdb-images/t/p"


class Recorded(ThreadPoolExecutor):
    """Draws in one thread and records the titles in order."""

    def __init__(self) -> None:
        super().__init__(1)
        self.drawn: list[str] = []

    def submit(self, work: Callable[..., T], /, *given: Any, **named: Any) -> Future[T]:
        self.drawn.append(given[0].slug)
        return super().submit(work, *given, **named)


@pytest.mark.parametrize(
    ("path", "size", "form"),
    [
        ("w500/metropolis-poster-en.jpg", (500, 750), "JPEG"),
        ("w780/metropolis-poster-xx.jpg", (780, 1170), "JPEG"),
        ("w780/wings-backdrop-xx.jpg", (780, 439), "JPEG"),
        ("w1280/wings-backdrop-en.jpg", (1280, 720), "JPEG"),
        ("w300/fantomas-still-s1e1.jpg", (300, 169), "JPEG"),
        ("w500/judex-logo-en.png", (500, 119), "PNG"),
    ],
)
async def test_picture_comes_in_the_size_and_format_of_its_path(
    demo: Demo, path: str, size: tuple[int, int], form: str
) -> None:
    answer = await demo.get(f"{PICTURES}/{path}")

    with Image.open(io.BytesIO(await answer.read())) as picture:
        assert (form, size[0]) == (picture.format, picture.width)
        assert abs(size[1] - picture.height) <= 1


def test_originals_have_tmdbs_full_sizes() -> None:
    poster = render(DemoPicture("sunrise", "poster", "xx"), 2000, "jpg")

    with Image.open(io.BytesIO(poster)) as picture:
        assert (2000, 3000) == picture.size


async def test_svg_logo_is_served_as_svg(demo: Demo) -> None:
    answer = await demo.get(f"{PICTURES}/original/the-kid-logo-en.svg")

    assert "image/svg+xml" == answer.content_type
    assert (await answer.text()).startswith("<svg ")


def test_logo_is_transparent_around_its_letters() -> None:
    with Image.open(io.BytesIO(render(DemoPicture("wings", "logo", "en"), 300, "png"))) as logo:
        assert ("RGBA", 0) == (logo.mode, logo.getpixel((0, 0))[3])  # type: ignore[index]  # RGBA pixels are tuples
        assert abs(aspect_of(DemoPicture("wings", "logo", "en")) - logo.width / logo.height) < 0.05


@pytest.mark.parametrize(
    "path",
    [
        "w500/nobody-poster-en.jpg",
        "w500/metropolis-poster-it.jpg",
        "w501/metropolis-poster-en.jpg",
        "w500/metropolis-poster-en.gif",
        "w500/metropolis-logo-xx.png",
        "w500/fantomas-still-s9e9.jpg",
        "w500/fantomas-still-en.jpg",
        "w500/..%2Fetc",
    ],
)
async def test_picture_that_is_not_listed_is_404(demo: Demo, path: str) -> None:
    answer = await demo.get(f"{PICTURES}/{path}")

    assert HTTPStatus.NOT_FOUND == answer.status


async def test_every_listed_poster_can_be_fetched(demo: Demo) -> None:
    names = [DemoPicture(t.slug, "poster", tag).name for t in ALL for tag in (*t.lettered, "xx")]

    statuses = {(await demo.get(f"{PICTURES}/w92/{name}.jpg")).status for name in names}

    assert {HTTPStatus.OK} == statuses


def test_picture_is_drawn_the_same_each_time() -> None:
    picture = DemoPicture("haxan", "poster", "en", duotone=True)

    assert render(picture, 185, "jpg") == render(picture, 185, "jpg")


def test_duotones_and_other_languages_look_different() -> None:
    names = ((tag, duotone) for tag in ("en", "fr", "xx") for duotone in (False, True))

    drawn = {render(DemoPicture("metropolis", "poster", tag, duotone), 92, "jpg") for tag, duotone in names}

    assert 6 == len(drawn)


async def test_concurrent_requests_for_one_picture_are_drawn_once() -> None:
    with ThreadPoolExecutor(1) as executor:
        cache = PictureCache(executor)
        order = DemoPicture("the-crowd", "poster", "en")

        copies = await asyncio.gather(*(cache.get(order, 92, "jpg") for _ in range(5)))
        later = await cache.get(order, 92, "jpg")

    # One object, not merely equal ones.
    assert {id(later)} == {id(copy) for copy in copies}


async def test_prefetched_pictures_wait_for_requests_and_are_ready_afterwards() -> None:
    ahead = [(DemoPicture(slug, "poster", "en"), 92, "jpg") for slug in ("the-crowd", "wings", "haxan")]
    wanted = DemoPicture("metropolis", "poster", "en")

    with Recorded() as executor:
        cache = PictureCache(executor)
        prefetching = asyncio.create_task(cache.prefetch(ahead))
        await asyncio.sleep(0)
        await asyncio.gather(cache.get(wanted, 92, "jpg"), cache.get(wanted, 154, "jpg"))
        await prefetching
        drawn = list(executor.drawn)
        await asyncio.gather(*(cache.get(*order) for order in ahead))

    assert ["the-crowd", "metropolis", "metropolis", "wings", "haxan"] == drawn == executor.drawn


async def test_cache_keeps_no_more_than_its_limit() -> None:
    with ThreadPoolExecutor(1) as executor:
        cache = PictureCache(executor, max_bytes=10)
        order = DemoPicture("the-crowd", "poster", "en")

        first, second = await cache.get(order, 92, "jpg"), await cache.get(order, 92, "jpg")

    assert first == second
    assert first is not second


def test_a_picture_that_is_in_the_folder_is_not_drawn_again(tmp_path: Path) -> None:
    order = DemoPicture("the-crowd", "poster", "en"), 92, "jpg"

    drawn = draw(*order, tmp_path)
    (kept,) = tmp_path.iterdir()
    was = kept.read_bytes()
    kept.write_bytes(b"the one in the folder")

    assert render(*order) == drawn == was
    assert b"the one in the folder" == draw(*order, tmp_path)


async def test_the_pictures_of_a_server_are_kept_in_its_folder(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        await PictureCache(executor, folder=tmp_path).get(DemoPicture("the-crowd", "poster", "en"), 92, "jpg")

    assert ["the-crowd-poster-en-92.jpg"] == os.listdir(tmp_path)  # noqa: PTH208 - the loop has nothing else to do


@pytest.mark.parametrize("name", ["x-y-poster-en", "x-still-s1e2", "x-logo-de", "x-backdrop-xx-duotone"])
def test_picture_survives_the_round_trip_through_its_name(name: str) -> None:
    picture = DemoPicture.parse(name)

    assert picture is not None
    assert name == picture.name


def test_original_never_exceeds_and_unknown_sizes_are_refused() -> None:
    assert (2000, 500, None, None) == tuple(width_of(size, "poster") for size in ("original", "w500", "w501", "huge"))
