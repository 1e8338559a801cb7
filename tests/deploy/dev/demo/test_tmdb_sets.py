"""The demo answers about seasons and collections as TMDB and Fanart.tv do."""

from http import HTTPStatus

import pytest

from tests.deploy.dev.demo.conftest import Demo, recorded_body

API = "/tmdb/3"
KEY = "api_key=k"
SEASON = "tmdb/tv_season/tv_1396_season_1.json"


async def test_a_season_has_the_recorded_fields_and_its_own_posters(demo: Demo) -> None:
    body = await (await demo.get(f"{API}/tv/91601/season/2?append_to_response=images&{KEY}")).json()

    expected = recorded_body(SEASON)
    assert set() == expected.keys() - body.keys() - {"networks"}
    assert set() == expected["episodes"][0].keys() - body["episodes"][0].keys()
    assert ("1918-01-25", 6.8, [1, 2, 3]) == (
        body["air_date"],
        body["vote_average"],
        [part["episode_number"] for part in body["episodes"]],
    )
    assert ["/judex-season-2-poster-en.jpg", "/judex-season-2-poster-xx.jpg"] == [
        row["file_path"] for row in body["images"]["posters"]
    ]
    assert (HTTPStatus.OK, "image/jpeg") == await _picture(demo, body["poster_path"])


async def test_a_season_without_art_of_its_own_has_no_poster(demo: Demo) -> None:
    body = await (await demo.get(f"{API}/tv/91301/season/1?append_to_response=images&{KEY}")).json()

    assert (None, []) == (body["poster_path"], body["images"]["posters"])


async def test_a_seasons_number_at_tvdb_finds_it(demo: Demo) -> None:
    body = await (await demo.get(f"{API}/find/916201?external_source=tvdb_id&{KEY}")).json()

    rows = body["tv_season_results"]
    assert [(91601, 2)] == [(row["show_id"], row["season_number"]) for row in rows]
    assert [] == body["tv_results"] + body["tv_episode_results"]


async def test_a_collection_lists_its_films_and_its_pictures(demo: Demo) -> None:
    body = await (await demo.get(f"{API}/collection/192101?append_to_response=images&{KEY}")).json()
    images = await (await demo.get(f"{API}/collection/192101/images?{KEY}")).json()
    film = await (await demo.get(f"{API}/movie/10098?{KEY}")).json()

    assert [10098, 962] == [part["id"] for part in body["parts"]]
    assert "images" not in body
    assert {"id", "backdrops", "posters"} == set(images)
    assert (192101, "The Tramp Collection") == (
        film["belongs_to_collection"]["id"],
        film["belongs_to_collection"]["name"],
    )
    for row in (*images["posters"], *images["backdrops"]):
        assert (HTTPStatus.OK, "image/jpeg") == await _picture(demo, row["file_path"])


async def test_unknown_seasons_and_collections_are_404_with_code_34(demo: Demo) -> None:
    paths = ("tv/91601/season/9", "tv/9/season/1", "collection/9", "collection/x", "collection/9/images")

    answers = [await demo.get(f"{API}/{path}?{KEY}") for path in paths]

    assert [(HTTPStatus.NOT_FOUND, 34)] * len(paths) == [(a.status, (await a.json())["status_code"]) for a in answers]


async def test_fanart_lists_the_posters_of_seasons_with_the_recorded_fields(demo: Demo) -> None:
    body = await (await demo.get("/fanart/v3/tv/416160?api_key=k")).json()

    rows = body["seasonposter"]
    assert [("1", "en"), ("2", "en")] == [(row["season"], row["lang"]) for row in rows]
    fields = recorded_body("fanart/tv/tv_76885_bebop_handwritten.json")["seasonposter"][0]
    assert set(rows[0]) == set(fields) - {"width", "height"}
    assert HTTPStatus.OK == (await demo.session.get(rows[0]["url"])).status


async def _picture(demo: Demo, path: str) -> tuple[int, str]:
    answer = await demo.get(f"/tmdb-images/t/p/w300{path}")
    return answer.status, answer.content_type


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Metropolis", [19]),
        ("metropolis", [19]),
        ("haxan", [57283]),
        ("voyage lune", [775]),
        ("vampires", [91501]),
        ("joan of arc passion", [780]),
        ("no such film", []),
        ("", []),
    ],
)
async def test_a_search_finds_titles_by_words_of_any_of_their_names(demo: Demo, words: str, found: list[int]) -> None:
    body = await (await demo.get(f"{API}/search/multi?query={words}&{KEY}")).json()

    assert found == [row["id"] for row in body["results"]]


async def test_a_search_result_has_the_recorded_fields(demo: Demo) -> None:
    body = await (await demo.get(f"{API}/search/multi?query=metropolis&{KEY}")).json()

    expected = recorded_body("tmdb/search/search_multi__query_Jobs_include_adult_false.json")
    film = next(row for row in expected["results"] if row["media_type"] == "movie")
    assert set() == film.keys() - body["results"][0].keys() - {"genre_ids", "softcore"}
    assert set() == expected.keys() - body.keys()
    assert (HTTPStatus.OK, "image/jpeg") == await _picture(demo, body["results"][0]["poster_path"])
