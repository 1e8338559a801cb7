"""A source's own words about a key rest it; any other refusal is the trouble of one question."""

import asyncio
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.client.circuit_breaker import BreakerRules, CircuitOpen, KeysExhausted
from services.client.http import Http, Request, Response
from services.client.image_response import read_picture
from services.client.key_pool import Quota
from services.client.priority import background_priority
from services.client.refusals import BareRefusal, is_about_key, read_answer
from services.client.upstream import UpstreamClient, in_query
from services.mdblist.client import MdblistSource
from services.tmdb.client import TmdbSource
from shared.config.environment import Secret
from shared.domain.errors import SourceError, SourceRefused
from tests.services.contract import FILM
from tests.services.test_tmdb import FILM_BODY
from tests.services.upstream import Reply, Upstream, replies

KEYS = (Secret("sesame-one"), Secret("sesame-two"))
WORDS = replies({"error": "Invalid API key!"}, 401)
BARE = Reply(403, b"<html>Access denied</html>")
FINE = replies({"id": 1})
TOO_MANY = replies({}, 429)


def read(response: Response) -> Any:
    return read_answer("x", response, lambda body: is_about_key(str(body.get("error"))))


async def ask(client: UpstreamClient, upstream: Upstream, path: str) -> str:
    """Ask once, and return how it ended."""
    try:
        await client.send(Request(f"{upstream.url}{path}"), read)
    except KeysExhausted:
        return "no key"
    except CircuitOpen:
        return "not sent"
    except BareRefusal:
        return "bare"
    except SourceRefused:
        return "refused"
    except SourceError as error:
        return error.cause.value
    return "fine"


def resting(registry: CollectorRegistry, source: str = "x") -> float | None:
    return registry.get_sample_value("source_keys_resting", {"source": source})


@pytest.mark.parametrize(
    "sentence",
    [
        "Invalid API key!",
        "No API key provided.",
        "Invalid API key: You must be granted a valid key.",
        "Your apikey is disabled",
        "Request limit reached!",
        "API Limit Reached!",
        "API Rate Limit Reached!",
        "API rate limit exceeded!",
        "Daily API limit exceeded!",
        "You have reached your daily limit.",
        "Your request count (42) is over the allowed limit of 40.",
        "Account disabled: Your account is not active.",
        "Your account has been suspended, contact TMDB.",
    ],
)
def test_sentences_about_a_key_are_known(sentence: str) -> None:
    assert is_about_key(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "Forbidden",
        "Movie not found!",
        "Private list",
        "too many ids",
        "Incorrect IMDb ID.",
        "limit must be 1 to 100",
    ],
)
def test_other_sentences_are_not_about_a_key(sentence: str) -> None:
    assert not is_about_key(sentence)


@pytest.mark.parametrize("keys", [KEYS[:1], KEYS])
async def test_one_questions_bare_refusal_rests_no_key(
    http: Http, upstream: Upstream, registry: CollectorRegistry, keys: tuple[Secret, ...]
) -> None:
    upstream.plan("*", FINE)
    upstream.plan("/odd", BARE)
    client = UpstreamClient(http, "x", keys, in_query("apikey"))

    ended = [await ask(client, upstream, path) for _ in range(8) for path in ("/odd", "/good")]

    assert ["bare", "fine"] * 5 + ["not sent", "fine"] * 3 == ended
    assert 0.0 == resting(registry)


async def test_a_firewall_before_every_question_opens_the_breaker_and_rests_no_key(
    http: Http, upstream: Upstream, registry: CollectorRegistry
) -> None:
    upstream.plan("*", BARE)
    client = UpstreamClient(http, "x", KEYS[:1], in_query("apikey"))

    ended = [await ask(client, upstream, f"/{nth}") for nth in range(12)]

    assert ("bare", "not sent", 0.0) == (ended[0], ended[-1], resting(registry))


@pytest.mark.parametrize("refusal", [WORDS, TOO_MANY, replies({}, 429, Retry_After="86400")])
async def test_the_last_key_rests_only_if_a_known_good_question_is_refused_too(
    http: Http, upstream: Upstream, registry: CollectorRegistry, refusal: Reply
) -> None:
    upstream.plan("*", FINE)
    upstream.plan("/odd", refusal)
    client = UpstreamClient(http, "x", KEYS[:1], in_query("apikey"))
    await ask(client, upstream, "/good")

    ended = [await ask(client, upstream, "/odd") for _ in range(7)]

    assert ["refused"] * 5 + ["not sent"] * 2 == ended
    assert (0.0, "fine") == (resting(registry), await ask(client, upstream, "/other"))
    assert 2 == upstream.paths.count("/good")  # one of them is the check


