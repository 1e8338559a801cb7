"""Genre and runtime in TMDB's descriptions of titles."""

from typing import Any

import pytest

from services.tmdb.answer import answer_of
from services.tmdb.reader import read_title
from shared.domain.ids import MediaId, TitleKind

FILM, SERIES = MediaId(TitleKind.MOVIE, 19), MediaId(TitleKind.SERIES, 7)


def read(media: MediaId, body: dict[str, Any]) -> tuple[int | None, int | None]:
    title = read_title(media, answer_of({"id": media.number, **body}))
    return title.genre, title.runtime


def test_the_first_genre_is_the_main_one() -> None:
    genres = [{"id": 18, "name": "Drama"}, {"id": 878, "name": "Science Fiction"}]

    assert (18, 153) == read(FILM, {"genres": genres, "runtime": 153})


@pytest.mark.parametrize(
    ("body", "minutes"),
    [
        ({"episode_run_time": [47, 60]}, 47),
        ({"episode_run_time": [], "last_episode_to_air": {"runtime": 62}}, 62),
        ({"episode_run_time": [0], "last_episode_to_air": {"runtime": 62}}, 62),
        ({"episode_run_time": [], "last_episode_to_air": None}, None),
        ({"episode_run_time": None}, None),
        ({}, None),
    ],
)
def test_the_runtime_of_a_series_is_that_of_an_episode(body: dict[str, Any], minutes: int | None) -> None:
    assert (None, minutes) == read(SERIES, body)


@pytest.mark.parametrize("runtime", [0, -5, "153", None, [], 6_000, 1e300, 90.5])
def test_an_implausible_runtime_is_unknown(runtime: object) -> None:
    assert (None, None) == read(FILM, {"runtime": runtime})


@pytest.mark.parametrize("genres", [None, [], {}, "Drama", [None], [{"name": "Drama"}], [{"id": "18"}], [{"id": 0}]])
def test_a_malformed_genre_is_unknown(genres: object) -> None:
    assert (None, None) == read(FILM, {"genres": genres})
