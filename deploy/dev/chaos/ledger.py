"""The result of every request, and what it says about each fault: errors by kind, and the longest outages. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import pairwise

import msgspec


class Wanted(StrEnum):
    """What a caller requested."""

    STORED = "stored"
    """A picture that a caller has received finished before."""
    NEW = "new"
    """A picture that has not been requested yet."""
    UNKNOWN = "unknown"
    """A film that does not exist."""


class Asked(msgspec.Struct, frozen=True):
    """One finished request; times in seconds on one clock. ``trouble`` is empty on success."""

    wanted: Wanted
    began: float
    ended: float
    trouble: str = ""
    is_plain: bool = False
    """The response was the fallback artwork, without ratings."""


class Window(msgspec.Struct, frozen=True):
    """The time of one fault, until the next began; ``healed`` is when the part was restored."""

    fault: str
    began: float
    healed: float
    ended: float
    is_steady: bool = True
    """The load ran all the time: an outage only counts if it did."""


class Line(msgspec.Struct, frozen=True):
    """What callers got in one window; outages in seconds."""

    fault: str
    lasted_s: float
    requests: int
    plain: int
    outage_stored_s: float | None
    outage_new_s: float | None
    errors: Counter[str]


def line(window: Window, asked: Sequence[Asked]) -> Line:
    """Sum up one window. A request belongs to the window in which it ended: that of the fault that broke it, if any."""
    mine = [each for each in asked if window.began <= each.ended < window.ended]
    return Line(
        fault=window.fault,
        lasted_s=window.healed - window.began,
        requests=len(mine),
        plain=sum(each.is_plain for each in mine),
        outage_stored_s=_outage(window, asked, Wanted.STORED),
        outage_new_s=_outage(window, asked, Wanted.NEW),
        errors=Counter(each.trouble for each in mine if each.trouble),
    )


def longest_outage(window: Window, successes: Iterable[float]) -> float:
    """Return the longest span of the window, in seconds, in which nothing succeeded, limited by the window's ends."""
    inside = sorted(at for at in successes if window.began <= at <= window.ended)
    times = [window.began, *inside, window.ended]
    return max(later - earlier for earlier, later in pairwise(times))


def _outage(window: Window, asked: Iterable[Asked], wanted: Wanted) -> float | None:
    successes = (each.ended for each in asked if each.wanted is wanted and not each.trouble)
    return longest_outage(window, successes) if window.is_steady else None
