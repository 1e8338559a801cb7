"""Keys rotate, stay within their budgets, and are never revealed."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from services.client.circuit_breaker import CircuitOpen, KeysExhausted
from services.client.http import Http, Request, Response
from services.client.key_pool import (
    KeyState,
    MemoryKeyPool,
    Permit,
    Quota,
    ReportedQuota,
    key_names,
    read_quota,
)
from services.client.key_rests import KeyRests
from services.client.priority import background_priority
from services.client.upstream import UpstreamClient, in_query
from shared.config.environment import Secret
from shared.domain.errors import SourceDown, SourceRefused
from tests.clock import Clock
from tests.services.upstream import Reply, Upstream, replies

NOON = 1_763_726_400.0  # UTC
KEYS = (Secret("sesame-one"), Secret("sesame-two"))
DAY = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "900"}


def body_of(response: Response) -> bytes:
    return response.body


def keys_used(upstream: Upstream) -> list[str]:
    return [received.query.get("apikey", "").removeprefix("sesame-") for received in upstream.received]


async def test_keys_rotate(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", Reply(200))
    client = UpstreamClient(http, "x", KEYS, in_query("apikey"))

    for _ in range(4):
        await client.send(Request(upstream.url), body_of)

    assert ["one", "two", "one", "two"] == keys_used(upstream)


@pytest.mark.parametrize("refusal", [Reply(401), replies({}, 429), replies({}, 429, Retry_After="600")])
async def test_a_refused_key_cools_down_and_the_next_is_used_at_once(
    http: Http, upstream: Upstream, waits: list[float], refusal: Reply
) -> None:
    upstream.plan("*", refusal, Reply(200, b"fine"))
    client = UpstreamClient(http, "x", KEYS, in_query("apikey"))

    responses = [await client.send(Request(upstream.url), refuse_401) for _ in range(3)]

    assert [b"fine"] * 3 == responses
    assert (["one", "two", "two", "two"], []) == (keys_used(upstream), waits)


async def test_no_call_is_made_when_all_keys_are_refused(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", replies({}, 429, Retry_After="700"), replies({}, 429, Retry_After="500"))
    client = UpstreamClient(http, "x", KEYS, in_query("apikey"))

    with pytest.raises(SourceRefused) as refused:
        await client.send(Request(upstream.url), body_of)
    with pytest.raises(KeysExhausted) as error:
        await client.send(Request(upstream.url), body_of)

    assert (500.0, 500.0) == (refused.value.retry_after_s, error.value.retry_after_s)
    assert ["one", "two"] == keys_used(upstream)


async def test_an_invalid_key_cools_down_for_seconds_at_first(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", Reply(401))
    client = UpstreamClient(http, "x", KEYS[:1], in_query("apikey"))

    with pytest.raises(SourceRefused):
        await client.send(Request(upstream.url), refuse_401)
    with pytest.raises(KeysExhausted) as error:
        await client.send(Request(upstream.url), refuse_401)

    assert 5.0 == error.value.retry_after_s


async def test_refused_keys_are_no_failures(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", *[Reply(401)] * 6, Reply(200, b"fine"))
    keys = tuple(Secret(f"sesame-{nth}") for nth in range(7))
    client = UpstreamClient(http, "x", keys, in_query("apikey"))

    assert b"fine" == await client.send(Request(upstream.url), refuse_401)


async def test_concurrent_refusals_are_no_failures_and_logged_once_per_key(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", replies({}, 429))
    client = UpstreamClient(http, "x", KEYS, in_query("apikey"))

    with capture_logs() as logs:
        ends = await asyncio.gather(
            *(client.send(Request(upstream.url), body_of) for _ in range(20)), return_exceptions=True
        )
    with pytest.raises(KeysExhausted):
        await client.send(Request(upstream.url), body_of)

    has_retry_after = {end.retry_after_s is not None for end in ends if isinstance(end, SourceRefused)}
    assert ({True}, [1, 2]) == (has_retry_after, sorted(log["key"] for log in logs))


async def test_a_refusal_by_a_host_without_keys_is_a_failure_without_cooldown(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", Reply(403))
    client = UpstreamClient(http, "x")
    for _ in range(5):
        with pytest.raises(SourceRefused):
            await client.send(Request(upstream.url), refuse_401)

    with pytest.raises(CircuitOpen):
        await client.send(Request(upstream.url), refuse_401)

    assert 5 == len(upstream.received)


async def test_a_transient_error_is_retried_with_the_same_key(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", Reply(500), Reply(500), Reply(200))

    await UpstreamClient(http, "x", KEYS, in_query("apikey")).send(Request(upstream.url), body_of)

    assert ["one", "one", "one"] == keys_used(upstream)


async def test_each_attempt_counts_and_a_used_up_budget_ends_the_request(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", Reply(500))
    client = UpstreamClient(http, "x", KEYS[:1], in_query("apikey"), Quota(daily=2))

    with pytest.raises(SourceDown):
        await client.send(Request(upstream.url), body_of)
    with pytest.raises(KeysExhausted):
        await client.send(Request(upstream.url), body_of)

    assert 2 == len(upstream.received)


async def test_background_work_leaves_a_quarter_of_the_budget(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", Reply(200))
    client = UpstreamClient(http, "x", KEYS[:1], in_query("apikey"), Quota(daily=8))

    with background_priority():
        for _ in range(6):
            await client.send(Request(upstream.url), body_of)
        with pytest.raises(KeysExhausted):
            await client.send(Request(upstream.url), body_of)
    for _ in range(2):
        await client.send(Request(upstream.url), body_of)
    with pytest.raises(KeysExhausted):
        await client.send(Request(upstream.url), body_of)

    assert 8 == len(upstream.received)


async def test_concurrent_requests_stay_within_the_budget(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", Reply(200))
    client = UpstreamClient(http, "x", KEYS[:1], in_query("apikey"), Quota(daily=40))

    ends = await asyncio.gather(
        *(client.send(Request(upstream.url), body_of) for _ in range(100)), return_exceptions=True
    )

    assert (40, 60) == (len(upstream.received), sum(isinstance(end, KeysExhausted) for end in ends))


async def test_the_reported_count_takes_precedence(http: Http, upstream: Upstream, registry: CollectorRegistry) -> None:
    upstream.plan("*", Reply(200, headers=DAY))
    client = UpstreamClient(http, "x", KEYS[:1], in_query("apikey"), Quota(daily=5, is_reported=True))

    await client.send(Request(upstream.url), body_of)

    assert (100.0, 1000.0) == (sample(registry, "budget_used"), sample(registry, "budget_limit"))


async def test_headers_are_ignored_unless_the_source_reports_its_quota(
    http: Http, upstream: Upstream, registry: CollectorRegistry
) -> None:
    upstream.plan("*", Reply(200, headers=DAY))
    client = UpstreamClient(http, "x", KEYS[:1], in_query("apikey"))

    await client.send(Request(upstream.url), body_of)

    assert (1.0, 0.0) == (sample(registry, "budget_used"), sample(registry, "budget_limit"))


async def test_a_key_reported_as_used_up_is_not_used(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", Reply(200, headers={"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "0"}))
    client = UpstreamClient(http, "x", KEYS[:1], in_query("apikey"), Quota(is_reported=True))

    await client.send(Request(upstream.url), body_of)
    with pytest.raises(KeysExhausted):
        await client.send(Request(upstream.url), body_of)

    assert 1 == len(upstream.received)


async def test_the_metrics_show_the_status_of_the_keys(
    http: Http, upstream: Upstream, registry: CollectorRegistry
) -> None:
    upstream.plan("*", Reply(401), Reply(200))
    client = UpstreamClient(http, "x", KEYS, in_query("apikey"), Quota(daily=50))

    await client.send(Request(upstream.url), refuse_401)

    names = ("budget_used", "budget_limit", "keys", "keys_resting", "breaker_open")
    assert [2.0, 100.0, 2.0, 1.0, 0.0] == [sample(registry, name) for name in names]


async def test_an_open_breaker_is_a_metric(http: Http, upstream: Upstream, registry: CollectorRegistry) -> None:
    upstream.plan("*", Reply(500))
    client = UpstreamClient(http, "x")

    for nth in range(5):
        with pytest.raises(SourceDown):
            await client.send(Request(f"{upstream.url}/{nth}"), body_of)

    assert 1.0 == sample(registry, "breaker_open")


async def test_a_cooling_key_is_logged_by_its_position(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", Reply(401), Reply(200))

    with capture_logs() as logs:
        await UpstreamClient(http, "x", KEYS, in_query("apikey")).send(Request(upstream.url), refuse_401)

    assert [("source_key_rested", "x", 1, 5.0)] == [
        (log["event"], log["source"], log["key"], log["rest_s"]) for log in logs
    ]


async def test_a_new_day_starts(clock: Clock, key_pool: MemoryKeyPool) -> None:
    for _ in range(3):
        await key_pool.acquire(is_urgent=True)
    with pytest.raises(KeysExhausted) as error:
        await key_pool.acquire(is_urgent=True)
    clock.now += 12 * 3600

    permit = await key_pool.acquire(is_urgent=True)

    assert (12 * 3600.0, Permit(0, 1)) == (error.value.retry_after_s, permit)


async def test_a_burst_has_its_own_limit(clock: Clock) -> None:
    key_pool = MemoryKeyPool("x", ("key",), Quota(burst=2), clock=clock)
    clock.now += 10
    for _ in range(2):
        await key_pool.acquire(is_urgent=True)

    with pytest.raises(KeysExhausted) as error:
        await key_pool.acquire(is_urgent=True)

    assert 290.0 == error.value.retry_after_s


def test_sync_converts_times_from_now(clock: Clock, key_pool: MemoryKeyPool) -> None:
    key_pool.sync([KeyState(10, 10, 60.0, 1, 60.0, 0.0)])
    clock.now += 59

    assert 1 == key_pool.status().cooling_down


@pytest.mark.parametrize(
    ("limit", "remaining", "reset", "expected"),
    [
        ("1000", "900", str(int(NOON) + 60), ReportedQuota(1000, 100, 60.0)),
        ("1000", "0", None, ReportedQuota(1000, 1000)),
        ("1000", None, None, ReportedQuota(1000)),
        (None, "900", None, ReportedQuota()),
        (None, None, None, ReportedQuota()),
        (" 1000 ", " 900 ", "", ReportedQuota(1000, 100)),
        ("1000", "1001", None, ReportedQuota(1000)),
        ("1000", "-1", None, ReportedQuota(1000)),
        ("-1000", "5", None, ReportedQuota()),
        ("0", "0", None, ReportedQuota()),
        ("many", "few", "soon", ReportedQuota()),
        ("1e3", "9.5", "0x10", ReportedQuota()),
        ("²", "٣", "١", ReportedQuota()),
        ("9" * 10, "5", None, ReportedQuota()),
        ("9" * 5000, "9" * 5000, "9" * 5000, ReportedQuota()),
        ("1000", "900", str(int(NOON) - 1), ReportedQuota(1000)),
        ("1000", "900", str(int(NOON) + 100_000), ReportedQuota(1000)),
        ("1000", "900", "60", ReportedQuota(1000)),
    ],
)
def test_valid_headers_are_read_and_invalid_ones_ignored(
    limit: str | None, remaining: str | None, reset: str | None, expected: ReportedQuota
) -> None:
    written = {"limit": limit, "remaining": remaining, "reset": reset}
    headers = {f"x-ratelimit-{name}": text for name, text in written.items() if text is not None}

    assert expected == read_quota(headers, NOON)


@pytest.mark.parametrize(("said_s", "expected"), [(7.0, 7.0), (1e9, 86_400.0)])
def test_a_key_rests_as_long_as_the_source_says_and_at_most_a_day(clock: Clock, said_s: float, expected: float) -> None:
    assert expected == KeyRests(1, clock=clock).refused(0, said_s, is_rate_limit=True)


@pytest.mark.parametrize("now", [1000.0, 2047.3])  # 5 s after the second is not 5 s more, as a float
@pytest.mark.parametrize(
    ("is_rate_limit", "expected"),
    [(False, [5.0, 15.0, 45.0, 135.0, 405.0, 900.0, 900.0]), (True, [5.0, 15.0, 30.0, 30.0])],
)
def test_rests_grow_from_seconds(
    clock: Clock,
    now: float,
    is_rate_limit: bool,  # noqa: FBT001 - a parameter of the table
    expected: list[float],
) -> None:
    clock.now = now
    rests, grown = KeyRests(1, clock=clock), []
    for _ in expected:
        grown.append(rests.refused(0, None, is_rate_limit=is_rate_limit))
        clock.now += grown[-1]

    assert expected == grown


def test_refusals_during_a_rest_do_not_lengthen_it_and_an_answer_ends_the_series(clock: Clock) -> None:
    rests = KeyRests(2, clock=clock)
    first = rests.refused(0, None, is_rate_limit=False)
    clock.now += 2
    during = rests.refused(0, 0.0, is_rate_limit=False)
    clock.now += 3
    second = rests.refused(0, None, is_rate_limit=False)
    clock.now += 15
    rests.answered(0)
    afterwards = rests.refused(0, None, is_rate_limit=False)

    assert [5.0, 3.0, 15.0, 5.0, 5.0] == [
        first,
        during,
        second,
        afterwards,
        rests.refused(1, None, is_rate_limit=False),
    ]


def test_a_name_does_not_reveal_its_key() -> None:
    names = key_names("x", KEYS)

    assert 2 == len(set(names))
    assert all(len(name) == 6 and name not in key for name, key in zip(names, KEYS, strict=True))


def test_the_same_key_of_another_source_has_another_name() -> None:
    assert key_names("x", KEYS) != key_names("y", KEYS)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def key_pool(clock: Clock) -> MemoryKeyPool:
    return MemoryKeyPool("x", ("key",), Quota(daily=3), clock=clock)


def refuse_401(response: Response) -> bytes:
    if response.status in {401, 403}:
        raise SourceRefused("x", "the key is not accepted")
    return response.body


def sample(registry: CollectorRegistry, name: str) -> float | None:
    return registry.get_sample_value(f"source_{name}", {"source": "x"})
