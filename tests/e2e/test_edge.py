"""Behind a CDN: what it holds is shared, refreshed in the background and outlives us; what is wrong does not stick."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from deploy.dev.local.ports import free_ports
from shared.domain.cache_lifetime import REDIRECT
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash
from shared.settings.parameters import parse
from tests.stack.caller import Answer, fetch, show
from tests.stack.edge import Edge, find_nginx
from tests.stack.pair import Pair
from tests.stack.sources import Copy, Source, Sources
from tests.stack.stores import Stores
from tests.stack.trouble import held, status

METROPOLIS = "tt0017136.jpg"
MOST_S = 180 * 86_400
BELIEVED_S = 4
SOON_S = 60.0
AT_ONCE_S = 5.0  # without waiting for the origin, which the edge does for 20 s

NGINX = find_nginx()
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx, which stands in for the CDN, is not installed")


@pytest.fixture(scope="module")
def edge_port() -> int:
    return free_ports(1, apart_from=())[0]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources, edge_port: int) -> Iterator[Pair]:
    settings = {
        "CONTENT_BASE_URL": f"http://127.0.0.1:{edge_port}",
        "RATINGS_STALE_SECS": str(BELIEVED_S),
        "RENDER_WAIT_MS": "1500",
    }
    with Pair(tmp_path_factory.mktemp("edge-pair"), stores, sources, settings) as pair:
        yield pair


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory, pair: Pair, edge_port: int) -> Iterator[Edge]:
    assert NGINX is not None
    ports = {"gateway": pair.contract.gateway, "content": pair.contract.content}
    with Edge(NGINX, tmp_path_factory.mktemp("edge"), edge_port, **ports) as edge:
        yield edge


def of(answer: Answer) -> str:
    """Return what the edge says of its part in the answer: MISS, HIT, STALE, UPDATING, EXPIRED, REVALIDATED."""
    return answer.headers.get("x-edge", "")


def at_origin(edge: Edge, pair: Pair, url: str) -> str:
    """Return the URL past the edge."""
    assert url.startswith(f"{edge.url}/c/")
    return url.replace(edge.url, pair.content_url)


async def content_requests(pair: Pair) -> float:
    return await asyncio.to_thread(pair.number, "renderer_content_total")


async def redirects(pair: Pair) -> float:
    return await asyncio.to_thread(pair.number, "gateway_requests_total", *pair.gateways, route="picture")


async def drawn(pair: Pair, edge: Edge, http: aiohttp.ClientSession, title: str, query: str = "") -> str:
    """Have a picture drawn and return its URL at the edge, which has not heard of it yet."""
    redirect = await fetch(http, pair.picture(title, query), follow=False)
    url = redirect.headers["location"]
    await eventually(lambda: fetch(http, at_origin(edge, pair, url)), lambda answer: answer.cache in {"HIT", "MISS"})
    return url


async def eventually(ask: Callable[[], Awaitable[Answer]], good: Callable[[Answer], bool]) -> Answer:
    """Ask until the answer is a good one, within ``SOON_S``."""
    answer = await ask()
    deadline = time.monotonic() + SOON_S
    while not good(answer):
        assert time.monotonic() < deadline, (answer.status, answer.headers)
        await asyncio.sleep(0.05)
        answer = await ask()
    return answer


def new_look(number: int) -> str:
    """Return a query for a look that no other test asks for."""
    return f"?edge_inset={number}&ratings_limit=2"


async def of_next_year(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say of a film that it is yet to come: then its picture is believed for the shortest time."""
    answer = await handler(request)
    if isinstance(answer, web.Response) and isinstance(answer.body, bytes):
        answer.body = re.sub(rb"\d{4}-\d\d-\d\d", b"2999-01-01", answer.body)
    return answer


@pytest.fixture
def premiere(sources: Sources) -> Copy:
    """Return a film whose picture is believed for ``BELIEVED_S`` only."""
    film = sources.film()
    sources.break_down(Source.TMDB, of_next_year, film)
    return film


@asynccontextmanager
async def origin_down(pair: Pair) -> AsyncIterator[None]:
    """Kill every process behind the edge, and start them again afterwards."""
    for part in pair.parts:
        part.kill()
    try:
        yield
    finally:
        for part in pair.parts:
            await asyncio.to_thread(part.start)


async def test_two_keys_with_one_look_share_one_entry(pair: Pair, edge: Edge, http: aiohttp.ClientSession) -> None:
    (one, _), (two, _) = await pair.new_key(), await pair.new_key()
    url = await drawn(pair, edge, http, METROPOLIS, new_look(11))
    before = await content_requests(pair)

    addresses = [f"{edge.url}/{key}/imdb/poster-default/{METROPOLIS}{new_look(11)}" for key in (one, two)]
    moved = [await fetch(http, address, follow=False) for address in addresses]
    answers = [await fetch(http, address) for address in addresses]

    assert [url, url] == [answer.headers["location"] for answer in moved]
    assert ["MISS", "HIT"] == [of(answer) for answer in answers]
    assert answers[0].body == answers[1].body
    assert before + 1 == await content_requests(pair)
    held_for = edge.held(url)
    assert held_for is not None
    assert MOST_S - 60 < held_for.fresh_s <= MOST_S


