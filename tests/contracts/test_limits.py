"""Breakers and key pools fulfil one contract, in memory and shared by all replicas."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from structlog.testing import capture_logs

from deploy.dev.local.ports import free_ports
from services.client import shared_limits
from services.client.circuit_breaker import Breaker, BreakerRules, CircuitOpen, KeysExhausted
from services.client.http import Http, Request, Response
from services.client.key_pool import KeyPool, Permit, Quota, ReportedQuota
from services.client.limits import MemoryLimits, SourceLimits
from services.client.metrics import SourceMetrics
from services.client.priority import background_priority
from services.client.shared_limits import SharedLimits
from services.client.upstream import UpstreamClient, in_query
from shared.config.environment import Secret
from shared.domain.errors import ArtNotFound, MarqueeError, SourceDown, SourceRefused, SourceTooLarge
from shared.stores.redis import connect
from tests.services.upstream import Reply, Upstream
from tests.stack.parts import Stack

DOWN = SourceDown("x", "status 500")
KEYS = (Secret("sesame-one"), Secret("sesame-two"))
SOON = BreakerRules(open_s=0.05, probe_s=0.05)
"""Times that a test can wait for."""


async def call(breaker: Breaker, error: MarqueeError | None = None) -> str:
    """Make one call that ends with ``error``, and return its outcome."""
    try:
        async with breaker.guard():
            if error:
                raise error
    except CircuitOpen:
        return "blocked"
    except MarqueeError:
        return "failed"
    return "succeeded"


async def until_not_blocked(breaker: Breaker, error: MarqueeError | None = None) -> str:
    async with asyncio.timeout(60):
        while (ended := await call(breaker, error)) == "blocked":  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)
    return ended


async def until_probing(breaker: Breaker) -> AbstractAsyncContextManager[None]:
    """Return a running probe."""
    async with asyncio.timeout(60):
        while True:
            guard = breaker.guard()
            try:
                await guard.__aenter__()
            except CircuitOpen:
                await asyncio.sleep(0.005)
            else:
                return guard


async def until_acquired(key_pool: KeyPool) -> Permit:
    async with asyncio.timeout(60):
        while True:
            try:
                return await key_pool.acquire(is_urgent=True)
            except KeysExhausted:
                await asyncio.sleep(0.005)


async def taken(key_pool: KeyPool, *, is_urgent: bool = True, count: int = 100) -> int:
    """Acquire up to ``count`` permits until no key is ready, and return how many there were."""
    for number in range(count):
        try:
            await key_pool.acquire(is_urgent=is_urgent)
        except KeysExhausted:
            return number
    return count


def shared(redis: Redis, rules: BreakerRules = BreakerRules()) -> SharedLimits:  # noqa: B008 - frozen
    """Return the limits of one replica, with a timeout that fits a busy machine."""
    return SharedLimits(redis, rules=rules, timeout_s=5.0)


class LimitsContract:
    """The suite for every implementation; ``rules`` are those of its breakers."""

    @pytest.fixture
    def rules(self) -> BreakerRules:
        return BreakerRules()

    async def test_the_fifth_failure_opens_it(self, limits: SourceLimits) -> None:
        breaker = limits.breaker("x")
        ended = [await call(breaker, DOWN) for _ in range(6)]

        assert (["failed"] * 5 + ["blocked"], True) == (ended, breaker.is_open())

    async def test_an_open_breaker_says_when_to_retry(self, limits: SourceLimits) -> None:
        breaker = limits.breaker("x")
        for _ in range(5):
            await call(breaker, DOWN)

        with pytest.raises(CircuitOpen) as error:
            async with breaker.guard():
                pass

        assert 29 < (error.value.retry_after_s or 0) <= 30

    async def test_other_sources_are_not_affected(self, limits: SourceLimits) -> None:
        for _ in range(5):
            await call(limits.breaker("x"), DOWN)

        assert "succeeded" == await call(limits.breaker("y"))

    @pytest.mark.parametrize("rules", [BreakerRules(within_s=0.01)])
    async def test_failures_far_apart_do_not_open_it(self, limits: SourceLimits) -> None:
        breaker = limits.breaker("x")
        for _ in range(8):
            assert "failed" == await call(breaker, DOWN)
            await asyncio.sleep(0.012)  # the passage of this time is under test

        assert "succeeded" == await call(breaker)

    @pytest.mark.parametrize(
        "error",
        [
            ArtNotFound(),
            SourceTooLarge("x", "-"),
            SourceRefused("x", "-", retry_after_s=9.0),
            KeysExhausted("x", "-", retry_after_s=9.0),
            None,
        ],
    )
    async def test_permanent_answers_and_exhausted_keys_do_not_open_it(
        self, limits: SourceLimits, error: MarqueeError | None
    ) -> None:
        breaker = limits.breaker("x")
        for _ in range(20):
            await call(breaker, error)

        assert "succeeded" == await call(breaker)

    @pytest.mark.parametrize("rules", [SOON])
    async def test_a_successful_probe_closes_it(self, limits: SourceLimits) -> None:
        breaker = limits.breaker("x")
        for _ in range(5):
            await call(breaker, DOWN)

        ended = [await until_not_blocked(breaker), *[await call(breaker, DOWN) for _ in range(4)], await call(breaker)]

        assert ["succeeded", *["failed"] * 4, "succeeded"] == ended

    @pytest.mark.parametrize("rules", [BreakerRules(open_s=0.5)])
    async def test_a_failed_probe_opens_it_again(self, limits: SourceLimits) -> None:
        breaker = limits.breaker("x")
        for _ in range(5):
            await call(breaker, DOWN)

        assert ("failed", "blocked") == (await until_not_blocked(breaker, DOWN), await call(breaker))

    @pytest.mark.parametrize("rules", [BreakerRules(open_s=0.05)])
    async def test_only_one_call_probes(self, limits: SourceLimits) -> None:
        breaker = limits.breaker("x")
        for _ in range(5):
            await call(breaker, DOWN)

        probe = await until_probing(breaker)
        meanwhile = [await call(breaker) for _ in range(3)]
        await probe.__aexit__(None, None, None)

        assert (["blocked"] * 3, "succeeded") == (meanwhile, await call(breaker))

    @pytest.mark.parametrize("rules", [BreakerRules(open_s=0.05)])
    @pytest.mark.parametrize("error", [asyncio.CancelledError(), KeysExhausted("x", "-"), ZeroDivisionError()])
    async def test_a_probe_without_a_result_allows_another(self, limits: SourceLimits, error: BaseException) -> None:
        breaker = limits.breaker("x")
        for _ in range(5):
            await call(breaker, DOWN)
        probe = await until_probing(breaker)

        await probe.__aexit__(type(error), error, None)

        assert "succeeded" == await call(breaker)

    @pytest.mark.parametrize("rules", [SOON])
    async def test_a_lost_probe_is_replaced(self, limits: SourceLimits) -> None:
        breaker = limits.breaker("x")
        for _ in range(5):
            await call(breaker, DOWN)
        dead = await until_probing(breaker)

        assert "succeeded" == await until_not_blocked(breaker)
        await dead.__aexit__(None, None, None)  # a late result does no harm

    @pytest.mark.parametrize("rules", [BreakerRules(slow_s=0.0)])
    async def test_callers_who_give_up_late_count_as_failures(self, limits: SourceLimits) -> None:
        breaker = limits.breaker("x")
        for _ in range(5):
            with pytest.raises(asyncio.CancelledError):
                async with breaker.guard():
                    raise asyncio.CancelledError

        assert "blocked" == await call(breaker)

    async def test_keys_are_used_in_rotation(self, limits: SourceLimits) -> None:
        key_pool = limits.key_pool("x", KEYS, Quota())

        assert [0, 1, 0, 1] == [(await key_pool.acquire(is_urgent=True)).index for _ in range(4)]

    async def test_a_source_without_keys_has_one_nameless_key(self, limits: SourceLimits) -> None:
        key_pool = limits.key_pool("x", (), Quota())

        permits = [await key_pool.acquire(is_urgent=True), await key_pool.acquire(is_urgent=True)]

        assert ([Permit(0, 1), Permit(0, 2)], 1) == (permits, key_pool.status().keys)

    async def test_the_first_ready_key_among_some_is_used(self, limits: SourceLimits) -> None:
        key_pool = limits.key_pool("x", (*KEYS, Secret("third")), Quota())
        await key_pool.cool_down(2, 60.0)

        assert [1, 0] == [(await key_pool.acquire(is_urgent=True, among=among)).index for among in ((2, 1), (0, 1))]

    async def test_a_cooling_key_is_skipped_and_all_cooling_is_an_error(self, limits: SourceLimits) -> None:
        key_pool = limits.key_pool("x", KEYS, Quota())
        await key_pool.cool_down(0, 600.0)
        passed_over = [(await key_pool.acquire(is_urgent=True)).index for _ in range(3)]
        await key_pool.cool_down(1, 60.0)

        with pytest.raises(KeysExhausted) as error:
            await key_pool.acquire(is_urgent=True)

        assert ([1, 1, 1], 60.0, 2) == (passed_over, error.value.retry_after_s, key_pool.status().cooling_down)

    async def test_cool_down_returns_whether_the_key_was_ready(self, limits: SourceLimits) -> None:
        key_pool = limits.key_pool("x", KEYS, Quota())

        assert [True, False, True] == [
            await key_pool.cool_down(0, 60.0),
            await key_pool.cool_down(0, 70.0),
            await key_pool.cool_down(1, 60.0),
        ]

    async def test_a_cooldown_is_never_shortened(self, limits: SourceLimits) -> None:
        key_pool = limits.key_pool("x", (), Quota())
        await key_pool.cool_down(0, 600.0)
        await key_pool.cool_down(0, 1.0)

        with pytest.raises(KeysExhausted) as error:
            await key_pool.acquire(is_urgent=True)

        assert 600.0 == error.value.retry_after_s

    async def test_a_cooldown_ends(self, limits: SourceLimits) -> None:
        key_pool = limits.key_pool("x", (), Quota())
        await key_pool.cool_down(0, 0.05)

        assert 0 == (await until_acquired(key_pool)).index
        assert 0 == key_pool.status().cooling_down

    async def test_a_budget_is_used_up_exactly(self, limits: SourceLimits) -> None:
        key_pool = limits.key_pool("x", KEYS, Quota(daily=20))

        permits = await asyncio.gather(*(key_pool.acquire(is_urgent=True) for _ in range(100)), return_exceptions=True)

        assert 40 == sum(isinstance(permit, Permit) for permit in permits)
        status = key_pool.status()
        assert (40, 40, 2) == (status.used, status.limit, status.cooling_down)

    @pytest.mark.parametrize(("daily", "burst"), [(8, 0), (0, 8), (8, 100)])
    async def test_a_quarter_is_reserved_for_urgent_requests(
        self, limits: SourceLimits, daily: int, burst: int
    ) -> None:
        key_pool = limits.key_pool("x", (), Quota(daily=daily, burst=burst, burst_s=86_400.0))

        assert (6, 0, 2, 0) == (
            await taken(key_pool, is_urgent=False),
            await taken(key_pool, is_urgent=False),
            await taken(key_pool),
            await taken(key_pool),
        )

    @pytest.mark.parametrize("quota", [Quota(daily=2, day_s=0.3), Quota(burst=2, burst_s=0.3)])
    async def test_a_new_window_starts(self, limits: SourceLimits, quota: Quota) -> None:
        key_pool = limits.key_pool("x", (), quota)
        await taken(key_pool)

        await until_acquired(key_pool)

        assert await taken(key_pool) < 100

    async def test_the_reported_quota_takes_precedence(self, limits: SourceLimits) -> None:
        key_pool = limits.key_pool("x", (), Quota(daily=5))
        permit = await key_pool.acquire(is_urgent=True)

        await key_pool.record(permit, ReportedQuota(1000, 990, 3600.0))

        assert 10 == await taken(key_pool)
        with pytest.raises(KeysExhausted) as error:
            await key_pool.acquire(is_urgent=True)
        assert 3590 < (error.value.retry_after_s or 0) <= 3600

    async def test_a_lower_count_is_adopted_if_no_call_is_in_flight(self, limits: SourceLimits) -> None:
        key_pool = limits.key_pool("x", (), Quota(daily=10))
        await taken(key_pool, count=3)
        last = await key_pool.acquire(is_urgent=True)

        await key_pool.record(last, ReportedQuota(10, 1))

        assert 9 == await taken(key_pool)

    async def test_a_lower_count_of_an_earlier_call_is_ignored(self, limits: SourceLimits) -> None:
        key_pool = limits.key_pool("x", (), Quota(daily=10))
        earlier = await key_pool.acquire(is_urgent=True)
        await taken(key_pool, count=3)

        await key_pool.record(earlier, ReportedQuota(10, 1))

        assert 6 == await taken(key_pool)

    async def test_an_empty_report_changes_nothing(self, limits: SourceLimits) -> None:
        key_pool = limits.key_pool("x", (), Quota(daily=10))

        await key_pool.record(await key_pool.acquire(is_urgent=True), ReportedQuota())

        assert 9 == await taken(key_pool)

    async def test_a_reported_limit_outlives_its_day(self, limits: SourceLimits) -> None:
        key_pool = limits.key_pool("x", (), Quota())
        await key_pool.record(await key_pool.acquire(is_urgent=True), ReportedQuota(3, 3, 0.05))

        await until_acquired(key_pool)

        assert 2 == await taken(key_pool)


class TestMemoryLimits(LimitsContract):
    @pytest.fixture
    def limits(self, rules: BreakerRules) -> SourceLimits:
        return MemoryLimits(rules=rules)


class TestSharedLimits(LimitsContract):
    @pytest.fixture
    def limits(self, redis: Redis, rules: BreakerRules) -> SourceLimits:
        return shared(redis, rules)


class TestLostLimits(LimitsContract):
    """Without Redis, each replica fulfils the contract alone."""

    @pytest.fixture
    async def limits(self, rules: BreakerRules) -> AsyncIterator[SourceLimits]:
        nowhere = connect("redis://127.0.0.1:9/0")
        yield SharedLimits(nowhere, rules=rules)
        await nowhere.aclose()


async def test_failures_of_all_replicas_count_together(redis: Redis) -> None:
    one, other = shared(redis).breaker("x"), shared(redis).breaker("x")
    for breaker in (one, one, one, other, other):
        await call(breaker, DOWN)

    assert ["blocked"] * 2 == [await call(one), await call(other)]
    assert (True, True) == (one.is_open(), other.is_open())


async def test_a_closed_state_is_cached_only_for_its_ttl(redis: Redis) -> None:
    rules = [BreakerRules(closed_ttl_s=seconds) for seconds in (60, 0.01, 0)]
    for_long, for_a_moment, broken = [shared(redis, each).breaker("x") for each in rules]
    first = [await call(breaker) for breaker in (for_long, for_a_moment)]
    for _ in range(5):
        await call(broken, DOWN)

    async with asyncio.timeout(60):
        while await call(for_a_moment) != "blocked":  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)

    assert ["succeeded", "succeeded"] == first
    assert "succeeded" == await call(for_long)


async def test_one_replica_probes_for_all(redis: Redis) -> None:
    rules = BreakerRules(open_s=0.05)
    replicas = [shared(redis, rules).breaker("x") for _ in range(3)]
    for _ in range(5):
        await call(replicas[0], DOWN)

    probe = await until_probing(replicas[1])
    meanwhile = [await call(breaker) for breaker in replicas]
    await probe.__aexit__(None, None, None)

    assert ["blocked"] * 3 == meanwhile
    assert ["succeeded"] * 3 == [await call(breaker) for breaker in replicas]


async def test_cooldowns_and_budgets_are_shared_by_all_replicas(redis: Redis) -> None:
    one, other = (shared(redis).key_pool("x", KEYS, Quota(daily=5)) for _ in range(2))
    await one.cool_down(0, 60.0)

    taken_by = [await taken(one, count=2), await taken(other)]

    assert ([2, 3], 0) == (taken_by, await taken(one))


async def test_replicas_with_different_key_lists_share_their_common_keys(redis: Redis) -> None:
    one = shared(redis).key_pool("x", KEYS, Quota())
    other = shared(redis).key_pool("x", KEYS[1:], Quota())

    await other.cool_down(0, 60.0)

    assert [0, 0] == [(await one.acquire(is_urgent=True)).index for _ in range(2)]


async def test_a_hundred_requests_of_two_replicas_with_a_budget_of_forty_are_forty_calls(redis: Redis) -> None:
    quota = Quota(daily=40)
    async with Upstream() as upstream, replica(redis) as one, replica(redis) as other:
        upstream.plan("*", Reply(200))
        clients = [UpstreamClient(http, "x", KEYS[:1], in_query("apikey"), quota) for http in (one, other)]

        ends = await asyncio.gather(
            *(client.send(Request(upstream.url), body_of) for client in clients for _ in range(50)),
            return_exceptions=True,
        )

    assert (40, 60) == (len(upstream.received), sum(isinstance(end, KeysExhausted) for end in ends))


async def test_a_quarter_is_reserved_across_all_replicas(redis: Redis) -> None:
    async with Upstream() as upstream, replica(redis) as one, replica(redis) as other:
        upstream.plan("*", Reply(200))
        clients = [UpstreamClient(http, "x", KEYS[:1], in_query("apikey"), Quota(daily=40)) for http in (one, other)]

        async def send_often() -> list[bytes | BaseException]:
            requests = [client.send(Request(upstream.url), body_of) for client in clients * 25]
            return await asyncio.gather(*requests, return_exceptions=True)

        with background_priority():
            refreshes = await send_often()
        urgent = await send_often()

    assert [30, 10] == [sum(isinstance(end, bytes) for end in ends) for ends in (refreshes, urgent)]


async def test_redis_entries_contain_no_key_and_expire(redis: Redis) -> None:
    limits = shared(redis)
    key_pool, breaker = limits.key_pool("x", KEYS, Quota(daily=5)), limits.breaker("x")
    permit = await key_pool.acquire(is_urgent=True)
    await key_pool.record(permit, ReportedQuota(7, 3, 60.0))
    await key_pool.cool_down(1, 60.0)
    for _ in range(5):
        await call(breaker, DOWN)

    names = [name async for name in redis.scan_iter() if isinstance(name, bytes)]

    assert 5 == len(names)
    assert all(name.startswith(b"marquee:source:x:") and b"sesame" not in name for name in names)
    assert {True} == {0 < await redis.ttl(name) <= 2 * 86_400 for name in names}


async def test_a_known_quota_costs_no_round_trip(redis: Redis) -> None:
    key_pool = shared(redis).key_pool("x", (), Quota())
    permit = await key_pool.acquire(is_urgent=True)
    await key_pool.record(permit, ReportedQuota(1000, 1))
    before = await scripts_run(redis)

    permit = await key_pool.acquire(is_urgent=True)
    await key_pool.record(permit, ReportedQuota(1000, 2))

    assert 1 == await scripts_run(redis) - before


async def test_a_successful_call_within_a_budget_is_one_round_trip(redis: Redis) -> None:
    async with Upstream() as upstream, replica(redis, BreakerRules(closed_ttl_s=60)) as http:
        upstream.plan("*", Reply(200))
        client = UpstreamClient(http, "x", KEYS, in_query("apikey"), Quota(daily=100))
        await client.send(Request(upstream.url), body_of)
        before = await scripts_run(redis)

        await client.send(Request(upstream.url), body_of)

        assert 1 == await scripts_run(redis) - before


async def test_calls_without_a_budget_need_no_redis_and_are_counted_later(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = BreakerRules(closed_ttl_s=60)
    one, other = (shared(redis, rules).key_pool("x", KEYS, Quota()) for _ in range(2))
    await one.acquire(is_urgent=True)
    await one.acquire(is_urgent=True)
    before = (await redis.info("stats"))["total_commands_processed"]

    indexes = [(await one.acquire(is_urgent=True)).index for _ in range(9)]
    after = (await redis.info("stats"))["total_commands_processed"]
    monkeypatch.setattr(shared_limits, "_COUNTED_EVERY_S", 0.0)
    await other.acquire(is_urgent=True)  # whose calls are counted one by one from now on
    unknown = other.status().used
    one._counted_at = 0.0  # type: ignore[attr-defined]  # as ten seconds later
    await one.acquire(is_urgent=True)
    await other.acquire(is_urgent=True)

    assert ([0, 1, 0, 1, 0, 1, 0, 1, 0], 1) == (indexes, after - before)  # the one is INFO
    assert (2, 14) == (unknown, other.status().used)


async def test_far_from_its_limit_a_call_is_counted_and_not_waited_for(redis: Redis) -> None:
    rules, quota = BreakerRules(closed_ttl_s=60), Quota(daily=400, burst=1000)
    one, other = (shared(redis, rules).key_pool("x", KEYS[:1], quota) for _ in range(2))
    await one.acquire(is_urgent=True)
    await one.acquire(is_urgent=True)
    before = await scripts_run(redis)
    used = [(await one.acquire(is_urgent=True)).used for _ in range(20)]
    sent = await scripts_run(redis) - before

    assert list(range(3, 23)) == used
    assert sent <= 20  # those that left with others
    assert 23 == (await other.acquire(is_urgent=True)).used


async def test_replicas_exceed_a_budget_by_ten_calls_each_however_long_they_trust(redis: Redis) -> None:
    rules, quota = BreakerRules(closed_ttl_s=60), Quota(daily=200)
    pools = [shared(redis, rules).key_pool("x", KEYS[:1], quota) for _ in range(3)]
    numbers = [await taken(pool, count=45) for pool in pools] + [await taken(pool) for pool in pools]

    assert 200 <= sum(numbers) <= 200 + 10 * 2


async def test_near_its_limit_every_call_is_counted_first(redis: Redis) -> None:
    rules, quota = BreakerRules(closed_ttl_s=60), Quota(daily=200)
    one, other = (shared(redis, rules).key_pool("x", KEYS[:1], quota) for _ in range(2))
    numbers = [await taken(one, count=160)]
    while numbers[-1]:
        numbers += [await taken(one, count=3), await taken(other, count=3)]

    assert 200 == sum(numbers)


async def test_a_key_that_another_replica_rests_is_left_within_the_ttl(redis: Redis) -> None:
    rules = BreakerRules(closed_ttl_s=0.05)
    one, other = (shared(redis, rules).key_pool("x", KEYS, Quota()) for _ in range(2))
    for pool in (one, other, one, other):
        await pool.acquire(is_urgent=True)
    await other.cool_down(1, 60.0)

    async with asyncio.timeout(30):
        while 1 in {(await one.acquire(is_urgent=True)).index for _ in range(2)}:  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.01)
    left = {(await one.acquire(is_urgent=True)).index for _ in range(6)}

    assert {0} == left


async def test_one_read_tells_of_all_breakers_and_resting_keys(redis: Redis) -> None:
    limits = shared(redis)
    breakers = [limits.breaker(f"x{nth}") for nth in range(3)]
    pools = [limits.key_pool(f"x{nth}", KEYS, Quota()) for nth in range(3)]
    for pool in pools:
        await pool.acquire(is_urgent=True)
    before = await redis.info("commandstats")
    await asyncio.gather(*(call(breaker) for breaker in breakers), *(pool.acquire(is_urgent=True) for pool in pools))
    after = await redis.info("commandstats")

    assert 1 == after["cmdstat_mget"]["calls"] - before.get("cmdstat_mget", {"calls": 0})["calls"]
    assert before["cmdstat_evalsha"]["calls"] == after["cmdstat_evalsha"]["calls"]


async def test_a_loss_and_return_of_redis_are_logged_once_each(stack: Stack) -> None:
    (port,) = free_ports(1, apart_from=())
    client = connect(stack.valkey(port))
    limits = SharedLimits(client, retry_s=0.0, timeout_s=5.0)  # a slow reply is no failure
    key_pool, breaker = limits.key_pool("x", (), Quota(daily=10)), limits.breaker("x")
    with capture_logs() as logs:
        before = await taken(key_pool, count=4)
        await call(breaker, DOWN)
        await asyncio.to_thread(stack.stop, "valkey")

        lost = await taken(key_pool)
        for _ in range(4):
            await call(breaker, DOWN)
        error = await call(breaker)
        await asyncio.to_thread(stack.valkey, port)
        found = await taken(key_pool)
        await asyncio.to_thread(stack.stop, "valkey")
    await client.aclose()

    assert (4, 6, "blocked") == (before, lost, error)
    assert 10 == found  # an empty Redis counts from zero
    assert ["source_limits_lost", "source_limits_found"] == [log["event"] for log in logs]


async def test_a_hanging_redis_costs_one_timeout(stack: Stack) -> None:
    client = connect(stack.valkey())
    key_pool = SharedLimits(client, timeout_s=0.2, retry_s=60.0).key_pool("x", (), Quota(daily=10))
    before = await taken(key_pool, count=2)
    loop = asyncio.get_running_loop()
    with stack.paused("valkey"):
        began = loop.time()
        hanging = await taken(key_pool)
        took_s = loop.time() - began
    await asyncio.to_thread(stack.stop, "valkey")
    await client.aclose()

    assert (2, 8) == (before, hanging)
    assert took_s < 2


def replica(redis: Redis, rules: BreakerRules = BreakerRules()) -> Http:  # noqa: B008 - frozen
    """Return a client as a renderer has it."""
    return Http(SourceMetrics(CollectorRegistry()), source_limits=shared(redis, rules))


def body_of(response: Response) -> bytes:
    return response.body


async def scripts_run(redis: Redis) -> int:
    return int((await redis.info("commandstats"))["cmdstat_evalsha"]["calls"])
