"""How a job can end."""

from enum import StrEnum


class JobOutcome(StrEnum):
    """The closed set of outcomes: also the metric label."""

    DRAWN = "drawn"
    UNCHANGED = "unchanged"  # checked: same ratings and artwork as the stored picture
    FRESH = "fresh"  # stored already, and not due for a check
    FACT = "fact"  # a permanent error: a retry would find the same
    RETRIED = "retried"
    DEAD = "dead"  # dead-lettered after the last attempt
    DROPPED = "dropped"  # a prefetch that came too late, or that an interactive job replaced