async def test_many_who_ask_at_once_are_one_request_to_us(pair: Pair, edge: Edge, http: aiohttp.ClientSession) -> None:
    url = await drawn(pair, edge, http, METROPOLIS, new_look(12))
    before = await content_requests(pair)

    answers = await asyncio.gather(*(fetch(http, url) for _ in range(30)))

    assert {200} == {answer.status for answer in answers}
    assert 1 == len({answer.body for answer in answers})
    assert before + 1 == await content_requests(pair)


async def test_redirects_are_kept_for_300_s_and_for_each_key(
    pair: Pair, edge: Edge, http: aiohttp.ClientSession
) -> None:
    (one, _), (two, _) = await pair.new_key(), await pair.new_key()
    addresses = [f"{edge.url}/{key}/imdb/poster-default/{METROPOLIS}" for key in (one, two)]
    before = await redirects(pair)

    answers = [await fetch(http, address, follow=False) for address in [*addresses, *addresses]]

    assert [(302, REDIRECT)] * 4 == [(answer.status, answer.cache_control) for answer in answers]
    assert ["MISS", "MISS", "HIT", "HIT"] == [of(answer) for answer in answers]
    assert before + 2 == await redirects(pair)
    for entry in (edge.held(address) for address in addresses):
        assert entry is not None
        assert 240 < entry.fresh_s <= 300
        assert 3600 == entry.stale_s


async def test_a_refused_key_is_not_kept(edge: Edge, http: aiohttp.ClientSession) -> None:
    address = f"{edge.url}/{'f' * 64}/imdb/poster-default/{METROPOLIS}"

    answers = [await fetch(http, address, follow=False) for _ in range(2)]

    assert [(401, "MISS")] * 2 == [(answer.status, of(answer)) for answer in answers]
    assert None is edge.held(address)


async def test_a_stale_entry_is_served_at_once_while_it_is_refreshed(
    pair: Pair, edge: Edge, http: aiohttp.ClientSession, premiere: Copy
) -> None:
    url = await drawn(pair, edge, http, f"{premiere.imdb}.jpg")
    # The entry must be one that is refreshed: the origin calls it fresh, and says for how short a time.
    fresh = await eventually(lambda: fetch(http, url), lambda answer: of(answer) in {"MISS", "HIT"})
    first_said = edge.held(url)
    (renderer,) = pair.renderers
    before = await content_requests(pair)

    renderer.freeze()
    try:
        stale = await eventually(lambda: fetch(http, url), lambda answer: of(answer) in {"STALE", "UPDATING"})
        meanwhile = [await fetch(http, url) for _ in range(5)]
    finally:
        renderer.thaw()
    refreshed = await eventually(lambda: fetch(http, url), lambda answer: of(answer) == "HIT")
    after = await content_requests(pair)

    assert first_said is not None
    assert 200 == fresh.status
    assert first_said.fresh_s <= BELIEVED_S
    assert 7 * BELIEVED_S == first_said.stale_s
    assert {fresh.body} == {answer.body for answer in (stale, *meanwhile, refreshed)}
    assert {"STALE", "UPDATING"} >= {of(answer) for answer in meanwhile}
    assert max(answer.seconds for answer in (stale, *meanwhile)) < AT_ONCE_S
    assert before < after
    show(
        "an entry through its life",
        [
            ("at the edge", "X-Cache-Status", "Cache-Control"),
            *((of(a), a.cache, a.cache_control) for a in (fresh, stale, refreshed)),
        ],
    )


async def test_an_outage_is_not_seen_by_those_who_ask_for_what_the_edge_holds(
    pair: Pair, edge: Edge, http: aiohttp.ClientSession, premiere: Copy
) -> None:
    (key, _) = await pair.new_key()
    settled = await drawn(pair, edge, http, METROPOLIS, new_look(13))
    not_held = await drawn(pair, edge, http, METROPOLIS, new_look(14))
    short = await drawn(pair, edge, http, f"{premiere.imdb}.jpg")
    keyed = f"{edge.url}/{key}/imdb/poster-default/{METROPOLIS}{new_look(13)}"
    before = [await fetch(http, url) for url in (settled, short, keyed)]

    async with origin_down(pair):
        during = [await fetch(http, url) for url in (settled, short, keyed)]
        expired = await eventually(
            lambda: fetch(http, short), lambda answer: of(answer) in {"STALE", "UPDATING"} or answer.status != 200
        )
        lost = await fetch(http, not_held)
    back = await eventually(lambda: fetch(http, not_held), lambda answer: answer.status == 200)

    assert [(200, answer.body) for answer in before] == [(answer.status, answer.body) for answer in during]
    assert (200, before[1].body) == (expired.status, expired.body)
    assert 502 == lost.status
    assert ("MISS", before[0].headers["content-type"]) == (of(back), back.headers["content-type"])


