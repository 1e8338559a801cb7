"""Cancels background tasks reliably."""

import asyncio
from typing import Any, Final

import structlog

log: structlog.stdlib.BoundLogger = structlog.get_logger()

AGAIN_S: Final = 0.5
MAX_ATTEMPTS: Final = 10
"""A task is cancelled at most this often, half a second apart; one that ignores it is left behind and logged."""


async def cancel_and_wait(*tasks: asyncio.Task[Any]) -> None:
    """Cancel the tasks and return when they have ended; what they raise is dropped.

    One cancellation is not always enough: a client library that waits for a response and a time-out at once may
    mistake the cancellation for its time-out and go on.
    """
    left = {task for task in tasks if not task.done()}
    for _ in range(MAX_ATTEMPTS):
        if not left:
            break
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_S)
    for task in left:
        log.error("task_did_not_end", task=task.get_name())
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()  # retrieved, or the event loop logs it
