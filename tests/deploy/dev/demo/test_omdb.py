"""The demo answers as OMDb does."""

from http import HTTPStatus

import pytest

from deploy.dev.demo.catalogue import SERIALS
from tests.deploy.dev.demo.conftest import Demo, recorded_body


async def test_film_has_the_recorded_fields_and_nothing_but_text(demo: Demo) -> None:
    body = await (await demo.get("/omdb/?i=tt0018578&apikey=k")).json()

    assert set() == recorded_body("omdb/movie/i_tt0770828.json").keys() - body.keys()
    assert {str} == {type(value) for name, value in body.items() if name != "Ratings"}


async def test_awards_and_scores_are_written_as_omdb_writes_them(demo: Demo) -> None:
    body = await (await demo.get("/omdb/?i=tt0018578&apikey=k")).json()

    assert body["Awards"].startswith("Won 2 Oscars.")
    assert ("7.6", "78", "12 Aug 1927") == (body["imdbRating"], body["Metascore"], body["Released"])
    assert [
        {"Source": "Internet Movie Database", "Value": "7.6/10"},
        {"Source": "Rotten Tomatoes", "Value": "94%"},
        {"Source": "Metacritic", "Value": "78/100"},
    ] == body["Ratings"]


async def test_series_has_its_span_and_only_imdb(demo: Demo) -> None:
    body = await (await demo.get("/omdb/?i=tt0006206&apikey=k")).json()

    assert ("series", "1915\u20131916", "1") == (body["Type"], body["Year"], body["totalSeasons"])
    assert ["Internet Movie Database"] == [row["Source"] for row in body["Ratings"]]


async def test_an_episode_has_an_id_of_its_own(demo: Demo) -> None:
    part = next(title for title in SERIALS if title.imdb == "tt0006206").episodes[1]

    body = await (await demo.get(f"/omdb/?i={part.imdb}&apikey=k")).json()

    assert ("episode", "tt0006206", "2") == (body["Type"], body["seriesID"], body["Episode"])


async def test_unrated_title_says_not_available(demo: Demo) -> None:
    body = await (await demo.get("/omdb/?i=tt0006886&apikey=k")).json()

    assert ("N/A", "N/A", []) == (body["imdbRating"], body["imdbVotes"], body["Ratings"])


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("i=tt9999999", "Error getting data."),
        ("i=hello", "Incorrect IMDb ID."),
        ("", "Incorrect IMDb ID."),
    ],
)
async def test_what_is_not_found_is_refused_with_200(demo: Demo, query: str, sentence: str) -> None:
    answer = await demo.get(f"/omdb/?{query}&apikey=k")

    assert (HTTPStatus.OK, {"Response": "False", "Error": sentence}) == (answer.status, await answer.json())


async def test_missing_key_is_401(demo: Demo) -> None:
    answer = await demo.get("/omdb/?i=tt0018578")

    assert HTTPStatus.UNAUTHORIZED == answer.status
    assert recorded_body("omdb/error/401_no_key.json") == await answer.json()
