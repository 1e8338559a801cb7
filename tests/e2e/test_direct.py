"""Direct mode: the gateway itself gives the picture, to clients that follow no redirect."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
import pytest

from shared.domain.cache_lifetime import DIRECT, FACT, FALLBACK, NO_STORE
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash
from shared.settings.parameters import parse
from tests.stack.caller import Answer, fetch, show
from tests.stack.pair import Pair
from tests.stack.part import Part
from tests.stack.sources import Source, Sources
from tests.stack.stores import Stores
from tests.stack.trouble import held, status

METROPOLIS = "tt0017136.jpg"
NOBODY_KNOWS = "tt7777777.jpg"
SOON_S = 60.0
IN_TIME_S = 10.0


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources) -> Iterator[Pair]:
    with Pair(tmp_path_factory.mktemp("direct"), stores, sources, {"ENABLE_CDN_REDIRECTS": "false"}) as pair:
        yield pair


async def given(http: aiohttp.ClientSession, url: str, *caches: str) -> Answer:
    """Ask in one request each time, until the picture is one of these, within ``SOON_S``."""
    deadline = time.monotonic() + SOON_S
    answer = await fetch(http, url, follow=False)
    while answer.cache not in caches:
        assert time.monotonic() < deadline, (answer.status, answer.headers)
        await asyncio.sleep(0.05)
        answer = await fetch(http, url, follow=False)
    return answer


@asynccontextmanager
async def frozen(part: Part) -> AsyncIterator[None]:
    part.freeze()
    try:
        yield
    finally:
        part.thaw()


@asynccontextmanager
async def killed(part: Part) -> AsyncIterator[None]:
    part.kill()
    try:
        yield
    finally:
        await asyncio.to_thread(part.start)


async def test_a_poster_comes_in_one_request_as_the_renderer_has_it(pair: Pair, http: aiohttp.ClientSession) -> None:
    answer = await given(http, pair.picture(METROPOLIS), "HIT")

    look = settings_hash(parse(Kind.POSTER, Format.JPG, {}))
    content = await fetch(http, pair.content(look, METROPOLIS))
    assert (200, "image/jpeg", DIRECT) == (answer.status, answer.headers["content-type"], answer.cache_control)
    assert (look, content.body) == (answer.headers["x-elements-hash"], answer.body)
    apart = {"cache-control", "date"}
    assert {name: value for name, value in content.headers.items() if name not in apart}.items() <= (
        answer.headers.items()
    )


async def test_head_conditions_and_ranges_work_on_the_keyed_address(pair: Pair, http: aiohttp.ClientSession) -> None:
    url = pair.picture(METROPOLIS)
    whole = await given(http, url, "HIT")
    etag, length = whole.headers["etag"], len(whole.body)

    head = await fetch(http, url, method="HEAD", follow=False)
    same = await fetch(http, url, follow=False, If_None_Match=etag)
    other = await fetch(http, url, follow=False, If_None_Match='"other"')
    since = await fetch(http, url, follow=False, If_Modified_Since=whole.headers["last-modified"])
    part = await fetch(http, url, follow=False, Range="bytes=10-19")
    outdated = await fetch(http, url, follow=False, Range="bytes=10-19", If_Range='"other"')
    beyond = await fetch(http, url, follow=False, Range=f"bytes={length}-")

    assert (200, b"", str(length)) == (head.status, head.body, head.headers["content-length"])
    assert (304, b"", etag) == (same.status, same.body, same.headers["etag"])
    assert (304, b"") == (since.status, since.body)
    assert (206, whole.body[10:20]) == (part.status, part.body)
    assert f"bytes 10-19/{length}" == part.headers["content-range"]
    assert [(200, whole.body)] * 2 == [(answer.status, answer.body) for answer in (other, outdated)]
    assert (416, f"bytes */{length}", NO_STORE) == (
        beyond.status,
        beyond.headers["content-range"],
        beyond.cache_control,
    )
    believed = [answer.cache_control for answer in (head, same, other, since, part, outdated)]
    assert [DIRECT] * 6 == believed


@pytest.mark.parametrize(
    ("kind", "title", "content_type"),
    [
        ("backdrop", "tt0017136.png?imageSize=large", "image/png"),
        ("logo", "tt0017136", "image/png"),
        ("episode", "tt0002844:1:1.webp", "image/webp"),
    ],
)
async def test_large_pictures_and_odd_addresses_come_whole(
    pair: Pair, http: aiohttp.ClientSession, *, kind: str, title: str, content_type: str
) -> None:
    title, _, query = title.partition("?")
    answer = await given(http, pair.picture(title, f"?{query}", kind=kind), "HIT", "STALE")

    assert (200, content_type) == (answer.status, answer.headers["content-type"])
    assert str(len(answer.body)) == answer.headers["content-length"]


async def test_refusals_and_placeholders_keep_the_renderers_words(
    pair: Pair, http: aiohttp.ClientSession, sources: Sources
) -> None:
    film, slow = sources.film(), sources.film()
    sources.break_down(Source.TMDB, status(500), film)
    for source in (Source.MDBLIST, Source.OMDB):
        sources.break_down(source, held, slow)

    unknown = await fetch(http, pair.picture(NOBODY_KNOWS), follow=False)
    neutral = await fetch(http, pair.picture(NOBODY_KNOWS, "?fallback=true"), follow=False)
    failed = await fetch(http, pair.picture(f"{film.imdb}.jpg"), follow=False)
    plain = await fetch(http, pair.picture(f"{slow.imdb}.jpg"), follow=False)

    sources.heal()
    answers = {"unknown title": unknown, "the same with fallback": neutral, "source fails": failed, "no time": plain}
    show("in direct mode", [(name, a.status, a.cache, a.cache_control) for name, a in answers.items()])
    assert (404, FACT) == (unknown.status, unknown.cache_control)
    assert (200, "image/jpeg", FALLBACK) == (neutral.status, neutral.headers["content-type"], neutral.cache_control)
    assert (503, NO_STORE) == (failed.status, failed.cache_control)
    assert "retry-after" in failed.headers
    assert unknown.error
    assert failed.error
    assert (200, "MISS-FALLBACK", FALLBACK) == (plain.status, plain.cache, plain.cache_control)


@pytest.mark.parametrize("lost", [frozen, killed])
async def test_a_renderer_that_is_lost_is_a_503_in_time_and_comes_back(
    pair: Pair, http: aiohttp.ClientSession, lost: Callable[[Part], AbstractAsyncContextManager[None]]
) -> None:
    url = pair.picture(METROPOLIS)
    before = await given(http, url, "HIT")
    (renderer,) = pair.renderers

    async with lost(renderer):
        during = await asyncio.gather(*(fetch(http, url, follow=False) for _ in range(5)))
    after = await given(http, url, "HIT")

    assert [(503, NO_STORE)] * 5 == [(answer.status, answer.cache_control) for answer in during]
    assert all("retry-after" in answer.headers and answer.error for answer in during)
    assert max(answer.seconds for answer in during) < IN_TIME_S
    assert before.body == after.body


async def test_refused_keys_and_bad_addresses_never_reach_the_renderer(pair: Pair, http: aiohttp.ClientSession) -> None:
    before = pair.number("renderer_content_total")

    refused = await fetch(http, pair.picture(METROPOLIS, key="f" * 64), follow=False)
    unread = await fetch(http, pair.picture("nonsense.jpg"), follow=False)

    assert [(401, NO_STORE), (400, NO_STORE)] == [(answer.status, answer.cache_control) for answer in (refused, unread)]
    assert before == pair.number("renderer_content_total")
