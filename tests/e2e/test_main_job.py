"""The main job, end to end: an address with a key becomes a poster with ratings on it."""

import asyncio
import hashlib
import io
import re
from collections.abc import Iterator

import aiohttp
import pytest
from PIL import Image

from tests.stack.caller import Answer, fetch, show
from tests.stack.pair import Pair
from tests.stack.services import FREE_KEY
from tests.stack.sources import Source, Sources
from tests.stack.stores import Stores

METROPOLIS = "tt0017136"
MOST_S = 180 * 86_400
REDIRECT = "public, max-age=300, stale-while-revalidate=3600"
SETTLED = f"public, max-age={MOST_S}, stale-while-revalidate=172800"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources) -> Iterator[Pair]:
    """Run two of each, and let callers wait long enough for a picture on a busy machine."""
    settings = {"RENDER_WAIT_MS": "15000"}
    folder = tmp_path_factory.mktemp("main-job")
    with Pair(folder, stores, sources, settings, gateway_count=2, renderer_count=2) as pair:
        yield pair


def opened(answer: Answer) -> Image.Image:
    """Decode a picture, every pixel of it."""
    image = Image.open(io.BytesIO(answer.body))
    image.load()
    return image


async def test_a_film_by_its_imdb_id_becomes_a_poster_with_ratings(pair: Pair, http: aiohttp.ClientSession) -> None:
    redirect = await fetch(http, pair.picture(f"{METROPOLIS}.jpg"), follow=False)
    first = await fetch(http, redirect.headers["location"])
    calls_after_first = pair.sources.count()
    second = await fetch(http, redirect.headers["location"])
    calls_after_second = pair.sources.count()
    plain = await fetch(http, pair.picture(f"{METROPOLIS}.jpg", "?ratings_limit=0"))

    location = re.fullmatch(
        re.escape(pair.content_url) + r"/c/([0-9a-f]{32})/imdb/poster-default/tt0017136\.jpg",
        redirect.headers["location"],
    )
    assert location is not None
    assert (302, REDIRECT, "*", b"") == (
        redirect.status,
        redirect.cache_control,
        redirect.headers["access-control-allow-origin"],
        redirect.body,
    )
    assert first.is_drawn
    assert {
        "content-type": "image/jpeg",
        "content-length": str(len(first.body)),
        "cache-control": SETTLED,
        "etag": f'"{hashlib.sha256(first.body).hexdigest()[:32]}"',
        "x-elements-hash": location[1],
        "accept-ranges": "bytes",
        "access-control-allow-origin": "*",
    }.items() <= first.headers.items()
    assert first.headers["last-modified"].endswith(" GMT")
    assert ("JPEG", (580, 859)) == (opened(first).format, opened(first).size)
    assert plain.body != first.body
    assert (200, "HIT", first.body) == (second.status, second.cache, second.body)
    assert calls_after_first == calls_after_second


@pytest.mark.parametrize(
    ("query", "extension", "form", "size"),
    [
        ("", "", "JPEG", (580, 859)),
        ("", ".jpeg", "JPEG", (580, 859)),
        ("", ".png", "PNG", (580, 859)),
        ("", ".webp", "WEBP", (580, 859)),
        ("?imageSize=large", ".jpg", "JPEG", (1280, 1896)),
        ("?imageSize=very-large", ".jpg", "JPEG", (2000, 2962)),
        ("?imageSize=verylarge", ".webp", "WEBP", (2000, 2962)),
    ],
)
async def test_every_size_and_format_is_what_it_says(
    pair: Pair, http: aiohttp.ClientSession, query: str, extension: str, form: str, size: tuple[int, int]
) -> None:
    answer = await fetch(http, pair.picture(f"{METROPOLIS}{extension}", query))

    assert (200, f"image/{form.lower()}") == (answer.status, answer.headers["content-type"])
    assert (form, size) == (opened(answer).format, opened(answer).size)


async def test_a_caller_who_has_it_or_wants_a_part_gets_no_more(pair: Pair, http: aiohttp.ClientSession) -> None:
    url = (await fetch(http, pair.picture(METROPOLIS), follow=False)).headers["location"]
    whole = await fetch(http, url)
    etag, length = whole.headers["etag"], len(whole.body)

    head = await fetch(http, url, method="HEAD")
    same = await fetch(http, url, If_None_Match=f'"other", W/{etag}')
    other = await fetch(http, url, If_None_Match='"other"')
    since = await fetch(http, url, If_Modified_Since=whole.headers["last-modified"])
    part = await fetch(http, url, Range="bytes=10-19")
    tail = await fetch(http, url, Range="bytes=-5")
    outdated = await fetch(http, url, Range="bytes=10-19", If_Range='"other"')
    beyond = await fetch(http, url, Range=f"bytes={length}-")

    unequal = {"date", "x-cache-status"}
    assert {k: v for k, v in whole.headers.items() if k not in unequal} == {
        k: v for k, v in head.headers.items() if k not in unequal
    }
    assert (200, b"") == (head.status, head.body)
    assert (304, b"", etag) == (same.status, same.body, same.headers["etag"])
    assert (200, whole.body) == (other.status, other.body)
    assert 304 == since.status
    assert (206, whole.body[10:20], f"bytes 10-19/{length}") == (part.status, part.body, part.headers["content-range"])
    assert (206, whole.body[-5:]) == (tail.status, tail.body)
    assert (200, whole.body) == (outdated.status, outdated.body)
    assert (416, f"bytes */{length}") == (beyond.status, beyond.headers["content-range"])
    assert {"*"} == {answer.headers["access-control-allow-origin"] for answer in (head, same, part, beyond)}


