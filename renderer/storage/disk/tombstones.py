"""Invalidated key prefixes: copies stored before the invalidation are out of date."""

import threading
from typing import Final

MAX_TOMBSTONES: Final = 1000
"""Prefixes that are tracked separately; beyond this, everything stored before the latest one is out of date."""


class Tombstones:
    """Invalidated prefixes, each kept until every copy from before it has expired. Thread-safe."""

    def __init__(self, max_age_s: float) -> None:
        self._max_age_s = max_age_s
        self._invalidated_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def add(self, prefix: str, now: float) -> None:
        """Invalidate copies of keys that start with ``prefix`` and were stored at ``now`` or earlier."""
        with self._lock:
            current = {key: at for key, at in self._invalidated_at.items() if now - at < self._max_age_s}
            current[prefix] = now
            self._invalidated_at = current if len(current) <= MAX_TOMBSTONES else {"": now}

    def covers(self, key: str, stored_at: float) -> bool:
        """Return whether a copy of this key that was stored at that time is out of date."""
        with self._lock:
            current = self._invalidated_at  # replaced as a whole, never modified
        return any(stored_at <= at and key.startswith(prefix) for prefix, at in current.items())