async def test_the_known_good_question_is_asked_with_the_key_in_doubt(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", FINE)
    client = UpstreamClient(http, "x", KEYS, in_query("apikey"))
    await ask(client, upstream, "/good")
    upstream.plan("/odd", WORDS)

    assert "refused" == await ask(client, upstream, "/odd")

    asked = [(each.path, each.query["apikey"].removeprefix("sesame-")) for each in upstream.received]
    assert [("/good", "one"), ("/odd", "two"), ("/odd", "one"), ("/good", "one")] == asked


async def test_background_work_may_check_a_key_when_only_the_reserve_is_left(
    http: Http, upstream: Upstream, registry: CollectorRegistry
) -> None:
    upstream.plan("*", FINE)
    upstream.plan("/odd", WORDS)
    client = UpstreamClient(http, "x", KEYS[:1], in_query("apikey"), Quota(daily=8))

    with background_priority():
        ended = [await ask(client, upstream, path) for path in ("/1", "/2", "/3", "/4", "/5", "/odd")]

    assert ("refused", 0.0) == (ended[-1], resting(registry))


async def test_a_key_that_is_refused_for_everything_rests(
    http: Http, upstream: Upstream, registry: CollectorRegistry
) -> None:
    upstream.plan("/good", FINE, WORDS)
    upstream.plan("*", WORDS)
    client = UpstreamClient(http, "x", KEYS[:1], in_query("apikey"))
    await ask(client, upstream, "/good")

    ended = [await ask(client, upstream, f"/{nth}") for nth in range(3)]

    assert (["refused", "no key", "no key"], 1.0) == (ended, resting(registry))
    assert ["/good", "/0", "/good"] == upstream.paths


async def test_a_known_good_question_that_is_refused_itself_needs_no_check(
    http: Http, upstream: Upstream, registry: CollectorRegistry
) -> None:
    upstream.plan("/good", FINE, WORDS)
    client = UpstreamClient(http, "x", KEYS[:1], in_query("apikey"))

    ended = [await ask(client, upstream, "/good") for _ in range(3)]

    assert (["fine", "refused", "no key"], 1.0, 2) == (ended, resting(registry), len(upstream.received))


async def test_concurrent_refusals_share_one_check(http: Http, upstream: Upstream, registry: CollectorRegistry) -> None:
    upstream.plan("*", WORDS)
    upstream.plan("/good", FINE)
    client = UpstreamClient(http, "x", KEYS[:1], in_query("apikey"))
    await ask(client, upstream, "/good")

    ended = await asyncio.gather(*(ask(client, upstream, f"/{nth}") for nth in range(20)))

    assert (["refused"] * 20, 2, 0.0) == (ended, upstream.paths.count("/good"), resting(registry))


async def test_a_good_check_is_relied_on_for_a_while(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", WORDS)
    upstream.plan("/good", FINE)
    client = UpstreamClient(http, "x", KEYS[:1], in_query("apikey"), rules=BreakerRules(open_s=0.0))
    lasting = UpstreamClient(http, "y", KEYS[:1], in_query("apikey"))
    for each in (client, lasting):
        await ask(each, upstream, "/good")
    before = upstream.paths.count("/good")

    for nth in range(3):
        await ask(client, upstream, f"/{nth}")
        await ask(lasting, upstream, f"/{nth}")

    assert 3 + 1 == upstream.paths.count("/good") - before


async def test_one_refused_picture_does_not_close_its_host(
    http: Http, upstream: Upstream, registry: CollectorRegistry
) -> None:
    upstream.plan("*", Reply(200, b"a picture"))
    upstream.plan("/odd.jpg", BARE)
    client = UpstreamClient(http, "x")

    def picture(response: Response) -> bytes:
        return read_picture("x", response)

    for _ in range(12):
        with pytest.raises(SourceError):
            await client.send(Request(f"{upstream.url}/odd.jpg"), picture)

    assert b"a picture" == await client.send(Request(f"{upstream.url}/other.jpg"), picture)
    assert 0.0 == registry.get_sample_value("source_breaker_open", {"source": "x"})


@pytest.mark.parametrize(("code", "is_key"), [(7, True), (10, True), (14, True), (31, True), (39, False), (5, False)])
@pytest.mark.parametrize("status", [401, 403])
async def test_tmdbs_codes_say_whether_the_key_is_meant(
    http: Http,
    upstream: Upstream,
    registry: CollectorRegistry,
    status: int,
    code: int,
    is_key: bool,  # noqa: FBT001
) -> None:
    upstream.plan("*", replies({"success": False, "status_code": code, "status_message": "Refused."}, status))
    tmdb = TmdbSource(http, KEYS[:1], api_url=upstream.url, image_url=upstream.url)

    with pytest.raises(SourceRefused if is_key else BareRefusal):
        await tmdb.title(FILM.media)

    assert float(is_key) == resting(registry, "tmdb")


async def test_a_title_behind_a_firewall_leaves_all_other_titles_in_reach(http: Http, upstream: Upstream) -> None:
    upstream.plan("/movie/278", replies(FILM_BODY))
    upstream.plan("*", BARE)
    tmdb = TmdbSource(http, KEYS[:1], api_url=upstream.url, image_url=upstream.url)
    for _ in range(20):
        with pytest.raises(SourceError):
            await tmdb.title(type(FILM.media)(FILM.media.kind, 13))

    assert await tmdb.title(FILM.media)


async def test_a_page_in_place_of_a_list_does_not_mean_that_the_list_is_private(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", BARE)
    source = MdblistSource(http, KEYS[:1], api_url=upstream.url, ratings_ttl_s=lambda _: 0.0)

    with pytest.raises(BareRefusal):
        await source.titles("some/list", 10)
