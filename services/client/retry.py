"""When a failed call is retried: exponential backoff with jitter, and the ``Retry-After`` header."""

import random
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How often a request is attempted, how long the waits in between are, and how long it may take in total."""

    total_s: float = 20.0
    attempts: int = 3
    first_wait_s: float = 0.25
    max_wait_s: float = 8.0

    def wait_s(self, attempt: int, retry_after_s: float | None) -> float | None:
        """Return how long to wait after failed attempt number ``attempt``: ``retry_after_s``, else the backoff.

        ``None`` if that was the last attempt, or if the wait is longer than ``max_wait_s``.
        """
        backoff_s = self.first_wait_s * 2.0 ** (attempt - 1)
        wait_s = retry_after_s or backoff_s * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
        return wait_s if attempt < self.attempts and wait_s <= self.max_wait_s else None


def parse_retry_after(text: str | None) -> float | None:
    """Return the seconds of a ``Retry-After`` header, given in seconds or as a date; ``None`` if unreadable."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.fromtimestamp(time.time(), UTC)).total_seconds())
