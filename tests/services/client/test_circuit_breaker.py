"""The breaker blocks calls to a failing source, and recovers."""

import asyncio

import pytest

from services.client.circuit_breaker import CircuitOpen, KeysExhausted, MemoryBreaker
from shared.domain.errors import (
    ArtNotFound,
    MarqueeError,
    SourceDown,
    SourceError,
    SourceInvalidResponse,
    SourceRefused,
    SourceTimeout,
    SourceTooLarge,
)
from tests.clock import Clock

DOWN = SourceDown("x", "status 500")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> MemoryBreaker:
    return MemoryBreaker("x", clock=clock)


async def call(breaker: MemoryBreaker, error: MarqueeError | None = None) -> str:
    """Make one call that ends with ``error``, and return its outcome."""
    try:
        async with breaker.guard():
            if error:
                raise error
    except (CircuitOpen, KeysExhausted) as blocked:
        return f"blocked {blocked.retry_after_s:g}"
    except MarqueeError:
        return "failed"
    return "succeeded"


async def calls(breaker: MemoryBreaker, count: int, error: MarqueeError | None) -> None:
    for _ in range(count):
        await call(breaker, error)


@pytest.mark.parametrize(
    "error", [DOWN, SourceTimeout("x", "-"), SourceInvalidResponse("x", "-"), SourceRefused("x", "-")]
)
async def test_the_fifth_failure_opens_it(breaker: MemoryBreaker, error: SourceError) -> None:
    await calls(breaker, 4, error)

    before = await call(breaker)
    await call(breaker, error)
    after = await call(breaker)

    assert ("succeeded", "blocked 30") == (before, after)


async def test_failures_far_apart_do_not_open_it(breaker: MemoryBreaker, clock: Clock) -> None:
    await calls(breaker, 4, DOWN)
    clock.now += 30.1
    await call(breaker, DOWN)

    assert "succeeded" == await call(breaker)


@pytest.mark.parametrize("error", [ArtNotFound(), SourceTooLarge("x", "-"), None])
async def test_permanent_answers_do_not_open_it(breaker: MemoryBreaker, error: MarqueeError | None) -> None:
    await calls(breaker, 20, error)

    assert "succeeded" == await call(breaker)


async def test_a_successful_probe_closes_it(breaker: MemoryBreaker, clock: Clock) -> None:
    await calls(breaker, 5, DOWN)
    clock.now += 30

    probe = await call(breaker)
    await calls(breaker, 4, DOWN)

    assert ("succeeded", "succeeded") == (probe, await call(breaker))


async def test_a_failed_probe_opens_it_again(breaker: MemoryBreaker, clock: Clock) -> None:
    await calls(breaker, 5, DOWN)
    clock.now += 100

    probe = await call(breaker, DOWN)

    assert ("failed", "blocked 30") == (probe, await call(breaker))


@pytest.mark.parametrize("error", [ArtNotFound(), SourceTooLarge("x", "-")])
async def test_a_probe_with_a_permanent_answer_closes_it(
    breaker: MemoryBreaker, clock: Clock, error: MarqueeError
) -> None:
    await calls(breaker, 5, DOWN)
    clock.now += 30

    await call(breaker, error)

    assert "succeeded" == await call(breaker)


async def test_only_one_call_probes(breaker: MemoryBreaker, clock: Clock) -> None:
    await calls(breaker, 5, DOWN)
    clock.now += 30

    async with breaker.guard():
        meanwhile = await call(breaker)

    assert ("blocked 1", "succeeded") == (meanwhile, await call(breaker))


async def test_a_cancelled_probe_allows_another(breaker: MemoryBreaker, clock: Clock) -> None:
    await calls(breaker, 5, DOWN)
    clock.now += 30
    with pytest.raises(asyncio.CancelledError):
        async with breaker.guard():
            raise asyncio.CancelledError

    assert "succeeded" == await call(breaker)


@pytest.mark.parametrize(("waited_s", "expected"), [(7.9, "succeeded"), (8.0, "blocked 30")])
async def test_callers_who_give_up_late_count_as_failures(
    breaker: MemoryBreaker, clock: Clock, waited_s: float, expected: str
) -> None:
    async def give_up() -> None:
        async with breaker.guard():
            clock.now += waited_s
            raise asyncio.CancelledError

    await calls(breaker, 4, DOWN)
    with pytest.raises(asyncio.CancelledError):
        await give_up()

    assert expected == await call(breaker)


async def test_a_refusal_with_retry_after_is_no_failure(breaker: MemoryBreaker) -> None:
    await calls(breaker, 20, SourceRefused("x", "status 429", retry_after_s=300.0))

    assert "succeeded" == await call(breaker)


async def test_a_probe_without_a_ready_key_allows_another(breaker: MemoryBreaker, clock: Clock) -> None:
    await calls(breaker, 5, DOWN)
    clock.now += 30

    await call(breaker, KeysExhausted("x", "-", retry_after_s=7.0))
    still = breaker._open_until

    assert (1030.0, "succeeded") == (still, await call(breaker))


async def test_a_probe_that_crashes_allows_another(breaker: MemoryBreaker, clock: Clock) -> None:
    await calls(breaker, 5, DOWN)
    clock.now += 30

    with pytest.raises(ZeroDivisionError):
        async with breaker.guard():
            raise ZeroDivisionError

    assert "succeeded" == await call(breaker)


async def test_is_open_follows_the_state(breaker: MemoryBreaker, clock: Clock) -> None:
    before = breaker.is_open()
    await calls(breaker, 5, DOWN)
    after = breaker.is_open()
    clock.now += 30

    assert (False, True, False) == (before, after, breaker.is_open())
