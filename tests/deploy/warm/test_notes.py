"""Is what was settled still known after the process has ended, however it ended?"""

from pathlib import Path

import pytest

from deploy.warm.notes import Notes
from shared.domain.errors import Cause
from shared.queue.prewarm import PictureOutcome, Settled

DRAWN = Settled("a:imdb:tt1", PictureOutcome.DRAWN)
UNKNOWN = Settled("a:imdb:tt2", PictureOutcome.UNKNOWN, Cause.TITLE_NOT_FOUND)
FAILED = Settled("a:imdb:tt3", PictureOutcome.FAILED, Cause.SOURCE_DOWN)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new" / "warm.jsonl"


def test_there_are_no_notes_at_first(file: Path) -> None:
    assert frozenset() == Notes(file).settled()


def test_facts_are_noted_and_accidents_are_not(file: Path) -> None:
    with Notes(file) as notes:
        notes.add([DRAWN, UNKNOWN, FAILED])
        notes.add([])

    assert {DRAWN.picture, UNKNOWN.picture} == Notes(file).settled()


def test_a_later_run_goes_on_in_the_same_file(file: Path) -> None:
    for settled in (DRAWN, UNKNOWN):
        with Notes(file) as notes:
            notes.add([settled])

    assert {DRAWN.picture, UNKNOWN.picture} == Notes(file).settled()


@pytest.mark.parametrize("torn", [b'{"picture":"a:im', b"\xff\x00", b"7", b'{"picture":"x","ending":"eaten"}'])
def test_a_torn_line_counts_as_none_and_spoils_no_other(file: Path, torn: bytes) -> None:
    with Notes(file) as notes:
        notes.add([DRAWN])
    with file.open("ab") as end:
        end.write(torn)

    with Notes(file) as notes:
        notes.add([UNKNOWN])

    assert {DRAWN.picture, UNKNOWN.picture} == Notes(file).settled()


def test_notes_can_be_forgotten(file: Path) -> None:
    with Notes(file) as notes:
        notes.add([DRAWN])

    Notes(file).forget()

    assert frozenset() == Notes(file).settled()
