"""Shares of a budget of bytes."""

import asyncio

import pytest

from services.client.byte_budget import ByteBudget, OverBudget


async def take(budget: ByteBudget, size: int, taken: list[int], *, is_urgent: bool = False) -> None:
    await budget.take(size, is_urgent=is_urgent)
    taken.append(size)


async def begun(*waits: "asyncio.Future[None]") -> None:
    """Let tasks come to their first wait."""
    for _ in range(3):
        await asyncio.sleep(0)
    assert not any(wait.done() for wait in waits)


async def test_shares_are_handed_out_in_order_so_that_a_large_one_gets_its_turn() -> None:
    budget, taken = ByteBudget(100), list[int]()
    await budget.take(60)
    waits = [asyncio.ensure_future(take(budget, size, taken)) for size in (90, 10, 20)]
    await begun(*waits)

    budget.give_back(60)
    await begun()
    first = list(taken)
    budget.give_back(90)
    await asyncio.gather(*waits)

    assert [90, 10] == first
    assert [90, 10, 20] == taken
    assert 30 == budget.used


async def test_an_urgent_share_comes_first() -> None:
    budget, taken = ByteBudget(100), list[int]()
    await budget.take(100)
    waits = [
        asyncio.ensure_future(take(budget, 70, taken)),
        asyncio.ensure_future(take(budget, 50, taken, is_urgent=True)),
    ]
    await begun(*waits)

    budget.give_back(100)
    await begun()
    first = list(taken)
    budget.give_back(50)
    await asyncio.gather(*waits)

    assert ([50], [50, 70]) == (first, taken)


async def test_a_share_above_the_whole_budget_is_refused_at_once() -> None:
    with pytest.raises(OverBudget):
        await ByteBudget(100).take(101)


async def test_a_share_that_is_given_up_holds_off_no_other() -> None:
    budget = ByteBudget(100)
    await budget.take(60)
    large, small = asyncio.ensure_future(budget.take(90)), asyncio.ensure_future(budget.take(40))
    await begun(large, small)

    large.cancel()
    await asyncio.gather(large, return_exceptions=True)
    await small

    assert 100 == budget.used


async def test_a_share_is_not_lost_when_it_is_given_up_as_it_comes() -> None:
    budget = ByteBudget(100)
    await budget.take(60)
    waiting = asyncio.ensure_future(budget.take(90))
    await begun(waiting)

    budget.give_back(60)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert 0 == budget.used


async def test_a_share_returns_when_its_block_fails() -> None:
    budget = ByteBudget(100)

    with pytest.raises(ZeroDivisionError):
        async with budget.share(70):
            raise ZeroDivisionError

    assert 0 == budget.used


async def test_a_share_grows_only_while_there_is_room() -> None:
    budget = ByteBudget(100)
    await budget.take(40)
    await budget.take(40)

    assert [True, False, True] == [budget.resize(40, 60), budget.resize(60, 61), budget.resize(60, 10)]
    assert 50 == budget.used
