import asyncio

import structlog

from shared.concurrency import cancel
from shared.concurrency.cancel import cancel_and_wait


async def for_ever(deafness: int) -> None:
    """Ignore this many cancellations."""
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if deafness == 0:
                raise
            deafness -= 1


async def begun(deafness: int) -> asyncio.Task[None]:
    task = asyncio.create_task(for_ever(deafness), name=f"deaf {deafness} times")
    await asyncio.sleep(0)
    return task


async def test_a_task_that_ignores_its_first_cancellation_still_ends() -> None:
    willing, deaf = await begun(0), await begun(2)

    await cancel_and_wait(willing, deaf)

    assert (True, True) == (willing.cancelled(), deaf.cancelled())


async def test_a_task_that_has_already_ended_or_failed_is_accepted() -> None:
    async def fail() -> None:
        raise RuntimeError

    done = asyncio.create_task(asyncio.sleep(0))
    failed = asyncio.create_task(fail())
    await asyncio.wait([done, failed])

    await cancel_and_wait(done, failed)

    assert (True, False) == (done.done(), failed.cancelled())


async def test_a_task_that_never_ends_is_logged_and_left() -> None:
    stubborn = await begun(cancel.MAX_ATTEMPTS)

    with structlog.testing.capture_logs() as lines:
        await cancel_and_wait(stubborn)

    assert [("task_did_not_end", stubborn.get_name())] == [(line["event"], line["task"]) for line in lines]
    await cancel_and_wait(stubborn)
    assert stubborn.cancelled()
