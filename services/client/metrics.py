"""Every number that we export about the outside services."""

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
    """How one call ended: a closed set, so that it can be a label."""

    OK = "ok"
    MISSING = "missing"
    DOWN = "down"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    GARBLED = "garbled"
    TOO_LARGE = "too_large"
    HELD_OFF = "held_off"
    CANCELLED = "cancelled"
    CRASHED = "crashed"


_OUTCOMES: Final = {
    Cause.ART_NOT_FOUND: CallOutcome.MISSING,
    Cause.SOURCE_DOWN: CallOutcome.DOWN,
    Cause.SOURCE_TIMEOUT: CallOutcome.TIMEOUT,
    Cause.SOURCE_REFUSED: CallOutcome.REFUSED,
    Cause.SOURCE_INVALID_RESPONSE: CallOutcome.GARBLED,
    Cause.SOURCE_TOO_LARGE: CallOutcome.TOO_LARGE,
}
_BUCKETS: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8)


class SourceMetrics:
    """Calls to the outside services, in a registry that is handed in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.calls = Counter(
            "source_calls_total",
            "Calls to outside services, each try by itself.",
            ["source", "outcome"],
            registry=registry,
        )
        self.seconds = TracedHistogram(
            "source_call_seconds", "Time of one try.", ["source"], buckets=_BUCKETS, registry=registry
        )
        self.running = Gauge("source_calls_running", "Calls under way.", ["source"], registry=registry)
        self.limit = Gauge("source_calls_limit", "Most calls under way at once to one host.", registry=registry)
        self.budget_used, self.budget_limit, self.keys, self.keys_resting, self.breaker_open = (
            Gauge(name, f"{what}, as far as this process knows.", ["source"], registry=registry)
            for name, what in (
                ("source_budget_used", "Calls made today with all keys together"),
                ("source_budget_limit", "Calls that all keys together have in a day, 0 for unknown"),
                ("source_keys", "Keys that are taken in turn, 1 for a host without keys"),
                ("source_keys_resting", "Keys that were refused or are spent"),
                ("source_breaker_open", "1 while the source is not asked because it failed too often"),
            )
        )

    def watch(self, source: str, breaker: Breaker, ring: KeyPool) -> None:
        """Show how a source's breaker and keys stand whenever somebody looks."""
        self.budget_used.labels(source).set_function(lambda: ring.standing().used)
        self.budget_limit.labels(source).set_function(lambda: ring.standing().limit)
        self.keys.labels(source).set_function(lambda: ring.standing().keys)
        self.keys_resting.labels(source).set_function(lambda: ring.standing().resting)
        self.breaker_open.labels(source).set_function(breaker.is_open)

    def held_off(self, source: str) -> None:
        """Count a call that was not made because the source had failed too often."""
        self.calls.labels(source, CallOutcome.HELD_OFF).inc()

    @contextmanager
    def call(self, source: str) -> Iterator[None]:
        """Count and time one try; what it raises tells the outcome."""
        running = self.running.labels(source)
        outcome, began = CallOutcome.CANCELLED, time.perf_counter()
        running.inc()
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
            running.dec()
            self.calls.labels(source, outcome).inc()
            self.seconds.labels(source).observe(time.perf_counter() - began)
