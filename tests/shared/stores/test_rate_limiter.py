"""Rate limits of one process, and of several that share a real Valkey."""

import asyncio
import time
from collections.abc import AsyncIterator
from itertools import cycle, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from deploy.dev.local.ports import free_ports
from shared.concurrency.cancel import cancel_and_wait
from shared.stores import rate_limiter
from shared.stores.rate_limiter import KEY_CHECKS, LARGEST_BATCH, PICTURES, UNREPORTED, WORK, Rate, RateLimiter, Who
from shared.stores.redis import connect
from tests.clock import Clock
from tests.stack.parts import Stack
from tests.waiting import until

NOWHERE = "redis://127.0.0.1:9/0"
WHO = (17, "203.0.113.7")
CELL = "marquee:rate:pictures:17:203.0.113.7"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def alone(clock: Clock) -> AsyncIterator[RateLimiter]:
    """A limiter without Redis."""
    client = connect(NOWHERE)
    yield RateLimiter(client, clock=clock)
    await client.aclose()


def granted(process: RateLimiter, tries: int, rate: Rate = PICTURES, who: Who = WHO) -> int:
    return sum(process.take(rate, who) == 0.0 for _ in range(tries))


@pytest.mark.parametrize("rate", [PICTURES, KEY_CHECKS])
def test_a_burst_is_granted_and_no_more(alone: RateLimiter, rate: Rate) -> None:
    assert rate.burst == granted(alone, rate.burst + 100, rate)


def test_a_refused_request_is_told_how_long_to_wait(alone: RateLimiter, clock: Clock) -> None:
    granted(alone, PICTURES.burst)
    clock.now += 0.15

    assert pytest.approx(0.05) == alone.take(PICTURES, WHO)


def test_a_refused_request_takes_nothing(alone: RateLimiter, clock: Clock) -> None:
    granted(alone, PICTURES.burst + 1000)
    clock.now += 3 * PICTURES.interval_ms / 1000

    assert 3 == granted(alone, 10)


def test_every_client_and_every_rate_has_its_own_limit(alone: RateLimiter) -> None:
    granted(alone, PICTURES.burst)

    assert 0.0 == alone.take(PICTURES, (17, "203.0.113.8")) == alone.take(PICTURES, (18, "203.0.113.7"))
    assert 0.0 == alone.take(KEY_CHECKS, WHO)


@given(st.integers(1, 9), st.integers(1, 50), st.lists(st.integers(0, 120), max_size=80))
def test_no_more_is_granted_than_the_rate_allows(burst: int, interval_ms: int, pauses_ms: list[int]) -> None:
    clock, rate, free_ms, now_ms = Clock(0.0), Rate("any", burst, interval_ms), 0, 0
    process = RateLimiter(connect(NOWHERE), clock=clock)

    for pause_ms in pauses_ms:
        now_ms += pause_ms
        clock.now = now_ms / 1000
        is_free = max(free_ms, now_ms) + interval_ms - now_ms <= rate.most_ms
        free_ms = max(free_ms, now_ms) + interval_ms if is_free else free_ms

        assert is_free == (process.take(rate, "anybody") == 0.0)


def test_the_limits_in_memory_are_bounded(clock: Clock) -> None:
    process = RateLimiter(connect(NOWHERE), clock=clock, most_cells=100)

    for number in range(1000):
        process.take(PICTURES, number)

    assert (100, 100) == (process.cells, process.most_cells)


def test_an_active_client_is_not_evicted(clock: Clock) -> None:
    process = RateLimiter(connect(NOWHERE), clock=clock, most_cells=100)
    granted(process, PICTURES.burst)

    waits = [(process.take(PICTURES, number), process.take(PICTURES, WHO))[1] for number in range(1000)]

    assert all(waits)


