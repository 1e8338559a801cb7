"""TMDB's search by name is parsed into films and series."""

import json

import pytest

from services.client.http import Http
from services.titles import SearchResult
from services.tmdb.client import TmdbSource
from shared.config.environment import Secret
from shared.domain.errors import ArtNotFound, SourceInvalidResponse
from shared.domain.ids import MediaId, TitleKind
from tests.recorded_inputs import FIXTURES, needs
from tests.services.contract import KEY
from tests.services.upstream import Reply, Upstream, replies

RECORDED = FIXTURES / "tmdb" / "search" / "search_multi__query_Jobs_include_adult_false.json"


@pytest.fixture
def tmdb(http: Http, upstream: Upstream) -> TmdbSource:
    return TmdbSource(http, (Secret(KEY),), api_url=upstream.url, image_url=upstream.url)


@needs(RECORDED)
async def test_a_recorded_search_lists_films_and_series_without_people(tmdb: TmdbSource, upstream: Upstream) -> None:
    body = json.loads(RECORDED.read_bytes())["response"]["body"]
    upstream.plan("*", replies(body))

    found = await tmdb.search("Jobs")

    rows = [row for row in body["results"] if row["media_type"] in {"movie", "tv"}]
    assert [(row["id"], row.get("title") or row.get("name")) for row in rows] == [
        (each.media.number, each.name) for each in found
    ]
    assert (row_poster := rows[0]["poster_path"]) is None or row_poster.removeprefix("/") == found[0].poster


async def test_equal_names_are_searched_for_once(tmdb: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("*", replies({"results": [{"id": 19, "media_type": "movie", "title": "Metropolis"}]}))

    found = [await tmdb.search(words) for words in ("Metropolis", " METROPOLIS  ", "metropolis")]

    assert [(SearchResult(MediaId(TitleKind.MOVIE, 19), "Metropolis"),)] * 3 == found
    assert ["metropolis"] == [request.query["query"] for request in upstream.received]


@pytest.mark.parametrize(
    "row",
    [
        {"id": 19, "title": "No kind"},
        {"id": 0, "media_type": "movie", "title": "No number"},
        {"id": 19, "media_type": "movie", "title": " "},
        {"id": 19, "media_type": "person", "name": "Fritz Lang"},
        7,
    ],
)
async def test_a_row_that_is_no_title_is_skipped(tmdb: TmdbSource, upstream: Upstream, row: object) -> None:
    good = {"id": 1396, "media_type": "tv", "name": "Dark", "first_air_date": "2017-12-01", "poster_path": "/../x.jpg"}
    upstream.plan("*", replies({"results": [row, good]}))

    assert (SearchResult(MediaId(TitleKind.SERIES, 1396), "Dark", year=2017),) == await tmdb.search("dark")


@pytest.mark.parametrize("body", [{}, {"results": 7}, {"success": False, "status_code": 11}])
async def test_an_answer_without_results_is_invalid_and_not_cached(
    tmdb: TmdbSource, upstream: Upstream, body: dict[str, object]
) -> None:
    upstream.plan("*", replies(body))

    for _ in range(2):
        with pytest.raises(SourceInvalidResponse):
            await tmdb.search("metropolis")


async def test_a_thumbnail_is_the_smallest_rendition(tmdb: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("*", Reply(200, b"\xff\xd8small"))

    assert b"\xff\xd8small" == await tmdb.thumbnail("metropolis.jpg")
    assert ["/w92/metropolis.jpg"] == [request.path for request in upstream.received]
    with pytest.raises(ArtNotFound):
        await tmdb.thumbnail("../metropolis.jpg")
