"""The metrics of the queue, with a real Redis."""

import asyncio
import math

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from deploy.dev.local.ports import free_ports
from renderer.jobs.queue_metrics import QueueWatch
from renderer.maintenance.purge_jobs import PurgeOutcome
from renderer.metrics import RendererMetrics
from shared.queue.messages import Priority
from shared.queue.redis_keys import DEAD_STREAM
from shared.queue.redis_streams import RedisStreamQueue
from shared.stores.redis import connect
from tests.contracts.test_queue import job


class Watched:
    """A queue and its metrics."""

    def __init__(self, redis: Redis) -> None:
        self.queue = RedisStreamQueue(redis, consumer="test")
        self.registry = CollectorRegistry()
        self.watch = QueueWatch(self.queue, redis, RendererMetrics(self.registry))

    def number(self, name: str, lane: Priority | None = None) -> float | None:
        return self.registry.get_sample_value(f"renderer_{name}", {"lane": lane} if lane else {})


@pytest.fixture
def watched(redis: Redis) -> Watched:
    return Watched(redis)


async def test_an_empty_queue_is_measured_as_zero(watched: Watched) -> None:
    await watched.watch.poll()

    assert {0} == {
        watched.number(name, lane) for name in ("queue_waiting", "queue_oldest_seconds") for lane in Priority
    }
    assert 0 == watched.number("dead_letters")


async def test_waiting_jobs_have_a_count_and_an_age_until_they_are_claimed(watched: Watched) -> None:
    await watched.queue.enqueue([job(1), job(2)])
    async with asyncio.timeout(60):
        while not watched.number("queue_oldest_seconds", Priority.INTERACTIVE):
            await watched.watch.poll()
    waiting = watched.number("queue_waiting", Priority.INTERACTIVE)
    await watched.queue.claim(2, 0)
    await watched.watch.poll()

    assert 2 == waiting
    assert (0, 2) == tuple(watched.number(f"queue_{name}", Priority.INTERACTIVE) for name in ("waiting", "taken"))
    assert 0 == watched.number("queue_oldest_seconds", Priority.INTERACTIVE)


async def test_dead_letters_are_counted(watched: Watched, redis: Redis) -> None:
    await redis.xadd(DEAD_STREAM, {"job": b"?", "reason": b"made up", "tries": 3})

    await watched.watch.poll()

    assert 1 == watched.number("dead_letters")


async def test_without_redis_no_values_are_exported(watched: Watched) -> None:
    await watched.watch.poll()
    watched.watch._redis = connect(f"redis://127.0.0.1:{free_ports(1, apart_from=())[0]}")

    await watched.watch.poll()

    assert {None} == {watched.number("queue_oldest_seconds", lane) for lane in Priority}
    assert math.isnan(watched.number("dead_letters") or 0)
    await watched.watch._redis.aclose()


def test_every_outcome_is_exported_from_the_start() -> None:
    registry = CollectorRegistry()
    RendererMetrics(registry)

    ends = {
        outcome: registry.get_sample_value("renderer_admin_purges_total", {"outcome": outcome})
        for outcome in PurgeOutcome
    }

    assert dict.fromkeys(PurgeOutcome, 0) == ends