def test_a_client_of_the_former_half_of_the_limits_still_has_its_limit(clock: Clock) -> None:
    process = RateLimiter(connect(NOWHERE), clock=clock, most_cells=100)
    granted(process, PICTURES.burst)
    for number in range(60):
        process.take(PICTURES, number)

    assert [0.2, 0.2] == pytest.approx([process.wait_s(PICTURES, WHO), process.take(PICTURES, WHO)])
    for number in range(60, 100):
        process.take(PICTURES, number)
    assert 0.2 == pytest.approx(process.wait_s(PICTURES, WHO))
    assert process.cells <= 100


async def test_ordinary_callers_cause_no_redis_calls(redis: Redis, clock: Clock) -> None:
    process = RateLimiter(redis, clock=clock)
    granted(process, UNREPORTED - 1)
    for _ in range(100):
        clock.now += 1
        process.take(PICTURES, "slow")

    await process.flush()

    assert [] == await redis.keys()


async def test_redis_keeps_counts_while_they_matter_and_never_an_api_key(redis: Redis, clock: Clock) -> None:
    process = RateLimiter(redis, clock=clock)
    granted(process, UNREPORTED)

    await process.flush()

    assert [CELL.encode()] == await redis.keys()
    assert 0 < await redis.pttl(CELL) <= UNREPORTED * PICTURES.interval_ms


async def test_exchanges_with_redis_have_a_bounded_size(redis: Redis, clock: Clock) -> None:
    process = RateLimiter(redis, clock=clock)
    for number in range(2 * LARGEST_BATCH + 1):
        granted(process, UNREPORTED, who=number)
    calls = await _calls(redis)

    await process.flush()

    assert 2 * LARGEST_BATCH + 1 == await redis.dbsize()
    assert 3 <= await _calls(redis) - calls <= 4  # one more when Redis has to be told the script


async def test_requests_at_one_process_count_at_the_next(redis: Redis, clock: Clock) -> None:
    here, there = RateLimiter(redis, clock=clock), RateLimiter(redis, clock=clock)
    granted(here, PICTURES.burst)
    await here.flush()

    before = granted(there, UNREPORTED)
    await there.flush()

    assert (UNREPORTED, 0) == (before, granted(there, 100))


