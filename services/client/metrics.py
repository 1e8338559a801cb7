"""The metrics of calls to outside services."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from services.client.circuit_breaker import Breaker
from services.client.key_pool import KeyPool
from shared.domain.errors import Cause, MarqueeError, SourceError
from shared.observability.exemplars import TracedHistogram


class CallOutcome(StrEnum):
    """How one attempt ended: a closed set, so that it can be a metric label."""

    OK = "ok"
    MISSING = "missing"
    DOWN = "down"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    INVALID_RESPONSE = "garbled"
    TOO_LARGE = "too_large"
    NOT_SENT = "held_off"
    CANCELLED = "cancelled"
    CRASHED = "crashed"


_OUTCOMES: Final = {
    Cause.ART_NOT_FOUND: CallOutcome.MISSING,
    Cause.SOURCE_DOWN: CallOutcome.DOWN,
    Cause.SOURCE_TIMEOUT: CallOutcome.TIMEOUT,
    Cause.SOURCE_REFUSED: CallOutcome.REFUSED,
    Cause.SOURCE_INVALID_RESPONSE: CallOutcome.INVALID_RESPONSE,
    Cause.SOURCE_TOO_LARGE: CallOutcome.TOO_LARGE,
}
_BUCKETS: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8)


class SourceMetrics:
    """Metrics of calls to outside services, in the given registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.calls = Counter(
            "source_calls_total",
            "Calls to outside services; every attempt counts.",
            ["source", "outcome"],
            registry=registry,
        )
        self.seconds = TracedHistogram(
            "source_call_seconds", "Duration of one attempt.", ["source"], buckets=_BUCKETS, registry=registry
        )
        self.running = Gauge("source_calls_running", "Calls in flight.", ["source"], registry=registry)
        self.connections = Counter(
            "source_connections_total", "Connections opened to outside services.", registry=registry
        )
        self._series: dict[str, _SourceSeries] = {}
        self.limit = Gauge("source_calls_limit", "Limit of concurrent calls to one host.", registry=registry)
        self.budget_used, self.budget_limit, self.keys, self.keys_resting, self.breaker_open = (
            Gauge(name, f"{what}, as far as this process knows.", ["source"], registry=registry)
            for name, what in (
                ("source_budget_used", "Calls made today with all keys together"),
                ("source_budget_limit", "Daily limit of all keys together, 0 if unknown"),
                ("source_keys", "Keys in rotation, 1 for a host without keys"),
                ("source_keys_resting", "Keys that are cooling down or have used up their budget"),
                ("source_breaker_open", "1 while the circuit breaker is open"),
            )
        )

    def watch(self, source: str, breaker: Breaker, key_pool: KeyPool) -> None:
        """Export the current state of a source's breaker and keys on every scrape."""
        self.budget_used.labels(source).set_function(lambda: key_pool.status().used)
        self.budget_limit.labels(source).set_function(lambda: key_pool.status().limit)
        self.keys.labels(source).set_function(lambda: key_pool.status().keys)
        self.keys_resting.labels(source).set_function(lambda: key_pool.status().cooling_down)
        self.breaker_open.labels(source).set_function(breaker.is_open)

    def count_not_sent(self, source: str) -> None:
        """Count a request that was not sent because the circuit was open or no key was ready."""
        self.calls.labels(source, CallOutcome.NOT_SENT).inc()

    @contextmanager
    def call(self, source: str) -> Iterator[None]:
        """Count and time one attempt; the error raised inside determines the outcome."""
        of_source = self._of(source)
        outcome, began = CallOutcome.CANCELLED, time.perf_counter()
        of_source.running.inc()
        try:
            yield
            outcome = CallOutcome.OK
        except MarqueeError as error:
            outcome = _OUTCOMES.get(
                error.cause, CallOutcome.CRASHED if isinstance(error, SourceError) else CallOutcome.OK
            )
            raise
        except Exception:
            outcome = CallOutcome.CRASHED
            raise
        finally:
            of_source.running.dec()
            of_source.calls[outcome].inc()
            of_source.seconds.observe(time.perf_counter() - began)

    def _of(self, source: str) -> "_SourceSeries":
        """Return the series of a source: to look them up by their labels costs as much as to count."""
        found = self._series.get(source)
        if found is None:
            found = self._series[source] = _SourceSeries(self, source)
        return found


class _Outcomes(dict[CallOutcome, Counter]):
    """The counters of one source, each made when its outcome comes for the first time."""

    def __init__(self, calls: Counter, source: str) -> None:
        super().__init__()
        self._calls, self._source = calls, source

    def __missing__(self, outcome: CallOutcome) -> Counter:
        counter = self[outcome] = self._calls.labels(self._source, outcome)
        return counter


class _SourceSeries:
    """What is counted of one source."""

    def __init__(self, metrics: SourceMetrics, source: str) -> None:
        self.running, self.seconds = metrics.running.labels(source), metrics.seconds.labels(source)
        self.calls = _Outcomes(metrics.calls, source)
