"""How a job can end."""

from enum import StrEnum


class JobOutcome(StrEnum):
    """The closed set of ends: also the metric label."""

    DRAWN = "drawn"
    UNCHANGED = "unchanged"  # looked again: the same ratings and art
    FRESH = "fresh"  # stored already, and not due for another look
    FACT = "fact"  # nothing to draw, and asking again will not change that
    RETRIED = "retried"
    DEAD = "dead"  # given up after the last try
