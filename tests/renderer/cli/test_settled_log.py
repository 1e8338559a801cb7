"""Is what was settled still known after the process has ended, however it ended?"""

from pathlib import Path

import pytest

from renderer.cli.settled_log import SettledLog
from shared.domain.errors import Cause
from shared.queue.prewarm import PictureOutcome, Settled

DRAWN = Settled("a:imdb:tt1", PictureOutcome.DRAWN)
UNKNOWN = Settled("a:imdb:tt2", PictureOutcome.UNKNOWN, Cause.TITLE_NOT_FOUND)
FAILED = Settled("a:imdb:tt3", PictureOutcome.FAILED, Cause.SOURCE_DOWN)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new" / "warm.jsonl"


def test_the_log_is_empty_at_first(file: Path) -> None:
    assert frozenset() == SettledLog(file).settled()


def test_pictures_are_logged_and_failures_are_not(file: Path) -> None:
    with SettledLog(file) as settled_log:
        settled_log.add([DRAWN, UNKNOWN, FAILED])
        settled_log.add([])

    assert {DRAWN.picture, UNKNOWN.picture} == SettledLog(file).settled()


def test_a_later_run_goes_on_in_the_same_file(file: Path) -> None:
    for settled in (DRAWN, UNKNOWN):
        with SettledLog(file) as settled_log:
            settled_log.add([settled])

    assert {DRAWN.picture, UNKNOWN.picture} == SettledLog(file).settled()


@pytest.mark.parametrize("torn", [b'{"picture":"a:im', b"\xff\x00", b"7", b'{"picture":"x","ending":"eaten"}'])
def test_a_torn_line_counts_as_none_and_spoils_no_other(file: Path, torn: bytes) -> None:
    with SettledLog(file) as settled_log:
        settled_log.add([DRAWN])
    with file.open("ab") as end:
        end.write(torn)

    with SettledLog(file) as settled_log:
        settled_log.add([UNKNOWN])

    assert {DRAWN.picture, UNKNOWN.picture} == SettledLog(file).settled()


def test_the_log_can_be_cleared(file: Path) -> None:
    with SettledLog(file) as settled_log:
        settled_log.add([DRAWN])

    SettledLog(file).clear()

    assert frozenset() == SettledLog(file).settled()
