"""Waiting for a condition, with a deadline and without guessing how long it takes."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

_T = TypeVar("_T")


async def until(condition: Callable[[], bool], *, within_s: float = 60.0) -> None:
    """Return when the condition holds; fail when it does not in time."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - the condition is not ours to signal
            await asyncio.sleep(0.005)


def eventually(condition: Callable[[], bool], *, seconds: float = 60.0) -> bool:
    """Tell whether ``condition`` comes true in time. Blocks a running loop."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def run_apart(work: Coroutine[Any, Any, _T]) -> _T:
    """Run ``work`` in a thread with its own event loop and return its result; works inside a running loop too."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
