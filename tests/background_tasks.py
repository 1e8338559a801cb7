"""Kills the background tasks of a process, once each, and waits until they run again."""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any, cast

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from shared.concurrency.cancel import cancel_and_wait
from tests.waiting import until


def running_tasks(names: Iterable[str]) -> dict[str, asyncio.Task[object]]:
    """Return the tasks of these names that are running now."""
    wanted = set(names)
    return {task.get_name(): task for task in asyncio.all_tasks() if task.get_name() in wanted and not task.done()}


def supervised_names(registry: CollectorRegistry) -> set[str]:
    """Return the name of every task that the process supervises."""
    samples = [sample for family in registry.collect() for sample in family.samples]
    return {sample.labels["task"] for sample in samples if sample.name == "marquee_task_restarts_total"}


async def has_written(redis: Redis, kinds: set[str]) -> bool:
    """Return whether Redis has keys of each of these kinds, the words after ``marquee:``."""
    found: list[bytes] = await cast("Any", redis).keys("marquee:*")
    return kinds <= {key.decode().split(":")[1] for key in found}


async def policy_is_read(redis: Redis, registry: CollectorRegistry) -> None:
    """Wait until a change of Redis's eviction policy is seen."""
    await redis.config_set("maxmemory-policy", "volatile-ttl")
    try:
        seen = partial(registry.get_sample_value, "marquee_redis_eviction_policy", {"policy": "volatile-ttl"})
        await until(lambda: seen() == 1)
    finally:
        await redis.config_set("maxmemory-policy", "noeviction")


async def kill_each(registry: CollectorRegistry) -> dict[str, float | None]:
    """End every supervised task, wait until each has been started again, and return their restarts."""
    names = supervised_names(registry)
    async with asyncio.timeout(60):
        while len(before := running_tasks(names)) < len(names):  # noqa: ASYNC110 - a start has no event
            await asyncio.sleep(0.01)
        await cancel_and_wait(*before.values())
        while len(running_tasks(names)) < len(names):  # noqa: ASYNC110 - a start has no event
            await asyncio.sleep(0.01)
    return {name: registry.get_sample_value("marquee_task_restarts_total", {"task": name}) for name in names}
