"""Exemplars: a histogram bucket links to a trace that fell into it, so that a slow minute leads to one slow picture.

Only recorded traces are linked: without tracing, ``/metrics`` is unchanged. An exemplar holds the trace id only.
"""

from prometheus_client import Histogram

from shared.observability.tracing import NOOP_SPAN, current_span


def exemplar_here() -> dict[str, str] | None:
    """Return the exemplar of the current trace; ``None`` when none is recorded."""
    span = current_span()
    return None if span is NOOP_SPAN else {"trace_id": span.trace_id}


class TracedHistogram(Histogram):
    """A histogram whose observations link to the current trace.

    A thread knows its caller's trace only when it runs in a copy of the caller's context.
    """

    def observe(self, amount: float, exemplar: dict[str, str] | None = None) -> None:
        """Observe ``amount``; ``exemplar`` replaces the one of the current trace."""
        Histogram.observe(self, amount, exemplar or exemplar_here())
