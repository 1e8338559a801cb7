"""The metrics of calls to outside services."""

import time
from contextlib import AbstractContextManager
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

    def call(self, source: str) -> AbstractContextManager[None]:
        """Count and time one attempt; the error raised inside determines the outcome."""
        return _MeasuredCall(self._of(source))

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
    """What is counted of one source. ``running`` is read when metrics are scraped."""

    def __init__(self, metrics: SourceMetrics, source: str) -> None:
        self.running, self.seconds = 0, metrics.seconds.labels(source)
        self.calls = _Outcomes(metrics.calls, source)
        metrics.running.labels(source).set_function(lambda: self.running)


class _MeasuredCall(AbstractContextManager[None]):
    """One attempt. A generator-based context manager would take longer than all the counting."""

    __slots__ = ("_began", "_of_source")

    def __init__(self, of_source: _SourceSeries) -> None:
        self._of_source = of_source

    def __enter__(self) -> None:
        self._of_source.running += 1
        self._began = time.perf_counter()

    def __exit__(self, _: object, error: BaseException | None, trace: object) -> None:
        of_source = self._of_source
        of_source.running -= 1
        of_source.calls[_outcome(error)].inc()
        of_source.seconds.observe(time.perf_counter() - self._began)


def _outcome(error: BaseException | None) -> CallOutcome:
    if error is None:
        return CallOutcome.OK
    if isinstance(error, MarqueeError):
        unlisted = CallOutcome.CRASHED if isinstance(error, SourceError) else CallOutcome.OK
        return _OUTCOMES.get(error.cause, unlisted)
    return CallOutcome.CRASHED if isinstance(error, Exception) else CallOutcome.CANCELLED
