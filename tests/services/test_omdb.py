"""Does OMDb's text become the right ratings?"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.kit.http import Http
from services.omdb import OmdbSource, read_ratings
from shared.config import Secret
from shared.errors import SourceGarbled, SourceRefused
from shared.ids import IdType, TitleRef
from shared.ratings import Rating, RatingSite
from tests.services.contract import FILM, KEY, RatingSourceContract
from tests.services.upstream import Reply, Upstream, replies

BODY: dict[str, Any] = {
    "Title": "A Long Walk",
    "Ratings": [
        {"Source": "Internet Movie Database", "Value": "9.3/10"},
        {"Source": "Rotten Tomatoes", "Value": "89%"},
        {"Source": "Metacritic", "Value": "82/100"},
    ],
    "Metascore": "82",
    "imdbRating": "9.3",
    "imdbVotes": "2,900,000",
    "imdbID": "tt0111161",
    "Response": "True",
}


@pytest.fixture
def source(http: Http, upstream: Upstream) -> OmdbSource:
    return OmdbSource(http, Secret(KEY), api_url=upstream.url, ratings_lifetime_s=lambda _: 3600.0)


class TestRatings(RatingSourceContract):
    source_name = "omdb"
    good = replies(BODY)
    no_such = replies({"Response": "False", "Error": "Error getting data."})

    @pytest.fixture
    def ask(self, source: OmdbSource) -> Callable[[], Awaitable[Any]]:
        return lambda: source.ratings(FILM)


async def test_three_sites_are_read(source: OmdbSource, upstream: Upstream) -> None:
    upstream.plan("/", replies(BODY))

    answer = await source.ratings(FILM)

    assert answer
    assert {
        RatingSite.IMDB: Rating(9.3, 2900000),
        RatingSite.RT: Rating(89.0),
        RatingSite.MC: Rating(82.0),
    } == answer.ratings
    assert (TitleRef(IdType.IMDB, 111161),) == answer.refs
    assert "tt0111161" == upstream.asked[0].query["i"]


async def test_a_title_without_imdb_id_is_not_asked_for(source: OmdbSource, upstream: Upstream) -> None:
    title = FILM.__class__(media=FILM.media)

    assert (None, []) == (await source.ratings(title), upstream.asked)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"imdbRating": "8.1", "imdbVotes": "1,024"}, {RatingSite.IMDB: Rating(8.1, 1024)}),
        ({"imdbRating": "N/A", "imdbVotes": "N/A", "Metascore": "N/A"}, {}),
        ({"Metascore": "73"}, {RatingSite.MC: Rating(73.0)}),
        ({"imdbRating": "81"}, {}),
        ({"imdbRating": "0.0"}, {}),
        ({"imdbRating": 8.1}, {}),
        ({"Ratings": [{"Source": "Letterboxd", "Value": "4/5"}, {"Source": "Metacritic"}, None, 5]}, {}),
        ({"Ratings": "N/A"}, {}),
        ({"imdbRating": "8.1", "imdbVotes": "many"}, {RatingSite.IMDB: Rating(8.1)}),
    ],
)
def test_what_is_missing_is_absent(body: dict[str, Any], expected: dict[RatingSite, Rating]) -> None:
    assert expected == read_ratings(body).ratings


@pytest.mark.parametrize("complaint", ["Movie not found!", "Incorrect IMDb ID.", "Series or season not found!"])
async def test_no_such_title_is_a_fact(source: OmdbSource, upstream: Upstream, complaint: str) -> None:
    upstream.plan("*", replies({"Response": "False", "Error": complaint}))

    assert None is await source.ratings(FILM)


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize("complaint", ["Request limit reached!", "Invalid API key!", "No API key provided."])
async def test_a_refusal_is_a_refusal_whatever_its_status(
    source: OmdbSource, upstream: Upstream, status: int, complaint: str
) -> None:
    upstream.plan("*", replies({"Response": "False", "Error": complaint}, status))

    with pytest.raises(SourceRefused):
        await source.ratings(FILM)


@pytest.mark.parametrize(
    "body",
    [
        b'{"Response":"True","Director":"Ann Lee \\","Writer":"x","imdbRating":"7.5"}',
        b'{"Response":"True","Writer":"Ann Lee \\, Bo Park","imdbRating":"7.5"}',
        b'{"Response":"True","Plot":"a\tb","imdbRating":"7.5"}',
        b'{"Response":"True","Plot":"a \\"quoted\\" \\\\ word \\u00e9","imdbRating":"7.5"}',
        b'\xef\xbb\xbf{"Response":"True","imdbRating":"7.5"}',
        b'{"Response":"True","Plot":"caf\xe9","imdbRating":"7.5"}',
    ],
)
async def test_json_that_is_nearly_right_is_mended(source: OmdbSource, upstream: Upstream, body: bytes) -> None:
    upstream.plan("*", Reply(200, body))

    answer = await source.ratings(FILM)

    assert answer
    assert {RatingSite.IMDB: Rating(7.5)} == answer.ratings


async def test_json_that_is_cut_off_is_garbled(source: OmdbSource, upstream: Upstream) -> None:
    upstream.plan("*", Reply(200, b'{"Response":"True","imdbRating":"7.5","Plot":"cut o'))

    with pytest.raises(SourceGarbled):
        await source.ratings(FILM)
