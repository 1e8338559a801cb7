"""The pace at which pictures of an older drawing version are redrawn, beside the refreshes that are due anyway."""

import time
from collections.abc import Callable
from typing import Final

REDRAWS_PER_MINUTE: Final = 60
"""The pace of one process, unless the operator chose another: a day redraws the 80,000 most requested pictures."""

BURST_S: Final = 30
"""Redraws of this many seconds may be queued at once, so that a page of posters changes as a whole."""


class RedrawPace:
    """Allows a number of redraws a minute in this process; 0 allows none."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._now = per_minute / 60, now
        self._most = max(1.0, self._per_s * BURST_S) if per_minute else 0.0
        self._left, self._at = self._most, now()

    def take(self) -> bool:
        """Return whether one more picture may be redrawn now."""
        now = self._now()
        self._left, self._at = min(self._most, self._left + (now - self._at) * self._per_s), now
        if self._left < 1:
            return False
        self._left -= 1
        return True
