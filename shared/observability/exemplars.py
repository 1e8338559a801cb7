"""Exemplars: a histogram's bucket names a trace that fell into it, so that a slow minute leads to one slow picture.

Only recorded traces are named: where traces are off, the page of numbers is as it would be without all this. An
exemplar is the trace's id and nothing else.
"""

from prometheus_client import Histogram

from shared.observability.tracing import NOOP_SPAN, current_span


def exemplar_here() -> dict[str, str] | None:
    """Return what names the trace that is under way here; ``None`` where none is recorded."""
    span = current_span()
    return None if span is NOOP_SPAN else {"trace_id": span.trace_id}


class TracedHistogram(Histogram):
    """A histogram whose observations name the trace in which they are made.

    A thread knows its caller's trace only where it runs in a copy of the caller's context.
    """

    def observe(self, amount: float, exemplar: dict[str, str] | None = None) -> None:
        """Count ``amount``; ``exemplar`` takes the place of the trace that is under way here."""
        Histogram.observe(self, amount, exemplar or exemplar_here())
