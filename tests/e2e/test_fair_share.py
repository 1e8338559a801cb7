"""One client asks for hundreds of large pictures; what another client gets meanwhile, and what a stranger costs."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import aiohttp
import pytest

from shared.stores.rate_limiter import WORK
from tests.stack.caller import Answer, fetch, show
from tests.stack.pair import Pair
from tests.stack.sources import Sources, tally
from tests.stack.stores import Stores

GREEDY, OTHER, STRANGER = "203.0.113.7", "203.0.113.8", "203.0.113.9"
LARGE = "?imageSize=large&edge_inset_x={}&edge_inset_y={}"
REDIRECTS = 250
FOLLOWED = 10
POSTERS = 30
TITLES = 400
AT_ONCE = 20


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources) -> Iterator[Pair]:
    """A pair with limits, behind a proxy on this host, that draws with two threads."""
    settings = {"RATE_LIMITS_ENABLED": "true", "TRUSTED_PROXIES": "127.0.0.1", "RENDER_CONCURRENCY": "2"}
    with Pair(tmp_path_factory.mktemp("fair"), stores, sources, settings) as pair:
        yield pair


async def ask(http: aiohttp.ClientSession, url: str, *, of: str, follow: bool = True) -> Answer:
    return await fetch(http, url, follow=follow, X_Forwarded_For=of)


@pytest.mark.stress  # it measures time; the order of claims is in tests/contracts/test_queue.py
async def test_a_client_with_hundreds_of_large_pictures_delays_no_other(
    pair: Pair, sources: Sources, http: aiohttp.ClientSession
) -> None:
    film = sources.film().imdb
    # The stand-in for the source paints artwork while the test runs: here it has it already.
    assert 200 == (await ask(http, pair.picture(f"{film}.webp", "?imageSize=small", kind="backdrop"), of=GREEDY)).status
    urls = [
        pair.picture(f"{film}.webp", LARGE.format(nth % 25, nth // 25), kind="backdrop") for nth in range(REDIRECTS)
    ]
    redirects = await asyncio.gather(*(ask(http, url, of=GREEDY, follow=False) for url in urls))
    granted = [answer for answer in redirects if answer.status == 302]
    follows = asyncio.gather(
        *(ask(http, answer.headers["location"], of=GREEDY) for answer in granted[:FOLLOWED]), return_exceptions=True
    )

    posters = [await ask(http, pair.picture(f"{sources.film().imdb}.jpg"), of=OTHER) for _ in range(POSTERS)]

    seconds = sorted(answer.seconds for answer in posters)
    show(
        "another client's cold posters",
        [
            ("redirects", "drawn", "plain", "p50 s", "longest s"),
            (
                len(granted),
                sum(answer.cache == "MISS" for answer in posters),
                sum(answer.cache == "MISS-FALLBACK" for answer in posters),
                f"{seconds[len(seconds) // 2]:.2f}",
                f"{seconds[-1]:.2f}",
            ),
        ],
    )
    assert WORK.burst // 108 <= len(granted) <= REDIRECTS // 10
    assert {302, 429} == {answer.status for answer in redirects}
    assert {200} == {answer.status for answer in posters}
    assert seconds[-1] <= 3.0
    assert sum(answer.cache == "MISS-FALLBACK" for answer in posters) <= POSTERS // 3
    assert {200} == {answer.status for answer in await follows if isinstance(answer, Answer)}


async def test_a_stranger_costs_no_source_a_call(pair: Pair, sources: Sources, http: aiohttp.ClientSession) -> None:
    known = sources.film().imdb
    drawn = await ask(http, pair.picture(f"{known}.jpg"), of=OTHER)
    before = tally(sources.calls)

    look = drawn.url.split("/c/")[1].split("/")[0]
    answers: list[Answer] = []
    for first in range(0, TITLES, AT_ONCE):  # all at once, a busy machine could not look them up in time
        asking = (
            ask(http, pair.content(look, f"tt{8_000_000 + nth}.jpg"), of=f"203.0.113.{nth % 8}")
            for nth in range(first, first + AT_ONCE)
        )
        answers += await asyncio.gather(*asking)

    statuses = Counter(answer.status for answer in answers)
    assert {404, 429} == statuses.keys() | {429}
    assert before == tally(sources.calls)
    assert 200 == (await ask(http, pair.content(look, f"{known}.jpg"), of=STRANGER)).status
