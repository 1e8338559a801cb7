"""How often one client may ask, where two gateways and two renderers share what they know through Redis."""

import asyncio
import time
from collections.abc import Iterator
from itertools import chain

import aiohttp
import pytest

from shared.stores.rate_limiter import CONTENT, PICTURES, UNREPORTED, Rate
from tests.stack.caller import Answer, fetch, show
from tests.stack.pair import Pair
from tests.stack.services import FREE_KEY
from tests.stack.sources import Sources
from tests.stack.stores import Stores

METROPOLIS = "tt0017136"
UNKNOWN = "0" * 32
REPLICAS = 2
TRIES = 600
AT_ONCE = 8
TRIES_A_SECOND = 400
UNSEEN_S = 0.25  # a pause between two tellings and an answer of Redis, on a machine with other things to do


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources) -> Iterator[Pair]:
    """A pair with limits, behind a proxy on this host: what a caller says of its address is believed."""
    settings = {"RATE_LIMITS_ENABLED": "true", "TRUSTED_PROXIES": "127.0.0.1"}
    with Pair(tmp_path_factory.mktemp("rates"), stores, sources, settings) as pair:
        yield pair


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources) -> Iterator[Pair]:
    """The same with two of each."""
    settings = {"RATE_LIMITS_ENABLED": "true", "TRUSTED_PROXIES": "127.0.0.1"}
    folder = tmp_path_factory.mktemp("rates-of-two")
    with Pair(folder, stores, sources, settings, gateway_count=REPLICAS, renderer_count=REPLICAS) as pair:
        yield pair


async def ask(http: aiohttp.ClientSession, url: str, *, of: str) -> Answer:
    return await fetch(http, url, follow=False, X_Forwarded_For=of)


async def press(http: aiohttp.ClientSession, url: str, *, of: str) -> tuple[list[Answer], float]:
    """Ask ``TRIES`` times, a few at once and evenly, then once more; returns the answers, and the seconds it took."""
    began, left = time.monotonic(), iter(range(TRIES))

    async def caller() -> list[Answer]:
        answers = []
        for _ in left:
            answers.append(await ask(http, url, of=of))
            await asyncio.sleep(AT_ONCE / TRIES_A_SECOND)
        return answers

    answers = chain.from_iterable(await asyncio.gather(*(caller() for _ in range(AT_ONCE))))
    return [*answers, await ask(http, url, of=of)], time.monotonic() - began


def check(rate: Rate, answers: list[Answer], seconds: float, *, replicas: int = 1) -> None:
    """Check that no more was granted than the bound says, and no less than the burst."""
    earned = 1 + int(seconds * 1000 / rate.interval_ms)
    unseen = 0 if replicas == 1 else replicas * UNREPORTED + int(TRIES_A_SECOND * UNSEEN_S)
    granted = sum(answer.status != 429 for answer in answers)
    most = rate.burst + earned + unseen
    show(f"{rate.name} of one client", [("replicas", "tries", "seconds", "granted", "at most"),
                                        (replicas, len(answers), f"{seconds:.2f}", granted, most)])  # fmt: skip
    assert rate.burst <= granted <= most


def check_refusal(answers: list[Answer]) -> None:
    """Check the last refusal: the very last answer may be one that was earned meanwhile."""
    answer = next(answer for answer in reversed(answers) if answer.status == 429)
    assert (429, "no-store") == (answer.status, answer.cache_control)
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert "Too many requests from your address. Please wait a moment." == answer.error


async def test_one_key_of_one_client_gets_its_burst_of_redirects_and_others_go_on(
    one: Pair, http: aiohttp.ClientSession
) -> None:
    key, _ = await one.new_key()
    url = one.picture(f"{METROPOLIS}.jpg")
    assert 302 == (await ask(http, url, of="203.0.113.1")).status

    answers, seconds = await press(http, url, of="203.0.113.7")

    check(PICTURES, answers, seconds)
    check_refusal(answers)
    assert 302 == (await ask(http, url, of="203.0.113.8")).status
    assert 302 == (await ask(http, one.picture(f"{METROPOLIS}.jpg", key=key), of="203.0.113.7")).status


async def test_what_a_client_writes_before_its_proxys_word_gives_it_no_more(
    one: Pair, http: aiohttp.ClientSession
) -> None:
    url = one.picture(f"{METROPOLIS}.jpg")

    answers = [await ask(http, url, of=f"10.9.{nth >> 8}.{nth & 255}, 203.0.113.9") for nth in range(TRIES // 2)]

    assert PICTURES.burst <= sum(answer.status == 302 for answer in answers) < TRIES // 2
    check_refusal(answers)


async def test_key_checks_have_a_rate_of_their_own(one: Pair, http: aiohttp.ClientSession) -> None:
    url = f"{one.gateway_url}/{FREE_KEY}/isValid"

    answers = await asyncio.gather(*(ask(http, url, of="203.0.113.7") for _ in range(200)))

    assert {200, 429} == {answer.status for answer in answers}
    check_refusal(answers)


async def test_one_client_gets_its_burst_of_pictures_and_others_go_on(one: Pair, http: aiohttp.ClientSession) -> None:
    url = one.content(UNKNOWN, f"{METROPOLIS}.jpg")

    answers, seconds = await press(http, url, of="203.0.113.17")

    check(CONTENT, answers, seconds)
    check_refusal(answers)
    assert 404 == (await ask(http, url, of="203.0.113.18")).status
    assert one.number("renderer_rate_limited_total", rate="content") >= TRIES - CONTENT.burst - seconds * 5 - 1


async def test_two_gateways_grant_little_more_than_one(two: Pair, http: aiohttp.ClientSession) -> None:
    url = two.picture(f"{METROPOLIS}.jpg")

    answers, seconds = await press(http, url, of="203.0.113.27")

    check(PICTURES, answers, seconds, replicas=REPLICAS)


async def test_two_renderers_grant_little_more_than_one(two: Pair, http: aiohttp.ClientSession) -> None:
    url = two.content(UNKNOWN, f"{METROPOLIS}.jpg")

    answers, seconds = await press(http, url, of="203.0.113.37")

    check(CONTENT, answers, seconds, replicas=REPLICAS)
    told = [two.number("renderer_rate_cells", part) for part in two.renderers]
    assert all(told)
