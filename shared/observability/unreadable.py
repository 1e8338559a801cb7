"""Messages that this version cannot read: skipped, counted for each channel, and logged once for each kind.

During an upgrade the other version may send thousands of them.
"""

from typing import Final

import msgspec
import structlog
from prometheus_client import CollectorRegistry, Counter

log: structlog.stdlib.BoundLogger = structlog.get_logger()

DECODE_ERRORS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Everything that msgspec raises for a body that it cannot read."""

_MAX_KINDS: Final = 100
_MAX_VERSION: Final = 40


class _Tagged(msgspec.Struct):
    type: str = ""


class UnreadableMessages:
    """Counts and logs skipped messages; one per process."""

    def __init__(self) -> None:
        self._counter = Counter(
            "marquee_unreadable_messages",
            "Messages from other processes that this version cannot read, and skipped.",
            ["channel"],
            registry=None,  # the stores open before the registry exists
        )
        self._logged: set[tuple[str, str]] = set()

    def register(self, registry: CollectorRegistry) -> None:
        """Export the counter in this registry."""
        registry.register(self._counter)

    def watch(self, channel: str) -> None:
        """Export a zero for a channel, which an alert on its increase needs."""
        self._counter.labels(channel)

    def skip(self, channel: str, event: str, body: bytes, reason: str) -> None:
        """Count a message; log ``event`` unless a message of the same version was skipped on this channel before."""
        self._counter.labels(channel).inc()
        kind = (channel, _version(body))
        if kind not in self._logged and len(self._logged) < _MAX_KINDS:
            self._logged.add(kind)
            log.warning(event, channel=channel, version=kind[1], reason=reason)


def _version(body: bytes) -> str:
    """Return the tag of a message such as ``done.v2``, empty if it has none that can be read."""
    try:
        return msgspec.json.decode(body, type=_Tagged).type[:_MAX_VERSION]
    except DECODE_ERRORS:
        return ""
