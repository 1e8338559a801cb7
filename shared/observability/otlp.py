"""Records spans with OpenTelemetry and sends them in batches over OTLP, in a thread of their own.

Imported only when the operator configures a collector. A slow or lost collector costs spans and nothing else: the queue
and every wait are limited, dropped and failed spans are counted, and the loss is logged once.
"""

import logging
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import Token
from typing import Final, Self

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from shared.domain.version import VERSION
from shared.observability.tracing import NOOP_SPAN, Attributes, Parent, Role, Span, Value, come_out_of, go_into

MOST_WAITING: Final = 2048
"""Spans; drawing a picture takes about forty."""

SEND_S: Final = 2.0
"""Longest wait for the collector, retries included."""

CLOSE_S: Final = 2.0
_EVERY_S: Final = 1.0
_BATCH: Final = 256
_MOST_ATTRIBUTES: Final = 32
_LONGEST_TEXT: Final = 256
_LIMITS: Final = SpanLimits(
    max_span_attributes=_MOST_ATTRIBUTES,
    max_span_attribute_length=_LONGEST_TEXT,
    max_events=0,
    max_links=1,
    max_event_attributes=0,
    max_link_attributes=0,
)
_KINDS: Final = {role: trace.SpanKind[role.name] for role in Role}

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class RecordedSpan:
    """A recorded ``Span``."""

    __slots__ = ("_span", "_token", "_tracer")

    def __init__(self, tracer: trace.Tracer, span: trace.Span) -> None:
        self._tracer, self._span = tracer, span
        self._token: Token[Span] | None = None

    @property
    def trace_id(self) -> str:
        """Return the 32 hex digits of its trace."""
        return f"{self._span.get_span_context().trace_id:032x}"

    @property
    def traceparent(self) -> str:
        """Return the traceparent, with which another process continues the trace."""
        context = self._span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"

    def set(self, name: str, value: Value) -> None:
        """Set an attribute."""
        self._span.set_attribute(name, value)

    def fail(self, kind: str) -> None:
        """Mark the span as failed. The error's text is left out, because it may quote a secret."""
        self._span.set_attribute("error.type", kind)
        self._span.set_status(trace.StatusCode.ERROR)

    def start_span(self, name: str, role: Role, attributes: Attributes) -> Span:
        """Return a new child span."""
        inside = trace.set_span_in_context(self._span, Context())
        span = self._tracer.start_span(name, inside, _KINDS[role], attributes)
        return RecordedSpan(self._tracer, span)

    def __enter__(self) -> Self:
        """Make this the current span."""
        self._token = go_into(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        """End the span, with the class of the error if there is one."""
        if self._token is not None:
            come_out_of(self._token)
        if kind is not None:
            self.fail(kind.__name__)
        self._span.end()


class OtlpRecorder:
    """A ``Recorder`` of one process. Build it with ``recording``."""

    def __init__(self, tracer: trace.Tracer, tally: "Tally") -> None:
        self._tracer, self._tally = tracer, tally

    def begin(self, name: str, role: Role, parent: Parent | None, link: Parent | None) -> Span:
        """Return this process's first span in a trace."""
        inside = Context()
        if parent is not None:
            inside = trace.set_span_in_context(trace.NonRecordingSpan(_context(parent)), inside)
        links = [] if link is None else [trace.Link(_context(link))]
        span = self._tracer.start_span(name, inside, _KINDS[role], links=links)
        return RecordedSpan(self._tracer, span) if span.is_recording() else NOOP_SPAN

    def watch(self, registry: CollectorRegistry) -> None:
        """Export how many spans were sent, dropped and failed, how many wait, and the limit."""
        registry.register(self._tally)
        waiting = Gauge("trace_spans_waiting", "Spans that wait to be sent to the collector.", registry=registry)
        waiting.set_function(lambda: self._tally.waiting)
        Gauge("trace_spans_limit", "Most spans that may wait.", registry=registry).set(MOST_WAITING)


class Tally(Collector):
    """Counts what happened to spans. Each counter is written by one thread only, so no lock is needed."""

    def __init__(self) -> None:
        self.taken = self.dropped = self.sent = self.failed = 0

    @property
    def waiting(self) -> int:
        """Return how many spans wait to be sent."""
        return max(0, self.taken - self.sent - self.failed)

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Return the numbers as Prometheus reads them."""
        family = CounterMetricFamily("trace_spans", "Spans of traces by outcome.", labels=["outcome"])
        for outcome in ("sent", "failed", "dropped"):
            family.add_metric([outcome], getattr(self, outcome))
        yield family


class _Bounded(SpanProcessor):
    """Queues spans while there is room; the SDK's own queue would drop the oldest without counting them."""

    def __init__(self, behind: SpanProcessor, tally: Tally) -> None:
        self._behind, self._tally = behind, tally

    def on_end(self, span: ReadableSpan) -> None:
        if self._tally.waiting >= MOST_WAITING:
            self._tally.dropped += 1
            return
        self._tally.taken += 1
        self._behind.on_end(span)

    def shutdown(self) -> None:
        self._behind.shutdown()


class _Telling(SpanExporter):
    """Sends batches, counts them, and logs once when the collector is lost and once when it is back."""

    def __init__(self, exporter: SpanExporter, tally: Tally) -> None:
        self._exporter, self._tally = exporter, tally
        self._is_lost = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = self._exporter.export(spans)
        except Exception:  # noqa: BLE001 - the thread must survive any error
            result = SpanExportResult.FAILURE
        is_lost = result is not SpanExportResult.SUCCESS
        if is_lost:
            self._tally.failed += len(spans)
        else:
            self._tally.sent += len(spans)
        if is_lost is not self._is_lost:
            self._is_lost = is_lost
            # Without a reason: the SDK's own message quotes the collector's URL, which may hold a password.
            log.warning("trace_collector_lost") if is_lost else log.info("trace_collector_found")
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


@contextmanager
def recording(endpoint: str, service: str) -> Iterator[OtlpRecorder]:
    """Record a service's spans inside the context and send them to ``endpoint``, the collector's base URL."""
    _mute()
    tally = Tally()
    exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=SEND_S, compression=Compression.Gzip)
    batches = BatchSpanProcessor(
        _Telling(exporter, tally),
        max_queue_size=MOST_WAITING,
        schedule_delay_millis=_EVERY_S * 1000,
        max_export_batch_size=_BATCH,
        export_timeout_millis=SEND_S * 1000,
    )
    provider = TracerProvider(ALWAYS_ON, _resource(service), shutdown_on_exit=False, span_limits=_LIMITS)
    provider.add_span_processor(_Bounded(batches, tally))
    try:
        yield OtlpRecorder(provider.get_tracer("marquee", VERSION), tally)
    finally:
        # The SDK waits 30 s for a collector that hangs; its threads are daemons and end with the process.
        closing = threading.Thread(target=provider.shutdown, name="traces-closing", daemon=True)
        closing.start()
        closing.join(CLOSE_S)


def _mute() -> None:
    """Silence the SDK's own loggers: they log at every batch, and quote the collector's URL."""
    logger = logging.getLogger("opentelemetry")
    logger.handlers[:] = [logging.NullHandler()]
    logger.propagate = False


def _resource(service: str) -> Resource:
    return Resource.create(
        {
            "service.name": service,
            "service.version": VERSION,
            "service.instance.id": f"{socket.gethostname()}-{os.getpid()}",
        }
    )


def _context(parent: Parent) -> trace.SpanContext:
    return trace.SpanContext(
        parent.trace_id, parent.span_id, is_remote=True, trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED)
    )
