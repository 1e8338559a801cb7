"""A job's time limit, which does not run while the job waits for a thread to draw it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Final

_limit: Final[ContextVar[asyncio.Timeout | None]] = ContextVar("limit", default=None)


@asynccontextmanager
async def time_to_work(seconds: float) -> AsyncIterator[None]:
    """Limit the block to this time, without what it spends in :func:`waiting_for_thread`. Raises ``TimeoutError``."""
    async with asyncio.timeout(seconds) as limit:
        token = _limit.set(limit)
        try:
            yield
        finally:
            _limit.reset(token)


@contextmanager
def waiting_for_thread() -> Iterator[None]:
    """Stop the clock of the job during the block, if it has one."""
    limit, now = _limit.get(), asyncio.get_running_loop().time
    until = None if limit is None else limit.when()
    if limit is None or until is None:
        yield
        return
    left_s = until - now()
    limit.reschedule(None)
    try:
        yield
    finally:
        limit.reschedule(now() + left_s)
