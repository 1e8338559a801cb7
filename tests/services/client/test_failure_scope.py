"""An answer that cannot be read is one title's trouble, and a failing key's calls are that key's trouble."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from structlog.testing import capture_logs

from services.client.circuit_breaker import BreakerRules, CircuitOpen
from services.client.failure_scope import SEVERAL, KeyFailures, QuestionFailures
from services.client.http import Http, Request, Response
from services.client.json_reader import json_object
from services.client.limits import MemoryLimits, SourceLimits
from services.client.metrics import SourceMetrics
from services.client.retry import RetryPolicy
from services.client.shared_limits import SharedLimits
from services.client.upstream import UpstreamClient, in_query
from services.fanart.client import FanartSource
from services.tmdb.client import TmdbSource
from shared.config.environment import Secret
from shared.domain.errors import ArtNotFound, SourceDown, SourceError, SourceInvalidResponse, SourceTooLarge
from shared.domain.ids import MediaId, TitleKind
from tests.clock import Clock
from tests.services.contract import FILM, POSTER
from tests.services.test_tmdb import FILM_BODY
from tests.services.upstream import Reply, Upstream, replies

PAGE = Reply(200, b"<html>maintenance</html>")
FINE = replies({"id": 1})
KEYS = (Secret("sesame-one"), Secret("sesame-two"))
QUESTION = Request("q")
INVALID = SourceInvalidResponse("x", "not JSON")


def server_error() -> SourceDown:
    error = SourceDown("x", "status 500")
    error.status = 500
    return error


@pytest.fixture(params=["memory", "redis"])
def limits(request: pytest.FixtureRequest) -> SourceLimits:
    if request.param == "memory":
        return MemoryLimits()
    redis: Redis = request.getfixturevalue("redis")
    return SharedLimits(redis, timeout_s=5.0)


@pytest.fixture
async def http(registry: CollectorRegistry, limits: SourceLimits) -> AsyncIterator[Http]:
    policy = RetryPolicy(first_wait_s=0.0)
    async with Http(SourceMetrics(registry), retry_policy=policy, source_limits=limits) as client:
        yield client


def read(response: Response) -> Any:
    if response.status == 404:
        raise ArtNotFound("gone")
    return json_object("x", response.body)


async def ask(client: UpstreamClient, upstream: Upstream, path: str) -> str:
    """Ask once, and return how it ended."""
    try:
        await client.send(Request(f"{upstream.url}{path}"), read)
    except CircuitOpen:
        return "not sent"
    except SourceError as error:
        return error.cause.value
    except ArtNotFound:
        return "gone"
    return "fine"


async def test_one_unreadable_title_never_closes_its_source(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", FINE)
    upstream.plan("/odd", PAGE)
    client = UpstreamClient(http, "x")

    odd = [await ask(client, upstream, "/odd") for _ in range(20)]

    assert ["source_garbled"] * 5 + ["not sent"] * 15 == odd
    assert "fine" == await ask(client, upstream, "/other")


async def test_a_title_that_is_held_off_is_asked_again_later(upstream: Upstream, http: Http) -> None:
    upstream.plan("/odd", *[PAGE] * 5, FINE)
    client = UpstreamClient(http, "x", rules=BreakerRules(open_s=2))  # six calls take less, also on a busy machine
    odd = [await ask(client, upstream, "/odd") for _ in range(6)]

    async with asyncio.timeout(60):
        while (ended := await ask(client, upstream, "/odd")) == "not sent":  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.01)

    assert (["source_garbled"] * 5 + ["not sent"], "fine") == (odd, ended)


@pytest.mark.parametrize("share", [5, 2])
async def test_many_unreadable_titles_among_good_ones_never_close_their_source(
    http: Http, upstream: Upstream, share: int
) -> None:
    upstream.plan("*", FINE)
    for nth in range(0, 100, share):
        upstream.plan(f"/{nth}", PAGE)
    client = UpstreamClient(http, "x")

    ended = [await ask(client, upstream, f"/{nth}") for nth in range(100)]

    assert ["fine" if nth % share else "source_garbled" for nth in range(100)] == ended


async def test_many_unreadable_titles_in_a_row_do_not_close_a_source_that_answers_a_known_question(
    http: Http, upstream: Upstream
) -> None:
    upstream.plan("*", PAGE)
    upstream.plan("/known", FINE)
    client = UpstreamClient(http, "x")
    await ask(client, upstream, "/known")

    ended = {await ask(client, upstream, f"/{nth}") for nth in range(30)}

    assert {"source_garbled"} == ended
    assert "fine" == await ask(client, upstream, "/known")
    assert 3 == upstream.paths.count("/known")  # one of them is the check


async def test_a_source_whose_every_answer_is_unreadable_is_closed(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", PAGE)
    upstream.plan("/known", FINE, PAGE)
    client = UpstreamClient(http, "x")
    await ask(client, upstream, "/known")

    with capture_logs() as logs:
        ended = [await ask(client, upstream, f"/{nth}") for nth in range(12)]

    assert "not sent" == ended[-1]
    assert ended.index("not sent") == SEVERAL - 1 + 5
    assert 1 == sum(line["event"] == "source_answers_unreadable" for line in logs)


async def test_a_source_that_was_never_readable_is_closed_too(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", PAGE)
    client = UpstreamClient(http, "x")

    ended = [await ask(client, upstream, f"/{nth}") for nth in range(12)]

    assert "not sent" == ended[-1]


async def test_a_permanent_answer_is_a_readable_one(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", PAGE)
    upstream.plan("/gone", Reply(404))
    client = UpstreamClient(http, "x")

    ended = [await ask(client, upstream, path) for nth in range(20) for path in (f"/{nth}", "/gone")]

    assert ["source_garbled", "gone"] * 20 == ended


async def test_one_title_with_server_errors_counts_once_on_its_source(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", FINE)
    upstream.plan("/odd", Reply(500))
    client = UpstreamClient(http, "x")

    odd = [await ask(client, upstream, "/odd") for _ in range(10)]

    assert ["source_down"] * 5 + ["not sent"] * 5 == odd
    assert "fine" == await ask(client, upstream, "/other")


async def test_a_post_is_never_repeated_as_a_check(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", PAGE)
    upstream.plan("/purge", FINE)
    client = UpstreamClient(http, "x")
    await client.send(Request(f"{upstream.url}/purge", body=b"{}"), read)

    for nth in range(12):
        await ask(client, upstream, f"/{nth}")

    assert 1 == upstream.paths.count("/purge")


async def test_the_answer_of_another_key_decides(http: Http, upstream: Upstream, registry: CollectorRegistry) -> None:
    answers = {"sesame-one": PAGE, "sesame-two": FINE}
    upstream.answer = lambda received: answers[received.query["apikey"]]
    client = UpstreamClient(http, "x", KEYS, in_query("apikey"))

    ended = {await ask(client, upstream, f"/{nth}") for nth in range(40)}

    assert {"fine"} == ended
    assert 1.0 == registry.get_sample_value("source_keys_resting", {"source": "x"})
    assert 0.0 == registry.get_sample_value("source_breaker_open", {"source": "x"})


@pytest.mark.parametrize("trouble", [Reply(500), Reply(resets=True)])
async def test_a_key_whose_calls_fail_rests_while_another_works(
    http: Http, upstream: Upstream, registry: CollectorRegistry, trouble: Reply
) -> None:
    answers = {"sesame-one": FINE, "sesame-two": trouble}
    upstream.answer = lambda received: answers[received.query["apikey"]]
    client = UpstreamClient(http, "x", KEYS, in_query("apikey"))

    ended = [await ask(client, upstream, f"/{nth}") for nth in range(40)]

    assert 39 <= ended.count("fine")
    assert 1.0 == registry.get_sample_value("source_keys_resting", {"source": "x"})
    assert 0.0 == registry.get_sample_value("source_breaker_open", {"source": "x"})


async def test_an_image_host_and_an_api_host_are_counted_apart(http: Http, upstream: Upstream) -> None:
    upstream.plan("/3/movie/278", replies(FILM_BODY))
    upstream.plan("*", Reply(500))
    tmdb = TmdbSource(http, (Secret("key"),), api_url=f"{upstream.url}/3", image_url=f"{upstream.url}/t/p")
    fanart = FanartSource(http, (Secret("key"),), api_url=f"{upstream.url}/f")
    for nth in range(6):
        with pytest.raises(SourceDown):
            await fanart.gallery(type(FILM)(media=MediaId(TitleKind.MOVIE, nth + 1)))
        with pytest.raises(SourceDown):
            await tmdb.fetch(type(POSTER)(f"/{nth}.jpg", 1, 1, None), 500)

    assert await tmdb.title(FILM.media)


def test_a_held_question_says_when_to_ask_again() -> None:
    clock = Clock()
    questions = QuestionFailures("x", clock=clock)
    for _ in range(5):
        questions.failed(QUESTION, INVALID)
        clock.now += 1

    with pytest.raises(CircuitOpen) as held:
        questions.check(QUESTION)
    questions.check(Request("another"))
    clock.now += 29
    questions.check(QUESTION)

    assert 29.0 == held.value.retry_after_s


def test_failures_of_one_question_far_apart_do_not_hold_it_off() -> None:
    clock = Clock()
    questions = QuestionFailures("x", clock=clock)
    for _ in range(5):
        questions.failed(QUESTION, INVALID)
        clock.now += 8

    questions.check(QUESTION)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (INVALID, [True, True]),
        (SourceTooLarge("x", "-"), [True, True]),
        (server_error(), [False, True]),
        (SourceDown("x", "refused"), [False, False]),
    ],
)
def test_whose_trouble_a_failure_is(error: SourceError, expected: list[bool]) -> None:
    questions = QuestionFailures("x", clock=Clock())

    assert expected == [questions.failed(QUESTION, error) for _ in range(2)]


def test_a_check_is_wanted_once_per_pause_and_never_after_a_readable_answer() -> None:
    clock = Clock()
    questions = QuestionFailures("x", clock=clock)
    wanted = []
    for nth in range(SEVERAL):
        questions.failed(Request(f"q{nth}"), INVALID)
        wanted.append(questions.wants_check())
    wanted.append(questions.wants_check())
    clock.now += 30
    wanted.append(questions.wants_check())
    questions.answered(Request("other"))
    clock.now += 30
    wanted.append(questions.wants_check())

    assert [False, False, True, False, True, False] == wanted


def test_a_key_is_at_fault_only_while_another_works() -> None:
    clock = Clock()
    keys = KeyFailures(2, clock=clock)

    def step(index: int) -> bool:
        clock.now += 1
        return keys.failed(index)

    keys.succeeded(0)
    alone = [step(1), step(0), step(1)]  # both fail: the source
    clock.now += 1
    keys.succeeded(0)
    own = [step(1) for _ in range(5)]

    assert ([False] * 3, [True] * 5, True, False) == (alone, own, keys.is_worn_out(1), keys.is_worn_out(0))
