"""Sash and age rating, end to end: from the address to the picture, with lists that all renderers share."""

import io
import re
from collections.abc import Iterator

import aiohttp
import pytest
from PIL import Image, ImageChops

from tests.stack.caller import Answer, fetch
from tests.stack.pair import Pair
from tests.stack.sources import Sources
from tests.stack.stores import Stores

METROPOLIS = "tt0017136"
DAY_S = 86_400


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources) -> Iterator[Pair]:
    """Run two renderers, so that a list is fetched by one for both."""
    settings = {"RENDER_WAIT_MS": "30000", "SASH_TOP_MOVIES": "mdblist:demo/silent-films"}
    with Pair(tmp_path_factory.mktemp("labels"), stores, sources, settings, renderer_count=2) as pair:
        yield pair


def max_age(answer: Answer) -> int:
    found = re.search(r"max-age=(\d+)", answer.cache_control)
    assert found is not None
    return int(found[1])


def changed(one: Answer, other: Answer) -> tuple[int, int, int, int]:
    """Return the box in which two pictures differ visibly."""
    first, second = (Image.open(io.BytesIO(each.body)).convert("L") for each in (one, other))
    found = ImageChops.difference(first, second).point([255 * (level > 60) for level in range(256)]).getbbox()
    assert found is not None
    return found


async def test_labels_reach_the_picture_and_its_lifetime(pair: Pair, http: aiohttp.ClientSession) -> None:
    plain = await fetch(http, pair.picture(f"{METROPOLIS}.jpg"))
    new = await fetch(http, pair.picture(f"{METROPOLIS}.jpg", "?sash=new"))
    aged = await fetch(http, pair.picture(f"{METROPOLIS}.jpg", "?age_rating=commonsense"))

    assert [200] * 3 == [each.status for each in (plain, new, aged)]
    left, top, _, bottom = changed(plain, new)
    assert left < 60 > top
    assert bottom < 120
    left, top, right, _ = changed(plain, aged)
    assert 400 < left < right
    assert top > 650
    assert 10 * DAY_S < max_age(new) <= 12 * DAY_S  # it was streamed three days ago
    assert max_age(plain) == 180 * DAY_S


async def test_ranks_come_from_lists_that_are_fetched_once(pair: Pair, http: aiohttp.ClientSession) -> None:
    sashes = ("trending", "top", "trending,top", "top,new", "new,trending")

    answers = [await fetch(http, pair.picture(f"{METROPOLIS}.jpg", f"?sash={sash}")) for sash in sashes]

    assert [200] * len(sashes) == [each.status for each in answers]
    assert all(0 < max_age(each) <= DAY_S + 1800 for each in answers[:4])
    asked = [call.path for call in pair.sources.calls]
    assert 1 <= sum("/trending/movie/day" in path for path in asked) <= 2  # pages
    assert 1 == sum("/lists/demo/silent-films" in path for path in asked)
