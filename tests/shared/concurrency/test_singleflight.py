import asyncio

import pytest
from structlog.testing import capture_logs

from shared.concurrency.singleflight import SingleFlight
from shared.domain.errors import StoreDown
from tests.waiting import until


async def test_work_runs_once_per_key() -> None:
    done: list[str] = []
    flight: SingleFlight[str, int] = SingleFlight()

    async def work(key: str) -> int:
        await asyncio.sleep(0)
        done.append(key)
        return len(key)

    results = await asyncio.gather(*(flight.run(key, lambda key=key: work(key)) for key in ("a", "bb", "a")))  # type: ignore[misc] # binds the loop's key

    assert [1, 2, 1] == results
    assert ["a", "bb"] == done


async def test_an_error_reaches_all_callers_and_the_next_one_starts_again() -> None:
    flight: SingleFlight[str, int] = SingleFlight()

    async def fail() -> int:
        await asyncio.sleep(0)
        raise ValueError

    async def succeed() -> int:
        return 1

    results = await asyncio.gather(*(flight.run("a", fail) for _ in range(2)), return_exceptions=True)

    assert [ValueError, ValueError] == [type(result) for result in results]
    assert 1 == await flight.run("a", succeed)


async def test_work_continues_when_its_only_caller_is_cancelled() -> None:
    flight: SingleFlight[str, int] = SingleFlight()
    go_on, ended = asyncio.Event(), asyncio.Event()

    async def work() -> int:
        await go_on.wait()
        ended.set()
        raise ValueError

    caller = asyncio.create_task(flight.run("a", work))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()

    async with asyncio.timeout(1):
        await ended.wait()
    assert ended.is_set()


async def test_work_without_callers_can_be_cancelled() -> None:
    flight: SingleFlight[str, object] = SingleFlight(abandon=True)
    given_up = asyncio.Event()

    async def work() -> object:
        try:
            return await asyncio.Event().wait()
        finally:
            given_up.set()

    callers = [asyncio.create_task(flight.run("a", work)) for _ in range(2)]
    await asyncio.sleep(0)
    callers[0].cancel()
    await asyncio.wait(callers[:1])
    after_one_left = given_up.is_set()
    callers[1].cancel()

    async with asyncio.timeout(1):
        await given_up.wait()
    assert (False, 0) == (after_one_left, len(flight))


async def test_work_started_ahead_is_shared_and_cancelled_on_close() -> None:
    flight: SingleFlight[str, int] = SingleFlight()
    begun: list[str] = []

    async def work() -> int:
        begun.append("once")
        return await asyncio.sleep(0, 1)

    flight.begin("a", work)
    result = await flight.run("a", work)
    flight.begin("b", work)
    await flight.close()

    assert (1, ["once"]) == (result, begun)
    assert "b" not in flight


@pytest.mark.parametrize(("error", "expected"), [(KeyError("a bug"), ["background_work_crashed"]), (StoreDown(), [])])
async def test_a_crash_that_no_caller_sees_is_logged(error: Exception, expected: list[str]) -> None:
    flight: SingleFlight[str, int] = SingleFlight()

    async def fail() -> int:
        raise error

    with capture_logs() as logs:
        flight.begin("a", fail)
        await until(lambda: len(flight) == 0)

    assert expected == [line["event"] for line in logs]


async def test_callers_go_on_in_the_order_in_which_they_came() -> None:
    flight: SingleFlight[str, None] = SingleFlight()
    went_on: list[int] = []

    async def call(number: int) -> None:
        await flight.run("a", lambda: asyncio.sleep(0))
        went_on.append(number)

    await asyncio.gather(*map(call, range(20)))

    assert list(range(20)) == went_on
