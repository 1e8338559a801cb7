"""A gateway on real stores in a thread with a loop of its own, for callers that are not asynchronous."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from shared.stores.postgres import Pool, connection, open_pool
from shared.stores.redis import connect
from tests.gateway.auth.caller import Caller, gateway

_T = TypeVar("_T")
_PATIENCE_S = 60.0
_CLEAN = "DELETE FROM admin_users; DELETE FROM api_keys WHERE key_prefix <> 't0-free-'; DELETE FROM audit_log"


@dataclass(frozen=True)
class Threaded:
    """The running gateway: where it is, and a way into its loop."""

    loop: asyncio.AbstractEventLoop
    caller: Caller
    pool: Pool

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.caller.port}"

    def run(self, work: Callable[[Pool], Awaitable[_T]]) -> _T:
        """Do work on the stores and wait for it."""
        return asyncio.run_coroutine_threadsafe(_awaited(work, self.pool), self.loop).result(_PATIENCE_S)


@contextmanager
def threaded(postgres_url: str, valkey_url: str, **changes: str) -> Iterator[Threaded]:
    """Run one replica on these stores, without admins and with only the free key."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="gateway", daemon=True)
    thread.start()
    stack = AsyncExitStack()

    async def opened() -> tuple[Caller, Pool]:
        pool = await stack.enter_async_context(open_pool(postgres_url))
        redis = await stack.enter_async_context(connect(valkey_url))
        await redis.flushdb()
        async with connection(pool) as db:
            await db.execute(_CLEAN)
        return await stack.enter_async_context(gateway(postgres_url, valkey_url, **changes)), pool

    try:
        caller, pool = asyncio.run_coroutine_threadsafe(opened(), loop).result(_PATIENCE_S)
        yield Threaded(loop, caller, pool)
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(_PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_PATIENCE_S)
        loop.close()


async def _awaited(work: Callable[[Pool], Awaitable[_T]], pool: Pool) -> _T:
    return await work(pool)
