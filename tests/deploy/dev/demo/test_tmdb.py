"""The demo answers as TMDB does."""

from http import HTTPStatus

import msgspec

from deploy.dev.demo.catalogue import FILMS
from deploy.dev.demo.tmdb import listed
from tests.deploy.dev.demo.conftest import Demo, recorded_body

API = "/tmdb/3"
KEY = "api_key=k"


async def test_find_by_imdb_gives_the_film_in_one_of_five_lists(demo: Demo) -> None:
    answer = await demo.get(f"{API}/find/tt0017136?external_source=imdb_id&{KEY}")

    body = await answer.json()
    assert set(recorded_body("tmdb/find/find_tt0499549__c-eg.json")) == set(body)
    assert [19] == [row["id"] for row in body["movie_results"]]
    assert [] == body["tv_results"] + body["person_results"] + body["tv_episode_results"] + body["tv_season_results"]


async def test_find_rows_have_the_recorded_fields(demo: Demo) -> None:
    film = await (await demo.get(f"{API}/find/tt0017136?external_source=imdb_id&{KEY}")).json()
    show = await (await demo.get(f"{API}/find/415150?external_source=tvdb_id&{KEY}")).json()

    film_fields = recorded_body("tmdb/find/find_tt0499549__c-eg.json")["movie_results"][0].keys()
    show_fields = recorded_body("tmdb/find/find_tt0903747__c-eg.json")["tv_results"][0].keys()
    assert set() == film_fields - film["movie_results"][0].keys()
    assert set() == show_fields - show["tv_results"][0].keys()


async def test_find_of_an_episode_names_its_place(demo: Demo) -> None:
    episode = await (await demo.get(f"{API}/tv/91501/season/1/episode/3?append_to_response=external_ids&{KEY}")).json()

    found = await (
        await demo.get(f"{API}/find/{episode['external_ids']['imdb_id']}?external_source=imdb_id&{KEY}")
    ).json()

    row = found["tv_episode_results"][0]
    assert (91501, 1, 3) == (row["show_id"], row["season_number"], row["episode_number"])


async def test_find_of_an_unknown_id_is_200_and_empty(demo: Demo) -> None:
    answer = await demo.get(f"{API}/find/tt9999999?external_source=imdb_id&{KEY}")

    body = await answer.json()
    assert HTTPStatus.OK == answer.status
    assert [] == [row for rows in body.values() for row in rows]


async def test_movie_is_the_same_by_number_and_by_imdb_id(demo: Demo) -> None:
    by_number = await (await demo.get(f"{API}/movie/19?{KEY}")).json()
    by_imdb = await (await demo.get(f"{API}/movie/tt0017136?{KEY}")).json()

    assert by_number == by_imdb


async def test_movie_with_everything_appended_has_the_recorded_fields(demo: Demo) -> None:
    path = f"{API}/movie/19?append_to_response=external_ids,images,release_dates"
    body = await (await demo.get(path, headers={"Authorization": "Bearer k"})).json()

    expected = recorded_body("tmdb/movie_append/movie_49521__append_external_ids.json")
    assert set() == expected.keys() - body.keys()
    assert set() == expected["external_ids"].keys() - body["external_ids"].keys()
    assert {"backdrops", "logos", "posters"} == set(body["images"])
    assert "DE" == body["release_dates"]["results"][0]["iso_3166_1"]


async def test_tv_has_no_imdb_id_of_its_own(demo: Demo) -> None:
    body = await (await demo.get(f"{API}/tv/91601?append_to_response=external_ids,content_ratings,images&{KEY}")).json()

    assert "imdb_id" not in body
    assert ("tt0006886", 416160) == (body["external_ids"]["imdb_id"], body["external_ids"]["tvdb_id"])
    assert [1, 2] == [season["season_number"] for season in body["seasons"]]
    assert "results" in body["content_ratings"]


async def test_images_are_filtered_by_the_languages_asked_for(demo: Demo) -> None:
    body = await (
        await demo.get(f"{API}/movie/19?append_to_response=images&include_image_language=de,null&{KEY}")
    ).json()

    images = body["images"]
    assert ["de", None] == [row["iso_639_1"] for row in images["posters"]]
    assert [None, "de"] == [row["iso_639_1"] for row in images["backdrops"]]


async def test_images_of_one_language_come_without_the_others(demo: Demo) -> None:
    path = f"{API}/movie/643?append_to_response=images&language=ru-RU&{KEY}"
    body = await (await demo.get(path)).json()

    assert ["ru"] == [row["iso_639_1"] for row in body["images"]["posters"]]
    assert "Броненосец Потёмкин" == body["title"]


async def test_one_logo_is_listed_as_svg(demo: Demo) -> None:
    body = await (await demo.get(f"{API}/movie/10098?append_to_response=images&{KEY}")).json()

    assert ["/the-kid-logo-en.svg"] == [row["file_path"] for row in body["images"]["logos"]]


async def test_episode_without_a_still_says_so(demo: Demo) -> None:
    body = await (await demo.get(f"{API}/tv/91301/season/1/episode/5?append_to_response=images&{KEY}")).json()

    assert (None, []) == (body["still_path"], body["images"]["stills"])


async def test_missing_key_is_401_with_code_7(demo: Demo) -> None:
    answer = await demo.get(f"{API}/movie/19", headers={"Authorization": "Bearer "})

    assert HTTPStatus.UNAUTHORIZED == answer.status
    assert recorded_body("tmdb/error/movie_550__jdrouet__invalid_api_key.json") == await answer.json()


async def test_unknown_titles_and_episodes_are_404_with_code_34(demo: Demo) -> None:
    paths = ("movie/999999999", "tv/19", "tv/tt0006206", "tv/91501/season/9/episode/1", "tv/91501/season/1/episode/99")

    answers = [await demo.get(f"{API}/{path}?{KEY}") for path in paths]

    assert [(HTTPStatus.NOT_FOUND, 34)] * len(paths) == [(a.status, (await a.json())["status_code"]) for a in answers]


def test_the_main_poster_of_a_title_without_lettering_is_its_textless_one() -> None:
    title = next(title for title in FILMS if title.kind == "movie")

    lettered, plain = listed(title), listed(msgspec.structs.replace(title, lettered=()))

    assert [f"/{title.slug}-poster-en.jpg", f"/{title.slug}-poster-xx.jpg"] == [
        row["poster_path"] for row in (lettered, plain)
    ]
