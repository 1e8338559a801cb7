"""What TMDB says about releases, certificates and seasons; what MDBList and OMDb say for labels."""

import json
from datetime import date
from typing import Any

import pytest

from services.client.http import Http
from services.mdblist.reader import read_mdblist_ratings
from services.omdb import read_award, read_nomination
from services.titles import Aired, Release, ReleaseType
from services.tmdb.client import TmdbSource
from services.tmdb.showings_reader import read_showings
from shared.config.environment import Secret
from shared.domain.awards import Award
from shared.domain.ids import MediaId, TitleKind
from tests.recorded_inputs import FIXTURES
from tests.services.contract import FILM, KEY
from tests.services.test_tmdb import FILM_BODY
from tests.services.upstream import Upstream, replies

MOVIE, SERIES = MediaId(TitleKind.MOVIE, 278), MediaId(TitleKind.SERIES, 1396)
RELEASES = {
    "results": [
        {
            "iso_3166_1": "US",
            "release_dates": [
                {"certification": "R", "type": 3, "release_date": "1994-09-23T00:00:00.000Z"},
                {"certification": " Unrated ", "type": 4, "release_date": ""},
            ],
        },
        {"iso_3166_1": "DE", "release_dates": [{"certification": "12", "type": 3, "release_date": "1995-03-09"}]},
    ]
}


def test_releases_are_read_by_country() -> None:
    showings = read_showings(MOVIE, {"release_dates": RELEASES, "status": "Released"})

    assert (
        Release("US", ReleaseType.THEATRICAL, date(1994, 9, 23), "R"),
        Release("US", ReleaseType.DIGITAL, None, "Unrated"),
        Release("DE", ReleaseType.THEATRICAL, date(1995, 3, 9), "12"),
    ) == showings.releases


@pytest.mark.parametrize(
    "row",
    [
        {"iso_3166_1": "usa", "release_dates": [{"type": 3}]},
        {"iso_3166_1": 7, "release_dates": [{"type": 3}]},
        {"iso_3166_1": "US", "release_dates": [{"type": 7}, {"type": 0}, {"type": "3"}, {}, "x", None]},
        {"iso_3166_1": "US", "release_dates": {"type": 3}},
        {"iso_3166_1": "US"},
        "US",
    ],
)
def test_releases_that_make_no_sense_are_skipped(row: Any) -> None:
    assert () == read_showings(MOVIE, {"release_dates": {"results": [row]}}).releases


@pytest.mark.parametrize(
    "body", [{}, {"release_dates": None}, {"release_dates": []}, {"release_dates": {"results": 7}}]
)
def test_a_film_without_releases_has_none(body: dict[str, Any]) -> None:
    assert () == read_showings(MOVIE, body).releases


def test_a_series_has_certificates_and_seasons() -> None:
    body = {
        "content_ratings": {"results": [{"iso_3166_1": "US", "rating": "TV-MA"}, {"iso_3166_1": "FR", "rating": ""}]},
        "first_air_date": "2008-01-20",
        "last_episode_to_air": {"air_date": "2013-09-29", "season_number": 5, "episode_number": 16},
        "next_episode_to_air": None,
        "seasons": [
            {"air_date": "2009-02-17", "season_number": 0},
            {"air_date": "2008-01-20", "season_number": 1},
            {"air_date": None, "season_number": 6},
        ],
        "status": "Ended",
    }

    showings = read_showings(SERIES, body)

    assert {"US": "TV-MA", "FR": ""} == showings.certificates
    assert (Aired(date(2013, 9, 29), 5, 16), None) == (showings.last_episode, showings.next_episode)
    assert (Aired(date(2008, 1, 20), 1),) == showings.seasons
    assert (date(2008, 1, 20), "Ended") == (showings.first_aired, showings.status)


async def test_showings_cost_no_call_beside_that_of_the_title(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", replies(FILM_BODY | {"release_dates": RELEASES}))
    source = TmdbSource(http, (Secret(KEY),), api_url=upstream.url, image_url=upstream.url)

    title = await source.title(FILM.media, with_showings=True)
    again = await source.title(FILM.media)

    assert title is not None
    assert title.showings is not None
    assert title == again  # the fuller answer serves settings without labels too
    assert ["external_ids,images,release_dates"] == [
        request.query["append_to_response"] for request in upstream.received
    ]


async def test_without_a_label_no_releases_are_asked_for(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", replies(FILM_BODY))
    source = TmdbSource(http, (Secret(KEY),), api_url=upstream.url, image_url=upstream.url)

    title = await source.title(FILM.media)

    assert title is not None
    assert title.showings is None
    assert ["external_ids,images"] == [request.query["append_to_response"] for request in upstream.received]


@pytest.mark.parametrize(
    ("written", "age"),
    [(14, 14), ("9", 9), (2, 2), (18, 18), (0, None), (99, None), (1, None), (12.5, None), (None, None)],
)
def test_an_age_is_a_number_from_2_to_18(written: object, age: int | None) -> None:
    assert age == read_mdblist_ratings(MOVIE, {"age_rating": written}).age


@pytest.mark.parametrize(
    ("kind", "awards", "won", "nominated"),
    [
        (TitleKind.MOVIE, "Won 2 Oscars. 8 wins & 3 nominations total", Award.OSCAR, None),
        (TitleKind.MOVIE, "Nominated for 7 Oscars. 21 wins & 42 nominations total", None, Award.OSCAR),
        (TitleKind.MOVIE, "Nominated for 1 Oscar. Another 5 wins & 9 nominations.", None, Award.OSCAR),
        (TitleKind.SERIES, "Nominated for 3 Primetime Emmys. 10 wins total", None, Award.EMMY),
        (TitleKind.SERIES, "Nominated for 1 Primetime Emmy", None, Award.EMMY),
        (TitleKind.MOVIE, "Nominated for 2 BAFTA 17 wins & 47 nominations total", None, None),
        (TitleKind.MOVIE, "3 wins & 11 nominations", None, None),
        (TitleKind.MOVIE, "Nominated for 0 Oscars", None, None),
        (TitleKind.MOVIE, "N/A", None, None),
    ],
)
def test_a_nomination_is_read_where_nothing_was_won(
    kind: TitleKind, awards: str, won: Award | None, nominated: Award | None
) -> None:
    assert (won, nominated) == (read_award(kind, awards), read_nomination(kind, awards))


def test_recorded_films_have_releases() -> None:
    texts = (path.read_bytes() for path in (FIXTURES / "tmdb").rglob("*.json"))
    bodies = (json.loads(text)["response"].get("body") for text in texts if b'"release_dates": {' in text)
    recorded = [body for body in bodies if isinstance(body, dict) and isinstance(body.get("release_dates"), dict)]
    if not recorded:
        pytest.skip("there are no recorded films with releases")

    assert all(read_showings(MOVIE, body).releases for body in recorded if body["release_dates"].get("results"))
