"""The result of every request, and what the run says in the end: what callers got, and whether that passes. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Final

import msgspec

from deploy.dev.bench.results import markdown

_SHOWN: Final = 10
_HEAD: Final = ("fault", "for", "requests", "errors", "fallback", "outage stored", "outage new")
_NOTES: Final = """\
An outage is the longest time in which no request for a stored, or for a new, picture succeeded; fallback artwork
counts as a success. Each line covers the time from the start of its fault to the next: errors may occur after the part
is back, for example while a circuit breaker is still open. Requests go to both replicas at random, and a frozen replica
stays in rotation. S3 is disconnected rather than killed, because this one keeps everything in memory. In this
run Valkey keeps its jobs across a kill, but while it is down no job can be queued: fallback artwork then promises
nothing, and the picture is drawn on the next request. Pictures that a killed renderer drew last are not counted."""


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

    def own(self, asked: Iterable[Asked]) -> list[Asked]:
        """Return its requests. One belongs to the window in which it ended: that of the fault that broke it, if any."""
        return [each for each in asked if self.began <= each.ended < self.ended]

    def longest_outage(self, successes: Iterable[float]) -> float:
        """Return the longest span, in seconds, in which nothing succeeded, limited by the window's ends."""
        inside = sorted(at for at in successes if self.began <= at <= self.ended)
        return max(later - earlier for earlier, later in pairwise([self.began, *inside, self.ended]))

    def row(self, asked: Sequence[Asked]) -> list[str]:
        """Return what callers got in it, as a row of the table."""
        own = self.own(asked)
        numbers = (len(own), sum(bool(each.trouble) for each in own), sum(each.is_plain for each in own))
        outages = (self._outage(asked, wanted) for wanted in (Wanted.STORED, Wanted.NEW))
        return [self.fault, f"{self.healed - self.began:.1f} s", *map(str, numbers), *outages]

    def _outage(self, asked: Iterable[Asked], wanted: Wanted) -> str:
        successes = (each.ended for each in asked if each.wanted is wanted and not each.trouble)
        return f"{self.longest_outage(successes):.1f} s" if self.is_steady else "-"


class Account(msgspec.Struct, frozen=True):
    """What became of the requested pictures: all cases of what must not happen, by what it is, and plain counts."""

    faults: Mapping[str, Sequence[str]]
    counts: Mapping[str, int]

    @property
    def passes(self) -> bool:
        """Return whether nothing happened that must not."""
        return not any(self.faults.values())


def report(windows: Sequence[Window], asked: Sequence[Asked], account: Account) -> str:
    """Return the text that the run prints in the end."""
    counts = {
        "requests": len(asked),
        "errors": sum(bool(each.trouble) for each in asked),
        **account.counts,
        **{f"{name} (must be 0)": len(cases) for name, cases in account.faults.items()},
    }
    return "\n".join(
        [
            markdown(_HEAD, (window.row(asked) for window in windows)),
            f"\n{_NOTES}\n\nErrors by kind and cause",
            *_errors(windows, asked),
            "",
            *(f"{number:6}  {name}" for name, number in counts.items()),
            *(f"{name}: {case}" for name, cases in account.faults.items() for case in cases[:_SHOWN]),
            "",
            "PASSED" if account.passes else "FAILED",
        ]
    )


def _errors(windows: Iterable[Window], asked: Sequence[Asked]) -> Iterator[str]:
    for window in windows:
        errors = Counter(each.trouble for each in window.own(asked) if each.trouble)
        if errors:
            yield f"{window.fault}:"
        yield from (f"{number:6} x {text}" for text, number in errors.most_common())
