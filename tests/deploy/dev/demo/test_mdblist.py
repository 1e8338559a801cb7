"""The demo answers as MDBList does."""

from http import HTTPStatus

from tests.deploy.dev.demo.conftest import Demo, recorded_body

KEY = "?apikey=k"


async def test_title_has_the_recorded_fields(demo: Demo) -> None:
    body = await (await demo.get(f"/mdblist/imdb/movie/tt0017136/{KEY}")).json()

    expected = recorded_body("mdblist/movie/imdb_movie_tt0073195_jaws_full.json")
    assert set() == expected.keys() - body.keys()
    assert set() == expected["ids"].keys() - body["ids"].keys()
    assert {r["source"] for r in expected["ratings"]} <= {r["source"] for r in body["ratings"]}


async def test_title_is_the_same_by_every_provider(demo: Demo) -> None:
    paths = ("imdb/show/tt0006206", "tmdb/show/91501", "tvdb/show/415150")

    bodies = [await (await demo.get(f"/mdblist/{path}{KEY}")).json() for path in paths]

    assert bodies[0] == bodies[1] == bodies[2]
    assert "Les Vampires" == bodies[0]["title"]


async def test_ratings_are_on_the_scale_of_each_site(demo: Demo) -> None:
    body = await (await demo.get(f"/mdblist/tmdb/movie/19{KEY}")).json()

    rows = {row["source"]: (row["value"], row["score"]) for row in body["ratings"]}
    assert (8.3, 83) == rows["imdb"]
    assert (81, 81) == rows["tmdb"]
    assert (4.3, 86) == rows["letterboxd"]
    assert (4.0, None) == rows["rogerebert"]
    assert "certified-fresh" in [keyword["name"] for keyword in body["keywords"]]


async def test_absent_ratings_are_nulls(demo: Demo) -> None:
    body = await (await demo.get(f"/mdblist/imdb/show/tt0006886{KEY}")).json()

    assert {(None, None, None)} == {(row["value"], row["score"], row["votes"]) for row in body["ratings"]}
    assert 0 == body["score"]


async def test_answer_carries_the_quota(demo: Demo) -> None:
    first = await demo.get(f"/mdblist/imdb/movie/tt0017136{KEY}")
    second = await demo.get(f"/mdblist/imdb/movie/tt0017136{KEY}")

    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in (first, second)]
    assert 1 == left[0] - left[1]
    assert {"X-RateLimit-Limit", "X-RateLimit-Reset"} <= set(first.headers)


async def test_missing_key_is_refused_in_mdblists_words(demo: Demo) -> None:
    answer = await demo.get("/mdblist/imdb/movie/tt0017136")

    assert (HTTPStatus.UNAUTHORIZED, {"error": "Invalid API key!"}) == (answer.status, await answer.json())


async def test_unknown_title_is_404(demo: Demo) -> None:
    answer = await demo.get(f"/mdblist/imdb/movie/tt9999999{KEY}")

    assert HTTPStatus.NOT_FOUND == answer.status


async def test_batch_leaves_out_what_it_does_not_know(demo: Demo) -> None:
    answer = await demo.post(f"/mdblist/tmdb/movie/{KEY}", json={"ids": [19, 424242, 653]})

    assert {19, 653} == {row["ids"]["tmdb"] for row in await answer.json()}


async def test_batch_with_a_malformed_id_or_too_many_is_400(demo: Demo) -> None:
    bodies: tuple[dict[str, object], ...] = ({"ids": ["tt0017136", "x"]}, {"ids": ["tt1"] * 201}, {"no": "ids"})

    answers = [await demo.post(f"/mdblist/imdb/movie/{KEY}", json=body) for body in bodies]

    assert [HTTPStatus.BAD_REQUEST] * 3 == [answer.status for answer in answers]
