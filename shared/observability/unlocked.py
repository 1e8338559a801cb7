# ruff: noqa: SLF001 - the numbers of a metric have no public names
"""Counting without locks on the hottest paths, for metrics that only the event loop's thread counts in.

prometheus-client takes a lock for every number that it changes, which costs more than all the rest of a redirect's
bookkeeping. A thread that reads a number meanwhile gets it as it was before or after.
"""

from bisect import bisect_left
from collections.abc import Callable
from typing import Any, TypeAlias

from prometheus_client import Counter

from shared.observability.exemplars import TracedHistogram
from shared.observability.tracing import NOOP_SPAN, current_span

CountRequest: TypeAlias = Callable[[float], None]
"""Counts one request; called with the seconds that it took."""


def unlocked_count(requests: Counter, seconds: TracedHistogram) -> CountRequest:
    """Return what counts a request in both, as ``inc`` and ``observe`` would; to be called by one thread only.

    Requests whose trace is recorded are observed in the ordinary way, with their exemplars.
    """
    number: Any = requests._value
    total: Any = seconds._sum
    buckets: Any = seconds._buckets
    bounds = list(seconds._upper_bounds)

    def count(took_s: float) -> None:
        number._value += 1.0
        if current_span() is not NOOP_SPAN:
            seconds.observe(took_s)
            return
        total._value += took_s
        buckets[bisect_left(bounds, took_s)]._value += 1.0

    return count