async def test_a_look_that_becomes_known_is_seen_at_once(pair: Pair, edge: Edge, http: aiohttp.ClientSession) -> None:
    look = settings_hash(parse(Kind.POSTER, Format.JPG, {"edge_inset": "15", "ratings_limit": "2"}))
    url = f"{edge.url}/c/{look}/imdb/poster-default/{METROPOLIS}"

    unknown = [await fetch(http, url) for _ in range(2)]
    kept = edge.held(url)
    redirect = await fetch(http, pair.picture(METROPOLIS, new_look(15)), follow=False)
    known = await fetch(http, url)

    assert [(404, "no-store", "MISS")] * 2 == [(a.status, a.cache_control, of(a)) for a in unknown]
    assert None is kept
    assert url == redirect.headers["location"]
    assert 200 == known.status


async def test_an_accident_is_not_kept(pair: Pair, edge: Edge, http: aiohttp.ClientSession, sources: Sources) -> None:
    film = sources.film()
    sources.break_down(Source.TMDB, status(500), film)
    url = (await fetch(http, pair.picture(f"{film.imdb}.jpg"), follow=False)).headers["location"]

    failed = await eventually(lambda: fetch(http, url), lambda answer: answer.status == 503)
    kept = edge.held(url)
    sources.heal()
    healed = await eventually(lambda: fetch(http, url), lambda answer: answer.status == 200)

    assert ("no-store", "MISS") == (failed.cache_control, of(failed))
    assert "retry-after" in failed.headers
    assert None is kept
    assert {"MISS", "HIT"} >= {of(healed)}


async def test_a_fact_is_kept_for_300_s_at_most(pair: Pair, edge: Edge, http: aiohttp.ClientSession) -> None:
    url = (await fetch(http, pair.picture("tt7777777.jpg"), follow=False)).headers["location"]

    answers = [await fetch(http, url) for _ in range(2)]

    entry = edge.held(url)
    assert [(404, "public, max-age=300")] * 2 == [(answer.status, answer.cache_control) for answer in answers]
    assert ["MISS", "HIT"] == [of(answer) for answer in answers]
    assert entry is not None
    assert 240 < entry.fresh_s <= 300
    assert 0 == entry.stale_s


async def test_a_fallback_is_kept_for_60_s_at_most(
    pair: Pair, edge: Edge, http: aiohttp.ClientSession, sources: Sources
) -> None:
    film = sources.film()
    for source in (Source.MDBLIST, Source.OMDB):
        sources.break_down(source, held, film)
    url = (await fetch(http, pair.picture(f"{film.imdb}.jpg"), follow=False)).headers["location"]

    plain = await fetch(http, url)
    entry = edge.held(url)
    sources.heal()
    real = await eventually(
        lambda: fetch(http, at_origin(edge, pair, url)), lambda answer: answer.cache in {"HIT", "STALE"}
    )

    assert (200, "MISS-FALLBACK", "public, max-age=60") == (plain.status, plain.cache, plain.cache_control)
    assert entry is not None
    assert 30 < entry.fresh_s <= 60
    assert 0 == entry.stale_s
    assert real.body != plain.body


async def test_head_ranges_and_conditions_pass(pair: Pair, edge: Edge, http: aiohttp.ClientSession) -> None:
    url = await drawn(pair, edge, http, METROPOLIS, new_look(16))
    origin = await fetch(http, at_origin(edge, pair, url))
    etag, length = origin.headers["etag"], len(origin.body)

    for state in ("MISS", "HIT"):
        part = await fetch(http, url, Range="bytes=10-19")
        assert (206, origin.body[10:20], f"bytes 10-19/{length}", state) == (
            part.status, part.body, part.headers["content-range"], of(part),
        )  # fmt: skip
    head = await fetch(http, url, method="HEAD")
    same = await fetch(http, url, If_None_Match=etag)
    other = await fetch(http, url, If_None_Match='"other"')
    since = await fetch(http, url, If_Modified_Since=origin.headers["last-modified"])
    tail = await fetch(http, url, Range="bytes=-5")
    outdated = await fetch(http, url, Range="bytes=10-19", If_Range='"other"')
    beyond = await fetch(http, url, Range=f"bytes={length}-")

    assert {"HIT"} == {of(answer) for answer in (head, same, other, since, tail, outdated)}
    assert (200, b"", str(length), etag) == (
        head.status,
        head.body,
        head.headers["content-length"],
        head.headers["etag"],
    )
    assert (304, b"", etag) == (same.status, same.body, same.headers["etag"])
    assert (200, origin.body) == (other.status, other.body)
    assert 304 == since.status
    assert (206, origin.body[-5:]) == (tail.status, tail.body)
    assert (200, origin.body) == (outdated.status, outdated.body)
    assert 416 == beyond.status


async def test_head_that_comes_first_fills_the_edge_for_all(
    pair: Pair, edge: Edge, http: aiohttp.ClientSession
) -> None:
    url = await drawn(pair, edge, http, METROPOLIS, new_look(17))

    head = await fetch(http, url, method="HEAD")
    whole = await fetch(http, url)

    assert (200, b"", "MISS") == (head.status, head.body, of(head))
    assert (200, "HIT", head.headers["content-length"]) == (whole.status, of(whole), str(len(whole.body)))
