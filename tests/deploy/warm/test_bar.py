"""Does the bar say how far it is, and not too often?"""

import io

import pytest

from deploy.warm.bar import Bar, describe
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
    said = "12/48  queued 30  drawn 9  unknown 2  failed 1  4.2/s  1 min 19 s left"

    assert f"[######..................] {said}" == describe(progress())


@pytest.mark.parametrize(("room", "bar"), [(200, 26), (80, 9), (79, 8), (78, 0)])
def test_the_bar_gives_way_to_the_words(room: int, bar: int) -> None:
    line = describe(progress(), room)

    assert bar == line.rfind("]") + 1
    assert line.endswith("1 min 19 s left")


@pytest.mark.parametrize(
    ("left_s", "words"), [(7.4, "7 s left"), (3600.0, "1 h 0 min left"), (9000.0, "2 h 30 min left")]
)
def test_the_time_left_is_told_in_words(left_s: float, words: str) -> None:
    assert describe(progress(left_s=left_s)).endswith(words)


def test_what_was_settled_before_and_a_lost_queue_are_told() -> None:
    line = describe(progress(before=5, lost=True))

    assert "before 5" in line
    assert line.endswith("the queue does not answer")


def test_a_terminal_has_one_line_that_is_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    out, clock = Terminal(), Clock()
    bar = Bar(out, now=clock)

    for done in (12, 13, 14):
        bar.show(progress(done))
        clock.seconds += 0.15
    bar.end()

    drawn = out.getvalue().split("\r\x1b[K")
    assert ["", "12/48", "14/48", "14/48"] == [part[:5] for part in drawn]
    assert out.getvalue().endswith("\n")
    assert all(len(part.rstrip("\n")) < 40 for part in drawn)


def test_a_file_has_a_plain_line_every_ten_seconds() -> None:
    out, clock = io.StringIO(), Clock()
    bar = Bar(out, now=clock)

    for _ in range(25):
        bar.show(progress())
        clock.seconds += 1
    bar.end()

    assert 4 == len(out.getvalue().splitlines())
    assert "\x1b" not in out.getvalue()


def test_a_bar_that_was_never_shown_leaves_nothing() -> None:
    out = Terminal()

    Bar(out).end()

    assert "" == out.getvalue()
