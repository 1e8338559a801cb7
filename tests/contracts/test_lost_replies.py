"""A command whose reply is lost is sent again, and so may be run twice: the second answer is that of the first."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar

import pytest
from redis.asyncio import Redis
from yarl import URL

from deploy.dev.local.ports import free_ports
from renderer.jobs.lock import RedisLocks
from services.client.remote_cache import FetchLease, RedisRemoteCache
from shared.queue.messages import Priority
from shared.queue.redis_keys import pending
from shared.queue.redis_streams import RedisStreamQueue
from shared.stores.redis import connect
from tests.contracts.test_queue import job
from tests.stack.holding_relay import Holding, HoldingRelay
from tests.waiting import until

_T = TypeVar("_T")


@pytest.fixture
async def relay(valkey_url: str) -> AsyncIterator[HoldingRelay]:
    (port,) = free_ports(1, apart_from=())
    async with HoldingRelay(port, URL(valkey_url).port or 0) as relay:
        yield relay


@pytest.fixture
async def far(relay: HoldingRelay, redis: Redis, valkey_url: str) -> AsyncIterator[Redis]:
    """Return a client behind the relay, of the same empty database."""
    number = redis.connection_pool.connection_kwargs.get("db", 0)
    async with connect(str(URL(relay.leading(valkey_url)).with_path(f"/{number}"))) as far:
        yield far


async def without_its_reply(relay: HoldingRelay, *marks: str, call: Awaitable[_T]) -> _T:
    """Make a call whose first reply is lost on its way back; the marks are words of its command."""
    held = relay.hold([mark.encode() for mark in marks], Holding.REPLY)
    calling = asyncio.ensure_future(call)
    await until(lambda: held in relay.held and relay.kept_back > 0)
    relay.cut()
    return await calling


async def test_a_prefetch_is_drawn(relay: HoldingRelay, redis: Redis, far: Redis) -> None:
    wanted, other = job(1, Priority.PREFETCH), job(2, Priority.PREFETCH)
    gateway, queue = RedisStreamQueue(redis, consumer="gateway"), RedisStreamQueue(far, consumer="worker")
    await gateway.enqueue([other], hint=True)
    await queue.claim(1, 5.0)  # so that the server has all scripts
    await gateway.enqueue([wanted], hint=True)

    found = await without_its_reply(relay, "EVALSHA", pending(wanted.picture), call=queue.claim(1, 5.0))

    assert [wanted] == [delivery.job for delivery in found]


async def test_a_lock_is_held(relay: HoldingRelay, far: Redis) -> None:
    await far.ping()
    lock = RedisLocks(far).lock("picture")

    async with asyncio.timeout(15):
        await without_its_reply(relay, "marquee:turn:picture", call=lock.__aenter__())

    await lock.__aexit__(None, None, None)


async def test_a_fetch_is_leased(relay: HoldingRelay, far: Redis) -> None:
    remote = RedisRemoteCache(far, timeout_s=30.0)
    await remote.fetch("other", "me")  # so that the server has all scripts

    found = await without_its_reply(relay, "marquee:asking:k", call=remote.fetch("k", "me"))

    assert found is FetchLease.ACQUIRED
