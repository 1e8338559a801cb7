"""Work that goes on beside the requests: started with the app, restarted when it crashes, ended with the app."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

import structlog

from shared.concurrency.cancel import cancel_and_wait

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PAUSE_S: Final = 1.0
"""Before work that crashed is begun again."""


@asynccontextmanager
async def supervised(works: Mapping[str, Callable[[], Awaitable[None]]]) -> AsyncIterator[None]:
    """Keep every piece of work going until the block ends; work that returns is done."""
    tasks = [asyncio.create_task(_keep_going(name, work), name=name) for name, work in works.items()]
    try:
        yield
    finally:
        await cancel_and_wait(*tasks)


async def _keep_going(name: str, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except Exception:
            log.exception("background_work_crashed", work=name)
            await asyncio.sleep(PAUSE_S)
        else:
            return