async def test_three_processes_grant_no_more_than_the_bound(redis: Redis) -> None:
    began, tries = time.monotonic(), 3000
    processes = [RateLimiter(redis) for _ in range(3)]
    turn, total, each_time = cycle(processes), 0, 30

    for _ in range(tries // each_time):
        total += sum(granted(next(turn), 1) for _ in range(each_time))
        await asyncio.gather(*(process.flush() for process in processes))

    earned = 1 + int((time.monotonic() - began) * 1000 / PICTURES.interval_ms)
    assert PICTURES.burst <= total <= PICTURES.burst + earned + 3 * UNREPORTED + each_time


async def test_an_excess_is_worked_off_first(redis: Redis, clock: Clock) -> None:
    processes = [RateLimiter(redis, clock=clock) for _ in range(3)]
    total = sum(granted(process, 1000) for process in processes)

    for process in processes:
        await process.flush()

    most_s = PICTURES.most_ms / 1000
    waits = [process.take(PICTURES, WHO) for process in processes]
    assert 3 * PICTURES.burst == total
    # The first exchanged before the others; the debt is at most one burst, however many there are.
    assert [pytest.approx(wait_s, abs=1) for wait_s in (0.2, most_s, most_s)] == waits


async def test_a_redis_that_lost_its_data_grants_no_new_burst(redis: Redis, clock: Clock) -> None:
    process = RateLimiter(redis, clock=clock)
    granted(process, PICTURES.burst)
    await process.flush()
    await redis.flushdb()
    clock.now += 1

    before = granted(process, 100)
    await process.flush()

    assert (5, 0) == (before, granted(process, 100))


async def test_requests_during_an_exchange_count_too(redis: Redis, clock: Clock) -> None:
    process = RateLimiter(redis, clock=clock)
    granted(process, 200)

    telling = asyncio.create_task(process.flush())
    await asyncio.sleep(0)  # the exchange is in flight
    meanwhile = granted(process, 30)
    await telling

    assert (30, 10) == (meanwhile, granted(process, 100))


async def test_the_background_task_exchanges_counts(redis: Redis) -> None:
    processes = [RateLimiter(redis, pause_s=0.005) for _ in range(2)]
    tasks = [asyncio.create_task(process.run()) for process in processes]
    here, there = processes

    granted(here, PICTURES.burst)
    async with asyncio.timeout(30):
        while not await redis.exists(CELL):  # noqa: ASYNC110 - nobody signals it
            await asyncio.sleep(0.005)
    total = granted(there, UNREPORTED)
    await until(lambda: there.take(PICTURES, WHO) > 0)

    assert UNREPORTED == total
    assert 0 < there.take(PICTURES, WHO) < 2 * PICTURES.most_ms / 1000
    await _end(tasks)


async def test_without_redis_a_process_limits_alone_and_shares_again_afterwards(stack: Stack, clock: Clock) -> None:
    port = free_ports(1, apart_from=())[0]
    client = connect(f"redis://127.0.0.1:{port}/0")
    process = RateLimiter(client, clock=clock)

    total = granted(process, 100)
    await process.flush()
    stack.valkey(port)
    total += granted(process, 20)
    await process.flush()
    after = await client.pttl(CELL)
    stack.stop("valkey")
    total += granted(process, 20)
    await process.flush()

    assert 140 == total
    assert 19 * PICTURES.interval_ms < after <= 20 * PICTURES.interval_ms
    assert PICTURES.burst - total == granted(process, 1000)
    await client.aclose()


async def test_a_hanging_redis_delays_no_request_and_counts_none_twice(
    stack: Stack, redis: Redis, valkey_url: str, clock: Clock
) -> None:
    process = RateLimiter(redis, clock=clock)
    total = granted(process, 100)
    for number in range(3 * LARGEST_BATCH):
        granted(process, UNREPORTED, who=number)

    with stack.paused("valkey", valkey_url):
        async with asyncio.timeout(4):
            await process.flush()
            total += granted(process, UNREPORTED)
            await process.flush()
    total += granted(process, UNREPORTED)
    await process.flush()

    assert LARGEST_BATCH <= await redis.dbsize() <= 3 * LARGEST_BATCH + 1
    assert PICTURES.burst - total == granted(process, 1000)


async def test_what_waits_for_an_exchange_is_bounded(
    redis: Redis, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limiter, "MOST_DUE", 3)
    process = RateLimiter(redis, clock=clock)
    for number in range(5):
        granted(process, UNREPORTED, who=number)
    await process.flush()
    first = await redis.dbsize()

    granted(process, 1, who=4)
    await process.flush()

    assert (3, 4) == (first, await redis.dbsize())


def test_no_two_rates_share_a_name() -> None:
    names = sorted(rate.name for rate in vars(rate_limiter).values() if isinstance(rate, Rate))

    assert names
    assert all(one != other for one, other in pairwise(names))


async def _calls(redis: Redis) -> int:
    told = await redis.info("commandstats")
    return sum(told.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("evalsha", "eval"))


async def _end(tasks: list["asyncio.Task[None]"]) -> None:
    for task in tasks:
        await cancel_and_wait(task)


def test_a_request_may_count_several_units(alone: RateLimiter) -> None:
    units = [alone.take(WORK, WHO, 500) for _ in range(3)]

    assert [0.0, 0.0, pytest.approx(300 * WORK.interval_ms / 1000)] == units
    assert (0.0, 0.0) == (alone.wait_s(WORK, WHO), alone.take(WORK, WHO, WORK.burst - 1000))
    assert pytest.approx(WORK.interval_ms / 1000) == alone.wait_s(WORK, WHO)
    assert 0.0 == alone.wait_s(WORK, "anybody")
