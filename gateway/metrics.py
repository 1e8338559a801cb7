"""All metrics of the gateway."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from shared.observability.exemplars import TracedHistogram
from shared.observability.unlocked import unlocked_count

_REDIRECT_SECONDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5)
ANSWERED: Final = "ok"
"""The outcome of a successful request; every other outcome is a ``Cause``."""


class Route(StrEnum):
    """The kind of a request."""

    PICTURE = "picture"
    DIRECT = "direct"  # a proxied picture; its failures count as ``picture``
    IS_VALID = "is_valid"
    REQUESTS = "requests"
    PREFLIGHT = "preflight"
    UNKNOWN = "unknown"


class Reading(StrEnum):
    """The outcome of reading a key from Postgres."""

    FOUND = "found"
    UNKNOWN = "unknown"
    FAILED = "failed"


class GatewayMetrics:
    """The gateway's metrics; labels of the redirect path are resolved once, because it counts every request."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "gateway_requests_total",
            "Requests by purpose and outcome.",
            ["route", "outcome"],
            registry=registry,
        )
        self._managed = Counter(
            "gateway_management_requests_total",
            "Requests under /api by endpoint and outcome.",
            ["endpoint", "outcome"],
            registry=registry,
        )
        redirect_seconds = TracedHistogram(
            "gateway_redirect_seconds",
            "Time from reading a picture's address to its redirect.",
            buckets=_REDIRECT_SECONDS,
            registry=registry,
        )
        self.redirected = unlocked_count(self._requests.labels(Route.PICTURE.value, ANSWERED), redirect_seconds)
        """Counts a redirect; called with the seconds that it took."""
        self._hints = Counter("gateway_hints_total", "Render hints by outcome.", ["outcome"], registry=registry)
        self._flushes = Counter(
            "gateway_usage_flushes_total", "Flushes of usage counts to Postgres.", ["outcome"], registry=registry
        )
        self._readings = Counter(
            "gateway_key_readings_total", "Keys looked up in Postgres.", ["outcome"], registry=registry
        )
        self._settings_of_day = Counter(
            "gateway_settings_of_day_total",
            "Settings that a key used for the first time on a day, by outcome.",
            ["outcome"],
            registry=registry,
        )
        for outcome in ("admitted", "refused"):
            self._settings_of_day.labels(outcome)  # an increase is seen from 0 only
        self.free_key_settings = Gauge(
            "gateway_free_key_settings", "Settings that the free key has used today, in UTC.", registry=registry
        )
        self.free_key_settings_limit = Gauge(
            "gateway_free_key_settings_limit",
            "Settings that the free key may use on one day; 0 is no limit.",
            registry=registry,
        )
        self._used = Gauge(
            "gateway_limit_used", "How much of a limit in memory is in use.", ["limit"], registry=registry
        )
        self._limit = Gauge(
            "gateway_limit", "The greatest allowed value of a limit in memory.", ["limit"], registry=registry
        )

    def answered(self, route: Route, outcome: str = ANSWERED) -> None:
        """Count a request; ``outcome`` is ``ANSWERED`` or a ``Cause``."""
        self._requests.labels(route.value, str(outcome)).inc()

    def managed(self, endpoint: str, outcome: str) -> None:
        """Count a request under ``/api``; ``outcome`` is ``ANSWERED``, a ``Cause`` or the name of a status."""
        self._managed.labels(endpoint, outcome).inc()

    def hint(self, outcome: str, number: int = 1) -> None:
        """Count prefetched pictures; ``outcome`` is an ``EnqueueResult`` or why one was dropped."""
        self._hints.labels(outcome).inc(number)

    def usage_flushed(self, outcome: str) -> None:
        """Count a flush of usage: ``stored`` or ``failed``."""
        self._flushes.labels(outcome).inc()

    def settings_of_day(self, outcome: str) -> None:
        """Count settings of a key that are new today: ``admitted`` or ``refused``."""
        self._settings_of_day.labels(outcome).inc()

    def keys_read(self, reading: Reading, number: int) -> None:
        """Count keys that were read from Postgres."""
        self._readings.labels(reading.value).inc(number)

    def watch_limit(self, name: str, used: Callable[[], float], most: float) -> None:
        """Export a limit and its current use, which is read at each scrape."""
        self._used.labels(name).set_function(used)
        self._limit.labels(name).set(most)
