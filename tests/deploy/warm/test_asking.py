"""Is the command line read as it is meant?"""

from pathlib import Path

import pytest

from deploy.warm.asking import read_arguments
from shared.domain.pictures import Format, Kind, Size
from shared.queue.prewarm import Pace


def test_a_file_is_enough() -> None:
    asked = read_arguments(["ids.txt"])

    (look,) = asked.looks
    assert (("ids.txt",), (), Pace(5.0, 500), True) == (asked.files, asked.lists, asked.pace, asked.follow)
    assert (Kind.POSTER, Format.JPG, Size.MEDIUM) == (look.kind, look.format, look.size)


def test_every_kind_comes_in_every_format_and_look_and_equal_ones_once() -> None:
    words = ["-", "--kind", "poster", "--kind", "logo", "--format", "jpg", "--format", "png"]

    asked = read_arguments([*words, "--look", "", "--look", "imageSize=large"])

    found = {(look.kind, look.format, look.size) for look in asked.looks}
    assert {
        (Kind.POSTER, Format.JPG, Size.MEDIUM),
        (Kind.POSTER, Format.JPG, Size.LARGE),
        (Kind.POSTER, Format.PNG, Size.MEDIUM),
        (Kind.POSTER, Format.PNG, Size.LARGE),
        (Kind.LOGO, Format.PNG, Size.MEDIUM),
        (Kind.LOGO, Format.PNG, Size.LARGE),
    } == found
    assert len(found) == len(asked.looks)


def test_a_lists_name_may_hold_what_it_likes() -> None:
    asked = read_arguments(["--list", "tmdb:trending/movie/week", "--list", "mdblist:user/a:b"])

    assert (("tmdb", "trending/movie/week"), ("mdblist", "user/a:b")) == asked.lists


def test_the_notes_follow_what_is_asked_for_and_not_how_fast() -> None:
    first = read_arguments(["ids.txt", "--look", "imageSize=large"]).state
    same = read_arguments(["ids.txt", "--look", "imageSize=large&badge_size=m", "--pace", "9", "--depth", "3"]).state
    others = {read_arguments(words).state for words in (["ids.txt"], ["x"], ["ids.txt", "--most", "3"])}

    assert first == same
    assert 3 == len(others - {first})
    assert ".local" == first.parent.name


def test_the_notes_are_where_they_are_wanted(tmp_path: Path) -> None:
    assert tmp_path / "x" == read_arguments(["-", "--state", str(tmp_path / "x")]).state


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["-", "--pace", "0"],
        ["-", "--pace", "nan"],
        ["-", "--pace", "fast"],
        ["-", "--pace", "1e9"],
        ["-", "--depth", "0"],
        ["-", "--most", "-1"],
        ["-", "--kind", "banner"],
        ["-", "--format", "gif"],
        ["-", "--look", "imageSize=huge"],
        ["-", "--look", "imagesize=large"],
        ["--list", "trending"],
        ["--list", "tmdb:"],
    ],
)
def test_what_cannot_be_read_ends_with_a_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_arguments(words)

    assert 2 == ended.value.code
    assert "error: " in capsys.readouterr().err
