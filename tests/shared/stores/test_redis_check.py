"""The eviction policy of Redis is named in the log, in the check and in a metric, and read again when it changes."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import structlog
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from shared.concurrency.supervisor import Supervisor
from shared.observability.health import Probes
from shared.stores.redis import connect
from shared.stores.redis_check import POLICY_EVERY_S, RedisCheck
from tests.stack.ports import free_contract

METRIC = "marquee_redis_eviction_policy"


@pytest.fixture
async def evicting(redis: Redis) -> AsyncIterator[Redis]:
    """A server that evicts, as some hosts set theirs up."""
    await redis.config_set("maxmemory-policy", "allkeys-lru")
    yield redis
    await redis.config_set("maxmemory-policy", "noeviction")


async def test_a_policy_that_evicts_is_named_in_three_places(evicting: Redis) -> None:
    registry, probes, check = CollectorRegistry(), Probes(), RedisCheck(evicting)
    tasks = Supervisor(registry)
    check.watch(tasks, registry)
    probes.add("redis", check.ask, required=False)

    with structlog.testing.capture_logs() as logs:
        async with tasks, asyncio.timeout(10):
            while check.note == "":  # noqa: ASYNC110 - the task reads it in its own time
                await asyncio.sleep(0.01)
        told = (await probes.report()).checks["redis"]

    detail = "maxmemory-policy is allkeys-lru: jobs may be evicted, set it to noeviction"
    assert (True, detail) == (told.ok, told.detail)
    assert 1 == registry.get_sample_value(METRIC, {"policy": "allkeys-lru"})
    assert [("redis_may_evict", "allkeys-lru")] == [(each["event"], each["policy"]) for each in logs]


async def test_a_policy_that_is_put_right_is_named_no_more(evicting: Redis) -> None:
    registry, check = CollectorRegistry(), RedisCheck(evicting)
    check.watch(Supervisor(registry), registry)
    await check.read_policy()

    await evicting.config_set("maxmemory-policy", "noeviction")
    pause_s = await check.read_policy()

    assert ("", POLICY_EVERY_S) == (check.note, pause_s)
    assert [None, 1] == [registry.get_sample_value(METRIC, {"policy": name}) for name in ("allkeys-lru", "noeviction")]


async def test_a_policy_that_may_not_be_read_is_unknown(redis: Redis, valkey_url: str) -> None:
    await redis.acl_setuser("blind", enabled=True, passwords=["+word"], keys=["*"], commands=["+@all", "-info"])
    registry = CollectorRegistry()
    async with connect(valkey_url.replace("://", "://blind:word@")) as client:
        check = RedisCheck(client)
        check.watch(Supervisor(registry), registry)
        await check.read_policy()
        note = await check.ask()

    assert note.startswith("maxmemory-policy is not known")
    assert 1 == registry.get_sample_value(METRIC, {"policy": "unknown"})


async def test_a_policy_that_was_never_read_is_asked_for_again_soon() -> None:
    async with connect(f"redis://127.0.0.1:{free_contract().gateway}/0") as nowhere:
        pause_s = await RedisCheck(nowhere).read_policy()

    assert pause_s < POLICY_EVERY_S
    assert pause_s <= 5


async def test_many_questions_at_once_are_one_script(redis: Redis) -> None:
    check = RedisCheck(redis)
    await redis.config_resetstat()

    await asyncio.gather(*(check.ask() for _ in range(50)))

    stats = await redis.info("commandstats")
    assert 1 == stats["cmdstat_exists"]["calls"]
