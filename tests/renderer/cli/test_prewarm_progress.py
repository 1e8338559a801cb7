"""Does the report say how far it is, and not too often?"""

import io

import pytest

from renderer.cli.prewarm_progress import ProgressReport, describe
from shared.queue.prewarm import Progress


def progress(done: int = 12, left_s: float | None = 79.0, *, before: int = 0, lost: bool = False) -> Progress:
    return Progress(
        asked=48,
        before=before,
        queued=30,
        drawn=done - 3 - before,
        unknown=2,
        failed=1,
        settled=(),
        per_s=4.25,
        left_s=left_s,
        queue_lost=lost,
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_a_line_says_it_all() -> None:
    assert "queued 30  drawn 9  unknown 2  failed 1  4.2/s  1 min 19 s left" == describe(progress())


@pytest.mark.parametrize(
    ("left_s", "words"), [(7.4, "7 s left"), (3600.0, "1 h 0 min left"), (9000.0, "2 h 30 min left")]
)
def test_the_time_left_is_told_in_words(left_s: float, words: str) -> None:
    assert describe(progress(left_s=left_s)).endswith(words)


def test_what_was_settled_before_and_a_lost_queue_are_told() -> None:
    line = describe(progress(before=5, lost=True))

    assert line.startswith("before 5  ")
    assert line.endswith("the queue is not responding")


def test_a_terminal_shows_a_bar_and_the_last_state_stays() -> None:
    out = Terminal()

    with ProgressReport(out) as report:
        for done in (12, 13, 14):
            report.show(progress(done))

    assert "14/48" in out.getvalue()
    assert "\x1b[" in out.getvalue()


def test_a_file_has_a_plain_line_every_ten_seconds() -> None:
    out, clock = io.StringIO(), Clock()

    with ProgressReport(out, now=clock) as report:
        for _ in range(25):
            report.show(progress())
            clock.seconds += 1

    assert 4 == len(out.getvalue().splitlines())
    assert out.getvalue().startswith("12/48  queued 30")
    assert "\x1b" not in out.getvalue()


def test_a_report_that_was_never_shown_leaves_nothing() -> None:
    out = io.StringIO()

    with ProgressReport(out):
        pass

    assert "" == out.getvalue()