async def test_head_is_redirected_as_get_is(pair: Pair, http: aiohttp.ClientSession) -> None:
    get = await fetch(http, pair.picture(METROPOLIS), follow=False)

    head = await fetch(http, pair.picture(METROPOLIS), method="HEAD", follow=False)

    assert (302, get.headers["location"], REDIRECT) == (head.status, head.headers["location"], head.cache_control)


@pytest.mark.parametrize("is_film", [True, False])
async def test_every_id_of_a_title_leads_to_one_drawing(
    pair: Pair, sources: Sources, http: aiohttp.ClientSession, *, is_film: bool
) -> None:
    title = sources.film() if is_film else sources.serial()
    tvdb = f"movie-{title.number}" if is_film else str(title.number)
    names = [("imdb", title.imdb), ("tmdb", title.tmdb), ("tvdb", tvdb), ("imdb", str(title.number))]
    await pair.quiet()
    drawn = pair.number("renderer_jobs_total", outcome="drawn")
    painted = pair.number("renderer_draw_seconds_count")

    answers = [await fetch(http, pair.picture(name, id_type=id_type)) for id_type, name in names]

    assert {200} == {answer.status for answer in answers}
    assert {answers[0].body} == {answer.body for answer in answers}
    await pair.quiet()
    assert 1 == pair.number("renderer_jobs_total", outcome="drawn") - drawn
    assert 1 == pair.number("renderer_draw_seconds_count") - painted
    assert 1 == sources.count(Source.IMAGES, title)


async def test_thirty_callers_at_once_by_any_id_cause_one_drawing(
    pair: Pair, sources: Sources, http: aiohttp.ClientSession
) -> None:
    titles = [sources.film(), sources.serial()]
    ids = [
        ("imdb", titles[0].imdb),
        ("tmdb", titles[0].tmdb),
        ("tmdb", str(titles[0].number)),
        ("imdb", titles[1].imdb),
        ("tmdb", titles[1].tmdb),
        ("tvdb", str(titles[1].number)),
    ]
    await pair.quiet()
    drawn = pair.number("renderer_jobs_total", outcome="drawn")
    painted = pair.number("renderer_draw_seconds_count")

    answers = await asyncio.gather(*(fetch(http, pair.picture(name, id_type=id_type)) for id_type, name in 5 * ids))

    held = [int(pair.number("renderer_content_total", part)) for part in pair.renderers]
    show("30 callers by 6 ids of 2 titles", [("content answers of each renderer", held)])
    assert {200} == {answer.status for answer in answers}
    assert 2 == len({answer.body for answer in answers})
    await pair.quiet()
    assert 2 == pair.number("renderer_jobs_total", outcome="drawn") - drawn
    assert 2 == pair.number("renderer_draw_seconds_count") - painted
    assert [1, 1] == [sources.count(Source.IMAGES, title) for title in titles]


async def test_a_key_and_its_share_form_get_the_picture_of_the_free_key(
    pair: Pair, http: aiohttp.ClientSession
) -> None:
    key, share = await pair.new_key()
    free = await fetch(http, pair.picture(METROPOLIS), follow=False)

    answers = [
        await fetch(http, pair.picture(METROPOLIS, key=each), follow=False)
        for each in (key, share, share.replace(".", "-"))
    ]

    assert {(302, free.headers["location"])} == {(each.status, each.headers["location"]) for each in answers}


async def test_a_script_on_any_page_may_ask(pair: Pair, http: aiohttp.ClientSession) -> None:
    url = pair.picture(METROPOLIS)
    location = (await fetch(http, url, follow=False)).headers["location"]

    answers = [await fetch(http, each, method="OPTIONS", Origin="https://example.org") for each in (url, location)]

    assert {(204, "*")} == {(each.status, each.headers["access-control-allow-origin"]) for each in answers}


async def test_is_valid_tells_the_free_key_is_good(pair: Pair, http: aiohttp.ClientSession) -> None:
    good = await fetch(http, f"{pair.gateway_url}/{FREE_KEY}/isValid")
    bad = await fetch(http, f"{pair.gateway_url}/{'0' * 64}/isValid")

    assert 200 == good.status
    assert b'"valid":true' in good.body
    assert (401, b'{"valid":false,"validity":false}') == (bad.status, bad.body)
