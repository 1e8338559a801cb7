"""What the run came to: the table of faults, the totals, and whether it passes. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from deploy.dev.chaos.ledger import Line

_SHOWN: Final = 10
_HEAD: Final = ("fault", "for", "requests", "errors", "plain art", "outage stored", "outage new")


_NOTES: Final = """\
An outage is the longest time in which no request for a stored, or for a new, picture succeeded; plain art counts as a
success. A line reaches from the beginning of its fault to that of the next: its errors may come after the part is back,
as from a source that is held off for a while. Requests go to both replicas at random, and nothing takes a frozen one
out of turn. S3 is cut off and not killed, because the stand-in keeps everything in its memory. Valkey keeps its jobs
over a kill, as it is run here, but while it is away no job can be queued: a caller's plain art then promises nothing,
and the picture is drawn when somebody asks again. What a killed renderer drew in its last moment is not counted."""


class Jobs(msgspec.Struct, frozen=True):
    """What became of the pictures that were asked for, counted when calm had returned."""

    asked_for: int
    stored: int
    promised: int
    """Of those whose callers were given plain art: a job was to draw the picture."""
    promised_missing: Sequence[str]
    """Of these, which were not stored without being asked for again, and not in the dead letters either."""
    promised_missing_valkey: Sequence[str]
    """The same, promised while Valkey was away: there was no queue to put a job in."""
    missing_after_asking: Sequence[str]
    """Pictures that were asked for again and are not stored even so."""
    left_in_queue: int
    dead: Counter[str]
    """Dead letters by reason."""
    drawn: int
    """Drawings, as the renderers count them."""

    @property
    def drawn_again(self) -> int:
        """Return how many drawings were of a picture that had been drawn."""
        return max(0, self.drawn - self.stored)

    @property
    def lost(self) -> int:
        """Return how many jobs were lost: promised and forgotten, or never done, or never to end."""
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

    @property
    def passes(self) -> bool:
        """Tell whether nothing happened that must not."""
        return not (self.wrong or self.kept or self.jobs.lost)

    def text(self) -> str:
        """Return it as it is printed."""
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
            ("requests not made, too many under way", self.left_out),
            ("wrong pictures (must be 0)", len(self.wrong)),
            ("accidents that a public cache would keep (must be 0)", len(self.kept)),
            ("lost jobs (must be 0)", jobs.lost),
            ("  pictures asked for, stored in the end", f"{jobs.asked_for}, {jobs.stored}"),
            ("  promised to callers who were given plain art", jobs.promised),
            ("  of these neither stored nor a dead letter without asking again", len(jobs.promised_missing)),
            ("  the same, promised while Valkey was away (allowed)", len(jobs.promised_missing_valkey)),
            ("  not stored even when asked for again", len(jobs.missing_after_asking)),
            ("  jobs that never ended", jobs.left_in_queue),
            ("dead letters", jobs.dead.total()),
            ("drawings, of them of a picture that was drawn before", f"{jobs.drawn}, {jobs.drawn_again}"),
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
