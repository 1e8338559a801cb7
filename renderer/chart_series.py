"""What a renderer counts for the charts of the last day."""

import os
import socket
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from renderer.content.service import Cache
from renderer.jobs.outcome import Outcome
from services.client.metrics import Outcome as CallOutcome
from shared.stores.daily_metrics import History, Line

SOURCES: Final = ("tmdb", "tmdb_images", "fanart", "fanart_images", "mdblist", "omdb", "cloudflare")
"""Whom a renderer calls, by the names in its metrics."""

_CONTENT: Final = "renderer_content_total"
_JOBS: Final = "renderer_jobs_total"
_CALLS: Final = "source_calls_total"
_ANSWERED: Final = frozenset({CallOutcome.OK.value, CallOutcome.MISSING.value})
_FAILED: Final = frozenset({outcome.value for outcome in CallOutcome} - _ANSWERED - {CallOutcome.CANCELLED.value})


def _lines() -> Iterator[Line]:
    for cache in Cache:
        yield Line(f"content:{cache.value}", _CONTENT, {"cache": cache.value})
    yield Line("content_failed", _CONTENT, {"cache": "none", "status": frozenset({"500", "502", "503", "504"})})
    yield Line("content_refused", _CONTENT, {"cache": "none", "status": frozenset({"400", "404", "429"})})
    yield Line("jobs_drawn", _JOBS, {"outcome": Outcome.DRAWN.value})
    yield Line("jobs_unchanged", _JOBS, {"outcome": frozenset({Outcome.UNCHANGED.value, Outcome.FRESH.value})})
    yield Line("jobs_failed", _JOBS, {"outcome": frozenset({Outcome.RETRIED.value, Outcome.DEAD.value})})
    yield Line("draw_seconds", "renderer_draw_seconds_sum")
    yield Line("draws", "renderer_draw_seconds_count")
    for source in SOURCES:
        yield Line(f"calls_answered:{source}", _CALLS, {"source": source, "outcome": _ANSWERED})
        yield Line(f"calls_failed:{source}", _CALLS, {"source": source, "outcome": _FAILED})


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
"""What is measured, and not added up."""


def history(redis: Redis, registry: CollectorRegistry) -> History:
    """Return what adds this renderer's numbers to those of all processes."""
    process = f"renderer-{socket.gethostname()}-{os.getpid()}"
    return History(redis, registry, LINES, process=process, gauges=GAUGES)
