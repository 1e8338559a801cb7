"""Is the command line read as it is meant?"""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from renderer.cli import prewarm as command
from renderer.cli.__main__ import app
from renderer.cli.prewarm_options import PrewarmOptions
from shared.domain.pictures import Format, Kind, Size
from shared.queue.prewarm import Pace


class Recorder:
    """Takes the place of the run, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.options: list[PrewarmOptions] = []

    def __call__(self, options: PrewarmOptions) -> int:
        self.options.append(options)
        return 0


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(command, "run", recorder)
    return recorder


def invoke(*words: str) -> Any:
    return CliRunner().invoke(app, ["prewarm", *words])


def read(recorder: Recorder, *words: str) -> PrewarmOptions:
    result = invoke(*words)
    assert 0 == result.exit_code, result.output
    return recorder.options[-1]


def test_a_file_is_enough(recorder: Recorder) -> None:
    options = read(recorder, "ids.txt")

    (settings,) = options.settings
    assert (("ids.txt",), (), Pace(5.0, 500), True) == (options.files, options.lists, options.pace, options.follow)
    assert (Kind.POSTER, Format.JPG, Size.MEDIUM) == (settings.kind, settings.format, settings.size)


def test_every_kind_comes_in_every_format_with_all_settings_and_equal_ones_once(recorder: Recorder) -> None:
    words = ["-", "--kind", "poster", "--kind", "logo", "--format", "jpg", "--format", "png"]

    options = read(recorder, *words, "--settings", "", "--settings", "imageSize=large")

    found = {(each.kind, each.format, each.size) for each in options.settings}
    assert {
        (Kind.POSTER, Format.JPG, Size.MEDIUM),
        (Kind.POSTER, Format.JPG, Size.LARGE),
        (Kind.POSTER, Format.PNG, Size.MEDIUM),
        (Kind.POSTER, Format.PNG, Size.LARGE),
        (Kind.LOGO, Format.PNG, Size.MEDIUM),
        (Kind.LOGO, Format.PNG, Size.LARGE),
    } == found
    assert len(found) == len(options.settings)


def test_the_name_of_a_list_may_contain_anything(recorder: Recorder) -> None:
    options = read(recorder, "--list", "tmdb:trending/movie/week", "--list", "mdblist:user/a:b")

    assert (("tmdb", "trending/movie/week"), ("mdblist", "user/a:b")) == options.lists


def test_the_log_belongs_to_what_is_asked_for_and_not_to_the_pace(recorder: Recorder) -> None:
    first = read(recorder, "ids.txt", "--settings", "imageSize=large").state
    same = read(recorder, "ids.txt", "--settings", "imageSize=large&badge_size=m", "--pace", "9", "--depth", "3").state
    others = {read(recorder, *words).state for words in (["ids.txt"], ["x"], ["ids.txt", "--limit", "3"])}

    assert first == same
    assert 3 == len(others - {first})
    assert ".local" == first.parent.name


def test_the_log_is_where_it_is_wanted(recorder: Recorder, tmp_path: Path) -> None:
    assert tmp_path / "x" == read(recorder, "-", "--state", str(tmp_path / "x")).state


@pytest.mark.parametrize("option", [("--most", "3"), ("--look", ""), ("--anew",)])
def test_earlier_names_of_options_still_work(recorder: Recorder, option: tuple[str, ...]) -> None:
    read(recorder, "-", *option)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["-", "--pace", "0"],
        ["-", "--pace", "fast"],
        ["-", "--pace", "1e9"],
        ["-", "--pace", "nan"],
        ["-", "--depth", "0"],
        ["-", "--limit", "-1"],
        ["-", "--kind", "banner"],
        ["-", "--format", "gif"],
        ["-", "--settings", "imageSize=huge"],
        ["-", "--settings", "imagesize=large"],
        ["--list", "trending"],
        ["--list", "tmdb:"],
    ],
)
def test_what_cannot_be_read_ends_with_a_sentence(recorder: Recorder, words: list[str]) -> None:
    result = invoke(*words)

    assert (2, []) == (result.exit_code, recorder.options)
    assert "Error" in result.stderr
