"""The spans of a trace: where the time of one picture goes, from the keyed request to S3 and each source.

Only code that starts a trace (for a request or a job) gets a ``Tracing`` (``tracer``). All other code starts children
of the current span, which does nothing unless the trace is recorded.

A span carries names, hashes, numbers and statuses: never a key, a keyed address, a caller's address, or the text of an
error, which may quote any of these.
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar, Token
from enum import StrEnum
from typing import Final, NamedTuple, Protocol, Self, TypeAlias

Value: TypeAlias = str | int | float | bool
Attributes: TypeAlias = Mapping[str, Value]

HEADER: Final = "traceparent"

HASH: Final = "marquee.settings_hash"
TITLE: Final = "marquee.title"
"""The attributes that a redirect, the request for its picture and the job have in common: the client between them does
not carry the trace from one to the other."""

_NO_ATTRIBUTES: Final[Attributes] = {}
_SAMPLED: Final = 1
_FORM: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")


class Role(StrEnum):
    """A span's role between processes."""

    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class Parent(NamedTuple):
    """The parent span in another process."""

    trace_id: int
    span_id: int
    is_sampled: bool


class Span(Protocol):
    """One piece of work, entered once; spans started inside are its children."""

    @property
    def trace_id(self) -> str:
        """Return the 32 hex digits of its trace; empty when it is not recorded."""

    @property
    def traceparent(self) -> str:
        """Return the W3C traceparent, with which another process continues the trace; empty when not recorded."""

    def set(self, name: str, value: Value) -> None:
        """Set an attribute."""

    def fail(self, kind: str) -> None:
        """Mark the span as failed, with the class of the error or a status."""

    def start_span(self, name: str, role: Role, attributes: Attributes) -> "Span":
        """Return a new child span."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None: ...


class Nothing:
    """The span of work that is not recorded."""

    trace_id = traceparent = ""

    def set(self, name: str, value: Value) -> None:
        """Do nothing."""

    def fail(self, kind: str) -> None:
        """Do nothing."""

    def start_span(self, name: str, role: Role, attributes: Attributes) -> Span:  # noqa: ARG002 - the protocol's
        """Return itself."""
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        return None


NOOP_SPAN: Final[Span] = Nothing()
_HERE: Final[ContextVar[Span]] = ContextVar("span", default=NOOP_SPAN)

current_span: Final = _HERE.get
"""Return the current span; tasks started inside inherit it."""


def go_into(span: Span) -> Token[Span]:
    """Make a span the current one until :func:`come_out_of` is called with the returned token."""
    return _HERE.set(span)


def come_out_of(token: Token[Span]) -> None:
    """Restore the span that was current before."""
    _HERE.reset(token)


def start_span(name: str, role: Role = Role.INTERNAL, attributes: Attributes = _NO_ATTRIBUTES) -> Span:
    """Return a new child of the current span, to be entered by the caller."""
    return _HERE.get().start_span(name, role, attributes)


def read_parent(text: str) -> Parent | None:
    """Parse a traceparent; return ``None`` for anything else."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    return Parent(int(match[1], 16), int(match[2], 16), bool(int(match[3], 16) & _SAMPLED))
