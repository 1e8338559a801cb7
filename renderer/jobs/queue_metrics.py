"""Metrics of the queue: how many jobs wait, for how long, and how many were dead-lettered."""

import math
from typing import Final

import structlog
from redis.asyncio import Redis

from renderer.metrics import RendererMetrics
from shared.domain.errors import StoreDown
from shared.queue.dead_letters import dead_letters, waiting_s
from shared.queue.messages import Priority
from shared.queue.protocol import JobProducer

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EVERY_S: Final = 5.0


class QueueWatch:
    """Measures the queue that all replicas share; each of them exports the same values."""

    def __init__(self, queue: JobProducer, redis: Redis, metrics: RendererMetrics) -> None:
        self._queue, self._redis, self._metrics = queue, redis, metrics

    async def poll(self) -> None:
        """Measure once; while Redis is down no values are exported, because stale ones would seem current."""
        try:
            for lane, depth in (await self._queue.depth()).items():
                self._metrics.queue_waiting.labels(lane).set(depth.waiting)
                self._metrics.queue_taken.labels(lane).set(depth.taken)
            for lane in Priority:
                self._metrics.queue_oldest.labels(lane).set(await waiting_s(self._redis, lane) or 0.0)
            self._metrics.dead_letters.set((await dead_letters(self._redis, 1)).count)
        except StoreDown as error:
            log.warning("queue_not_measured", reason=str(error))
            for gauge in (self._metrics.queue_waiting, self._metrics.queue_taken, self._metrics.queue_oldest):
                gauge.clear()
            self._metrics.dead_letters.set(math.nan)
