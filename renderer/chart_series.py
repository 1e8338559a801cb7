"""What a renderer counts for the charts of the last day."""

import os
import socket
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from renderer.content.picture_result import CacheStatus
from renderer.jobs.outcome import JobOutcome
from services.client.metrics import CallOutcome
from shared.stores.daily_metrics import ChartSeries, DailyMetrics

SOURCES: Final = ("tmdb", "tmdb_images", "fanart", "fanart_images", "mdblist", "omdb", "cloudflare")
"""The sources that a renderer calls, by their names in the metrics."""

_CONTENT: Final = "renderer_content_total"
_JOBS: Final = "renderer_jobs_total"
_CALLS: Final = "source_calls_total"
_ANSWERED: Final = frozenset({CallOutcome.OK.value, CallOutcome.MISSING.value})
_FAILED: Final = frozenset({outcome.value for outcome in CallOutcome} - _ANSWERED - {CallOutcome.CANCELLED.value})


def _lines() -> Iterator[ChartSeries]:
    for cache in CacheStatus:
        yield ChartSeries(f"content:{cache.value}", _CONTENT, {"cache": cache.value})
    yield ChartSeries("content_failed", _CONTENT, {"cache": "none", "status": frozenset({"500", "502", "503", "504"})})
    yield ChartSeries("content_refused", _CONTENT, {"cache": "none", "status": frozenset({"400", "404", "429"})})
    yield ChartSeries("jobs_drawn", _JOBS, {"outcome": JobOutcome.DRAWN.value})
    yield ChartSeries(
        "jobs_unchanged", _JOBS, {"outcome": frozenset({JobOutcome.UNCHANGED.value, JobOutcome.FRESH.value})}
    )
    yield ChartSeries("jobs_failed", _JOBS, {"outcome": frozenset({JobOutcome.RETRIED.value, JobOutcome.DEAD.value})})
    yield ChartSeries("draw_seconds", "renderer_draw_seconds_sum")
    yield ChartSeries("draws", "renderer_draw_seconds_count")
    for source in SOURCES:
        yield ChartSeries(f"calls_answered:{source}", _CALLS, {"source": source, "outcome": _ANSWERED})
        yield ChartSeries(f"calls_failed:{source}", _CALLS, {"source": source, "outcome": _FAILED})


LINES: Final = tuple(_lines())

GAUGES: Final = (
    "renderer_queue_waiting",
    "renderer_queue_taken",
    "renderer_painters_busy",
    "renderer_painters_limit",
    "source_budget_used",
    "source_budget_limit",
    "source_breaker_open",
    "source_keys",
    "source_keys_resting",
)
"""Series that are measured values, not counts."""


def history(redis: Redis, registry: CollectorRegistry) -> DailyMetrics:
    """Return the recorder that adds this renderer's values to those of all processes."""
    process = f"renderer-{socket.gethostname()}-{os.getpid()}"
    return DailyMetrics(redis, registry, LINES, process=process, gauges=GAUGES)
