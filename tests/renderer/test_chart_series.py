"""What a renderer counts for the charts of the last day."""

from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from renderer.chart_series import history
from renderer.content.picture_result import CacheStatus
from renderer.jobs.outcome import JobOutcome
from renderer.metrics import RendererMetrics
from services.client.key_pool import Quota
from services.client.limits import MemoryLimits
from services.client.metrics import CallOutcome, SourceMetrics
from shared.stores.daily_metrics import last_day


async def test_responses_jobs_and_calls_are_in_the_series_of_their_kind(redis: Redis) -> None:
    registry = CollectorRegistry()
    metrics, sources = RendererMetrics(registry), SourceMetrics(registry)
    metrics.content.labels("200", CacheStatus.HIT).inc(3)
    metrics.content.labels("304", CacheStatus.HIT).inc()
    metrics.content.labels("503", "none").inc()
    metrics.content.labels("404", "none").inc(2)
    metrics.jobs.labels("refresh", JobOutcome.DRAWN).inc(2)
    metrics.jobs.labels("interactive", JobOutcome.DEAD).inc()
    metrics.draw_seconds.labels("poster", "medium").observe(0.5)
    sources.calls.labels("omdb", CallOutcome.MISSING).inc()
    sources.calls.labels("omdb", CallOutcome.TIMEOUT).inc(2)
    sources.calls.labels("omdb", CallOutcome.CANCELLED).inc()

    await history(redis, registry).flush()

    assert {
        "content:HIT": 4,
        "content_failed": 1,
        "content_refused": 2,
        "jobs_drawn": 2,
        "jobs_failed": 1,
        "draw_seconds": 0.5,
        "draws": 1,
        "calls_answered:omdb": 1,
        "calls_failed:omdb": 2,
    } == {name: sum(values) for name, values in (await last_day(redis)).series.items()}


async def test_the_queue_and_the_sources_are_measured(redis: Redis) -> None:
    registry = CollectorRegistry()
    metrics, sources, limits = RendererMetrics(registry), SourceMetrics(registry), MemoryLimits()
    metrics.queue_waiting.labels("refresh").set(7)
    sources.watch("omdb", limits.breaker("omdb"), limits.key_pool("omdb", (), Quota()))

    await history(redis, registry).flush()

    now = (await last_day(redis)).now
    assert (7, 0) == (now["renderer_queue_waiting:refresh"], now["source_breaker_open:omdb"])
    assert {"budget_used", "budget_limit", "keys", "keys_resting", "breaker_open"} == {
        name.removeprefix("source_").removesuffix(":omdb") for name in now if name.startswith("source_")
    }
