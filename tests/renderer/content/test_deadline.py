"""A deadline counts down, and ends what goes beyond it."""

import asyncio

import pytest

from renderer.content.deadline import Deadline


async def test_the_time_left_counts_down() -> None:
    deadline = Deadline.after(60)
    before = deadline.left_s
    await asyncio.sleep(0.01)

    assert 59 < deadline.left_s < before <= 60


async def test_nothing_is_left_of_a_deadline_that_has_passed() -> None:
    assert 0.0 == Deadline.after(-5).left_s


async def test_work_beyond_the_deadline_is_ended() -> None:
    deadline = Deadline.after(0.01)

    with pytest.raises(TimeoutError):
        async with deadline.timeout():
            await asyncio.Event().wait()

    assert 0.0 == deadline.left_s


async def test_work_within_the_deadline_is_left_alone() -> None:
    async with Deadline.after(60).timeout():
        await asyncio.sleep(0)
