"""Logs: events with fields on standard output, as JSON or for a terminal, without a secret in them.

The standard library's loggers pass through here too. Fields named like secrets, and text shaped like a key, a token or
a URL, are redacted: an error of a client library often quotes the URL that it requested.
"""

import logging
import re
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.observability import tracing

_SECRET_NAMES: Final = re.compile(
    r"(^|_)(api_?key|key|token|secret|password|passwd|authorization|cookie|jwt|dsn|url)$", re.IGNORECASE
)
_STRUCK: Final = "[struck out]"
_SHAPES: Final = (
    (re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>]+", re.IGNORECASE), "[url]"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), "[token]"),
    (re.compile(r"\b[0-9a-fA-F]{64}\b"), "[key]"),
    (re.compile(r"\bh[.-][0-9a-f]{32}\b"), "[key]"),
    (re.compile(r"\bt\d-free-\w+"), "[key]"),
    (re.compile(r"((?:api_?key|token|secret|password)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;)]+", re.IGNORECASE), r"\1[key]"),
)
_QUIET: Final = ("aiohttp.access", "aiobotocore", "botocore", "urllib3", "asyncio", "alembic", "sqlalchemy")
"""Third-party loggers, of which only warnings are logged; the HTTP ones would write whole URLs."""


_SHORT: Final = 32  # characters of most names, hashes and words
_MOST_REMEMBERED: Final = 1024


def get_logger() -> structlog.stdlib.BoundLogger:
    """Return a logger, which is set up by ``configure`` at its first event."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger()
    return logger


def configure(level: str, fmt: Literal["json", "console"] | str, *, stream: TextIO | None = None) -> None:  # noqa: PYI051 - the literals are for the reader
    """Send this process's log events from ``level`` up to ``stream`` (standard output), formatted as ``fmt``."""
    number = logging.getLevelNamesMapping()[level.upper()]
    lines = _Lines(stream or sys.stdout)
    structlog.configure(
        processors=[*_shared(), *_written(fmt)],
        logger_factory=lambda *_: lines,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(lines)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_written(fmt)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))


class _Lines:
    """Writes whole lines, from any thread. A stream that takes none, such as a closed pipe, costs no work its end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._lock = stream, threading.Lock()

    def write(self, text: str) -> None:
        """Write some text."""
        with self._lock, suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()

    def _line(self, line: str) -> None:
        self.write(f"{line}\n")

    debug = info = warning = error = critical = _line


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Redact everything that could be a secret, at any depth."""
    return {name: _STRUCK if _is_secret(name) else _clean(value) for name, value in event.items()}


@lru_cache(_MOST_REMEMBERED)
def _is_secret(name: str) -> bool:
    """Return whether a field is named like a secret."""
    return _SECRET_NAMES.search(name) is not None


def add_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add the current trace's id to the event when one is recorded."""
    trace_id = tracing.current_span().trace_id
    if trace_id:
        event["trace_id"] = trace_id
    return event


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        add_trace,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _written(fmt: str) -> list[Processor]:
    """Return the renderer of events. Tracebacks become text first, without locals, so that they are redacted too."""
    if fmt == "json":
        transform = structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
        return [structlog.processors.ExceptionRenderer(transform), redact, structlog.processors.JSONRenderer()]
    return [structlog.processors.format_exc_info, redact, structlog.dev.ConsoleRenderer(colors=False)]


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _clean_short(value) if len(value) <= _SHORT else _clean_text(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {name: _STRUCK if _is_secret(str(name)) else _clean(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_clean(item) for item in value]
    return _clean(str(value))


def _clean_text(text: str) -> str:
    for shape, stand_in in _SHAPES:
        text = shape.sub(stand_in, text)
    return text


_clean_short: Final = lru_cache(_MOST_REMEMBERED)(_clean_text)  # the same few words are logged again and again
