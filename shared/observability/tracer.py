"""Starts traces, off unless the operator configures a collector.

While off, OpenTelemetry is not imported and a span is one object that does nothing.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol, Self

from prometheus_client import CollectorRegistry

from shared.config.process import TracesConfig
from shared.observability.tracing import NOOP_SPAN, Parent, Role, Span, read_parent


class Recorder(Protocol):
    """Makes recorded spans and sends them."""

    def begin(self, name: str, role: Role, parent: Parent | None, link: Parent | None) -> Span:
        """Return this process's first span in a trace: a child of ``parent``, or a root that may link to a cause."""

    def watch(self, registry: CollectorRegistry) -> None:
        """Export what became of the spans."""


class Tracing:
    """Starts traces: samples a share of them, and otherwise follows the caller's sampling decision."""

    def __init__(self, recorder: Recorder | None = None, share: float = 0.0) -> None:
        self._recorder, self._share = recorder, share

    @classmethod
    @contextmanager
    def open(cls, config: TracesConfig | None, service: str) -> Iterator[Self]:
        """Record inside the context when a collector is configured; spans not sent within 2 s after it are dropped.

        The exit blocks, so use it outside a running event loop.
        """
        if config is None:
            yield cls()
            return
        from shared.observability.otlp import recording  # noqa: PLC0415 - imports OpenTelemetry, which is not needed when off

        with recording(config.endpoint, service) as recorder:
            yield cls(recorder, config.share)

    @property
    def is_on(self) -> bool:
        """Return whether anything may be recorded."""
        return self._recorder is not None

    def watch(self, registry: CollectorRegistry) -> None:
        """Export what became of the spans, where there are any."""
        if self._recorder is not None:
            self._recorder.watch(registry)

    def begin(self, name: str, role: Role, *, parent: str = "", follows: str = "") -> Span:
        """Return the span of work that starts here.

        ``parent`` is the caller's traceparent; with ``follows`` the span starts a trace of its own, linked to its
        cause. Text that is not a traceparent is ignored.
        """
        recorder = self._recorder
        if recorder is None:
            return NOOP_SPAN
        before = read_parent(parent or follows)
        # Sampled here and not by the SDK: a request that is not recorded costs one random number.
        if not before.is_sampled if before else random.random() >= self._share:  # noqa: S311 - guards nothing
            return NOOP_SPAN
        return recorder.begin(name, role, before if parent else None, before if not parent else None)


OFF: Final = Tracing()
