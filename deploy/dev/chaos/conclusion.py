"""The result of the run: the table of faults, the totals, and whether it passes. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from deploy.dev.chaos.flood import Flooded
from deploy.dev.chaos.ledger import Line

_SHOWN: Final = 10
_HEAD: Final = ("fault", "for", "requests", "errors", "fallback", "outage stored", "outage new")


_NOTES: Final = """\
An outage is the longest time in which no request for a stored, or for a new, picture succeeded; fallback artwork
counts as a success. Each line covers the time from the start of its fault to the next: errors may occur after the part
is back, for example while a circuit breaker is still open. Requests go to both replicas at random, and a frozen replica
stays in rotation. S3 is disconnected rather than killed, because this one keeps everything in memory. In this
run Valkey keeps its jobs across a kill, but while it is down no job can be queued: fallback artwork then promises
nothing, and the picture is drawn on the next request. Pictures that a killed renderer drew last are not counted."""


class Jobs(msgspec.Struct, frozen=True):
    """What became of the requested pictures, counted when the stack was calm again."""

    asked_for: int
    stored: int
    promised: int
    """Those whose callers got fallback artwork: a job was to draw the picture."""
    promised_missing: Sequence[str]
    """Of these, those that were not stored without another request, and are not dead letters either."""
    promised_missing_valkey: Sequence[str]
    """The same, promised while Valkey was down: there was no queue for a job."""
    missing_after_asking: Sequence[str]
    """Pictures that are not stored even after another request."""
    left_in_queue: int
    dead: Counter[str]
    """Dead letters by reason."""
    drawn: int
    """Pictures drawn, as counted by the renderers."""

    @property
    def drawn_again(self) -> int:
        """Return how many pictures were drawn more than once."""
        return max(0, self.drawn - self.stored)

    @property
    def lost(self) -> int:
        """Return how many jobs were lost: promised and forgotten, never done, or never finished."""
        return len(self.promised_missing) + len(self.missing_after_asking) + self.left_in_queue


class Conclusion(msgspec.Struct, frozen=True):
    """Everything that is printed."""

    lines: Sequence[Line]
    jobs: Jobs
    wrong: Sequence[str]
    kept: Sequence[str]
    crashes: int
    """Tracebacks in the logs of the services."""
    left_out: int
    floods: Sequence[Flooded] = ()

    @property
    def passes(self) -> bool:
        """Return whether nothing happened that must not."""
        is_unfair = any(flood.passes is False for flood in self.floods)
        return not (self.wrong or self.kept or self.jobs.lost or is_unfair)

    def text(self) -> str:
        """Return the report as printed."""
        rows = [_row(line) for line in self.lines]
        errors = [text for line in self.lines if line.errors for text in (f"{line.fault}:", *_counts(line.errors))]
        return "\n".join(
            [
                *_table([_HEAD, *rows]),
                "",
                _NOTES,
                "",
                "Errors by kind and cause",
                *(errors or ["  none"]),
                "",
                *(text for flood in self.floods for text in (*flood.text(), "")),
                *self._totals(),
                "",
                "PASSED" if self.passes else "FAILED",
            ]
        )

    def _totals(self) -> list[str]:
        jobs = self.jobs
        rows: list[tuple[str, object]] = [
            ("requests", sum(line.requests for line in self.lines)),
            ("errors", sum(line.errors.total() for line in self.lines)),
            ("requests not made, too many open", self.left_out),
            ("wrong pictures (must be 0)", len(self.wrong)),
            ("transient errors that a public cache would store (must be 0)", len(self.kept)),
            ("lost jobs (must be 0)", jobs.lost),
            ("  pictures requested, stored in the end", f"{jobs.asked_for}, {jobs.stored}"),
            ("  promised to callers who got fallback artwork", jobs.promised),
            ("  of these neither stored nor dead letters without another request", len(jobs.promised_missing)),
            ("  the same, promised while Valkey was down (allowed)", len(jobs.promised_missing_valkey)),
            ("  not stored even after another request", len(jobs.missing_after_asking)),
            ("  jobs that never finished", jobs.left_in_queue),
            ("dead letters", jobs.dead.total()),
            ("pictures drawn, of them drawn before", f"{jobs.drawn}, {jobs.drawn_again}"),
            ("crashes in the logs", self.crashes),
        ]
        width = max(len(name) for name, _ in rows)
        found = {
            "wrong": self.wrong,
            "kept": self.kept,
            "promised": jobs.promised_missing,
            "missing": jobs.missing_after_asking,
            "dead letter": [f"{number} x {reason}" for reason, number in jobs.dead.most_common()],
        }
        shown = [f"{name}: {text}" for name, texts in found.items() for text in texts[:_SHOWN]]
        return [*(f"{name.ljust(width)}  {value}" for name, value in rows), *shown]


def _row(line: Line) -> tuple[str, ...]:
    numbers = (line.requests, line.errors.total(), line.plain)
    outages = ("-" if each is None else f"{each:.1f} s" for each in (line.outage_stored_s, line.outage_new_s))
    return (line.fault, f"{line.lasted_s:.1f} s", *(str(number) for number in numbers), *outages)


def _counts(errors: Counter[str]) -> Iterable[str]:
    return (f"  {number:6} x {text}" for text, number in errors.most_common())


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]
