"""Lists that prewarming reads: TMDB's trending titles and a list of MDBList, in pages."""

from typing import Any

import pytest

from deploy.dev.demo.catalogue import ALL
from tests.deploy.dev.demo.conftest import Demo, recorded_body

LIST = "/mdblist/lists/demo/silent-films/items?apikey=k"


@pytest.mark.parametrize(("word", "kinds"), [("movie", {"movie"}), ("tv", {"show"}), ("all", {"movie", "show"})])
async def test_trending_titles_are_those_of_the_kind(demo: Demo, word: str, kinds: set[str]) -> None:
    async def page(number: int) -> dict[str, Any]:
        body: dict[str, Any] = await (await demo.get(f"/tmdb/3/trending/{word}/week?api_key=k&page={number}")).json()
        return body

    first = await page(1)
    rows = first["results"] + [
        row for nth in range(1, first["total_pages"]) for row in (await page(nth + 1))["results"]
    ]

    assert {title.tmdb for title in ALL if title.kind in kinds} == {row["id"] for row in rows}
    assert len(rows) == first["total_results"]


async def test_a_trending_film_has_fields_of_the_real_ones(demo: Demo) -> None:
    real = recorded_body("tmdb/trending/trending_movie_week.json")

    body = await (await demo.get("/tmdb/3/trending/movie/week?api_key=k")).json()

    assert set(real) >= set(body)
    assert set(real["results"][0]) >= set(body["results"][0])


async def test_a_list_comes_in_pages_that_say_whether_there_are_more(demo: Demo) -> None:
    first = await demo.get(f"{LIST}&limit=3")
    rest = await demo.get(f"{LIST}&limit=1000&offset=3")

    ids = [row["id"] for answer in (first, rest) for row in await answer.json()]
    assert [title.tmdb for title in ALL] == ids
    assert ["true", "false"] == [answer.headers["X-Has-More"] for answer in (first, rest)]


async def test_a_list_that_is_not_there_is_not_found(demo: Demo) -> None:
    answer = await demo.get("/mdblist/lists/nobody/nothing/items?apikey=k")

    assert (404, {"error": "Not found!"}) == (answer.status, await answer.json())


async def test_a_list_of_mdblist_has_a_number(demo: Demo) -> None:
    named, numbered = [await (await demo.get(path)).json() for path in (LIST, "/mdblist/lists/2718/items?apikey=k")]

    assert named == numbered


async def test_a_list_of_trakt_is_paged_as_trakts_are(demo: Demo) -> None:
    headers = {"trakt-api-key": "k", "trakt-api-version": "2"}

    first = await demo.get("/trakt/users/demo/lists/silent-films/items?page=2&limit=5", headers=headers)

    rows = await first.json()
    assert (5, 6) == (len(rows), rows[0]["rank"])
    assert {"movie", "show"} >= {row["type"] for row in rows}
    assert all(row[row["type"]]["ids"]["tmdb"] for row in rows)
    assert "5" == first.headers["X-Pagination-Limit"]


async def test_trakt_refuses_a_request_without_a_client_id(demo: Demo) -> None:
    assert 401 == (await demo.get("/trakt/users/demo/watchlist")).status
