"""Traces: where the time of one picture went, from the keyed request to S3 and each source.

Off unless the operator names a collector; then nothing of OpenTelemetry is imported, and a span is one object that does
nothing. Only what begins a trace – a request, a job – is handed a ``Tracing``. All that is done on the way asks for a
``span`` of whatever is under way here, and gets nothing where nothing is recorded.

A span carries names, hashes, numbers and statuses: never a key, a keyed address, a caller's address, or the text of an
error, which may quote any of these.
"""

import random
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from enum import StrEnum
from typing import Final, NamedTuple, Protocol, Self, TypeAlias

from prometheus_client import CollectorRegistry

from shared.config.process import TracesConfig

Value: TypeAlias = str | int | float | bool
Attributes: TypeAlias = Mapping[str, Value]

HEADER: Final = "traceparent"

HASH: Final = "marquee.settings_hash"
TITLE: Final = "marquee.title"
"""What a request for a picture, the redirect before it and its job have in common, for the 302 itself goes through a
client, who carries no trace from one to the other."""

_NO_ATTRIBUTES: Final[Attributes] = {}
_SAMPLED: Final = 1
_FORM: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")


class Role(StrEnum):
    """What a span is in a conversation between processes."""

    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class Parent(NamedTuple):
    """The span of another process that this one's work belongs to."""

    trace_id: int
    span_id: int
    is_sampled: bool


class Span(Protocol):
    """A piece of work: entered once, and what is begun inside is a part of it."""

    @property
    def trace_id(self) -> str:
        """Return the 32 hex digits of its trace; empty where nothing is recorded."""

    @property
    def traceparent(self) -> str:
        """Return what another process needs to go on with the trace, as W3C writes it; empty without a record."""

    def set(self, name: str, value: Value) -> None:
        """Say something of the work."""

    def fail(self, kind: str) -> None:
        """Say that it failed, by the class of the error or a status."""

    def start_span(self, name: str, role: Role, attributes: Attributes) -> "Span":
        """Return a new span inside this one."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None: ...


class Nothing:
    """The span of work that nobody records."""

    trace_id = traceparent = ""

    def set(self, name: str, value: Value) -> None:
        """Do nothing."""

    def fail(self, kind: str) -> None:
        """Do nothing."""

    def start_span(self, name: str, role: Role, attributes: Attributes) -> Span:  # noqa: ARG002 - the protocol's
        """Return this one again."""
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        return None


NOOP_SPAN: Final[Span] = Nothing()
_HERE: Final[ContextVar[Span]] = ContextVar("span", default=NOOP_SPAN)

current_span: Final = _HERE.get
"""Return the span that is under way here; tasks that are begun inside inherit it."""


def go_into(span: Span) -> Token[Span]:
    """Make a span the one that is under way here, until :func:`come_out_of` is called with what this returns."""
    return _HERE.set(span)


def come_out_of(token: Token[Span]) -> None:
    """Make that the span under way which was before."""
    _HERE.reset(token)


def start_span(name: str, role: Role = Role.INTERNAL, attributes: Attributes = _NO_ATTRIBUTES) -> Span:
    """Return a new span inside the one that is under way here, to be entered by the caller."""
    return _HERE.get().start_span(name, role, attributes)


class Recorder(Protocol):
    """Makes the spans that are recorded, and sends them away."""

    def begin(self, name: str, role: Role, parent: Parent | None, link: Parent | None) -> Span:
        """Return the first span of this process in a trace: inside its parent, or a new one that may name a cause."""

    def watch(self, registry: CollectorRegistry) -> None:
        """Export what became of the spans."""


class Tracing:
    """Begins traces: of a share of what nobody else decided about, else as the one before decided."""

    def __init__(self, recorder: Recorder | None = None, share: float = 0.0) -> None:
        self._recorder, self._share = recorder, share

    @classmethod
    @contextmanager
    def open(cls, config: TracesConfig | None, service: str) -> Iterator[Self]:
        """Record while inside, where a collector is named; what is not sent within 2 s of leaving is given up.

        Waits on leaving, so not from within a running loop.
        """
        if config is None:
            yield cls()
            return
        from shared.observability.otlp import recording  # noqa: PLC0415 - imports OpenTelemetry, of no use when off

        with recording(config.endpoint, service) as recorder:
            yield cls(recorder, config.share)

    @property
    def is_on(self) -> bool:
        """Tell whether anything may be recorded."""
        return self._recorder is not None

    def watch(self, registry: CollectorRegistry) -> None:
        """Export what became of the spans, where there are any."""
        if self._recorder is not None:
            self._recorder.watch(registry)

    def begin(self, name: str, role: Role, *, parent: str = "", follows: str = "") -> Span:
        """Return the span of what begins here.

        ``parent`` is the traceparent of what it is done for; with ``follows`` it is a trace of its own, linked to what
        caused it. Text that is no traceparent counts as none.
        """
        recorder = self._recorder
        if recorder is None:
            return NOOP_SPAN
        before = read_parent(parent or follows)
        # The share is drawn by lot here, not by the sampler of the SDK: a request that is not recorded costs a number.
        if not before.is_sampled if before else random.random() >= self._share:  # noqa: S311 - guards nothing
            return NOOP_SPAN
        return recorder.begin(name, role, before if parent else None, before if not parent else None)


OFF: Final = Tracing()


def read_parent(text: str) -> Parent | None:
    """Read a traceparent; ``None`` for anything else."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    return Parent(int(match[1], 16), int(match[2], 16), bool(int(match[3], 16) & _SAMPLED))
