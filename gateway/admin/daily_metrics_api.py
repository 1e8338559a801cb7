"""The metrics of the last day, as the services counted them."""

import os
import socket
from typing import Final

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from gateway.api.endpoint import Call, NoBody, Reply
from gateway.metrics import ANSWERED, Route
from shared.stores.daily_metrics import ChartSeries, DailyMetrics, last_day

_PICTURES: Final = frozenset({Route.PICTURE.value, Route.DIRECT.value})
_METRIC: Final = "gateway_requests_total"

LINES: Final = (
    ChartSeries("pictures_answered", _METRIC, {"route": _PICTURES, "outcome": ANSWERED}),
    ChartSeries("pictures_asked", _METRIC, {"route": _PICTURES}),
    ChartSeries("key_checks", _METRIC, {"route": frozenset({Route.IS_VALID.value, Route.REQUESTS.value})}),
)
"""The gateway's series in the charts."""


def gateway_history(redis: Redis, registry: CollectorRegistry) -> DailyMetrics:
    """Return the recorder that publishes this gateway's metrics for the charts."""
    return DailyMetrics(redis, registry, LINES, process=f"gateway-{socket.gethostname()}-{os.getpid()}")


class DailyMetricsApi:
    """Serves ``/api/admin/history``."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def show(self, _call: Call, _body: NoBody) -> Reply:
        """Return the last day in steps of five minutes, and the current gauges. Raises ``StoreDown``."""
        return Reply(await last_day(self._redis))
