"""The day of a list of titles: lists are fetched once a day, from midnight UTC on."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

SLACK: Final = timedelta(minutes=30)
"""After midnight, yesterday's list still counts as today's: it takes that long to fetch the next one."""

GRACE_DAYS: Final = 3
"""A list is used for so many days after its own, while its source is in trouble."""


def list_day(now: datetime) -> date:
    """Return the day whose list is the current one, for a moment in UTC."""
    return (now.astimezone(UTC) - SLACK).date()


def next_list(now: datetime) -> datetime:
    """Return when the next list takes over."""
    return start_of(list_day(now) + timedelta(days=1)) + SLACK


def start_of(day: date) -> datetime:
    """Return midnight in UTC."""
    return datetime.combine(day, time(), UTC)
