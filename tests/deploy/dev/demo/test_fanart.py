"""The demo answers as Fanart.tv does."""

from http import HTTPStatus

from tests.deploy.dev.demo.conftest import Demo, recorded_body


async def test_film_is_the_same_by_tmdb_and_by_imdb(demo: Demo) -> None:
    by_tmdb = await (await demo.get("/fanart/v3/movies/19?api_key=k")).json()
    by_imdb = await (await demo.get("/fanart/v3/movies/tt0017136", headers={"api-key": "k"})).json()

    assert by_tmdb == by_imdb
    assert ("19", "tt0017136") == (by_tmdb["tmdb_id"], by_tmdb["imdb_id"])


async def test_rows_are_text_with_the_recorded_fields(demo: Demo) -> None:
    body = await (await demo.get("/fanart/v3/movies/19?api_key=k")).json()

    rows = [row for section in body.values() if isinstance(section, list) for row in section]
    fields = recorded_body("fanart/movies/movies_120__mediaportal.json")["movieposter"][0].keys()
    assert {frozenset(fields)} == {frozenset(row) for row in rows}
    assert {str} == {type(value) for row in rows for value in row.values()}


async def test_posters_name_their_language_or_none(demo: Demo) -> None:
    body = await (await demo.get("/fanart/v3/movies/19?api_key=k")).json()

    assert ["en", "de", "fr", "00"] == [row["lang"] for row in body["movieposter"]]
    assert [""] == [row["lang"] for row in body["moviebackground"]]


async def test_listed_art_can_be_fetched_from_its_url(demo: Demo) -> None:
    body = await (await demo.get("/fanart/v3/tv/415150?api_key=k")).json()

    answer = await demo.session.get(body["hdtvlogo"][0]["url"])

    assert (HTTPStatus.OK, "image/png") == (answer.status, answer.content_type)


async def test_title_that_fanart_does_not_have_is_404(demo: Demo) -> None:
    answers = [await demo.get(f"/fanart/v3/{path}?api_key=k") for path in ("movies/5698", "tv/414140", "movies/1")]

    expected = recorded_body("fanart/error/404_not_found.json")
    assert [(HTTPStatus.NOT_FOUND, expected)] * 3 == [(answer.status, await answer.json()) for answer in answers]


async def test_missing_key_is_401(demo: Demo) -> None:
    answer = await demo.get("/fanart/v3/movies/19")

    assert HTTPStatus.UNAUTHORIZED == answer.status
