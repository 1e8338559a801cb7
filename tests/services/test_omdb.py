"""OMDb's JSON is parsed into the right ratings and award."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.client.http import Http
from services.omdb import OmdbSource, read_award, read_omdb_ratings
from services.titles import Title
from shared.config.environment import Secret
from shared.domain.awards import Award
from shared.domain.errors import SourceInvalidResponse, SourceRefused
from shared.domain.ids import Episode, ExternalId, IdType, MediaId, TitleKind
from shared.domain.ratings import Rating, RatingSite
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
    "Awards": "Won 2 Oscars. 21 wins & 42 nominations total",
    "Response": "True",
}


@pytest.fixture
def source(http: Http, upstream: Upstream) -> OmdbSource:
    return OmdbSource(http, (Secret(KEY),), api_url=upstream.url, ratings_ttl_s=lambda _: 3600.0)


class TestRatings(RatingSourceContract):
    source_name = "omdb"
    refusal = replies({"Response": "False", "Error": "Invalid API key!"}, 401)
    good = replies(BODY)
    no_such = replies({"Response": "False", "Error": "Error getting data."})

    @pytest.fixture
    def send(self, source: OmdbSource) -> Callable[[], Awaitable[Any]]:
        return lambda: source.ratings(FILM)


async def test_three_sites_are_read(source: OmdbSource, upstream: Upstream) -> None:
    upstream.plan("/", replies(BODY))

    response = await source.ratings(FILM)

    assert response
    assert {
        RatingSite.IMDB: Rating(9.3, 2900000),
        RatingSite.RT: Rating(89.0),
        RatingSite.MC: Rating(82.0),
    } == response.ratings
    assert (ExternalId(IdType.IMDB, 111161),) == response.refs
    assert "tt0111161" == upstream.received[0].query["i"]


async def test_a_title_without_imdb_id_is_not_requested(source: OmdbSource, upstream: Upstream) -> None:
    title = Title(media=FILM.media)

    assert (None, []) == (await source.ratings(title), upstream.received)


async def test_ratings_and_award_cost_one_call(source: OmdbSource, upstream: Upstream) -> None:
    upstream.plan("/", replies(BODY))

    response = await source.ratings(FILM)

    assert response
    assert (Award.OSCAR, 1) == (response.award, len(upstream.received))


EPISODE = Title(
    media=MediaId(TitleKind.SERIES, 1396, Episode(1, 1)),
    refs=(ExternalId(IdType.TVDB, 349232, TitleKind.EPISODE), ExternalId(IdType.IMDB, 959621, TitleKind.EPISODE)),
)


async def test_an_episode_has_the_rating_of_its_own_id(source: OmdbSource, upstream: Upstream) -> None:
    upstream.plan("/", replies({"imdbRating": "9.0", "imdbID": "tt0959621", "Type": "episode", "Response": "True"}))

    response = await source.ratings(EPISODE)

    assert response
    assert {RatingSite.IMDB: Rating(9.0)} == response.ratings
    assert (ExternalId(IdType.IMDB, 959621, TitleKind.EPISODE),) == response.refs
    assert "tt0959621" == upstream.received[0].query["i"]


@pytest.mark.parametrize("refs", [(), (ExternalId(IdType.IMDB, 903747),), EPISODE.refs[:1]])
async def test_an_episode_without_its_own_imdb_id_is_not_requested(
    source: OmdbSource, upstream: Upstream, refs: tuple[ExternalId, ...]
) -> None:
    title = Title(media=EPISODE.media, refs=refs)

    assert (None, []) == (await source.ratings(title), upstream.received)


async def test_an_episode_has_no_award(source: OmdbSource, upstream: Upstream) -> None:
    upstream.plan("/", replies(BODY | {"imdbID": "tt0959621", "Awards": "Won 1 Primetime Emmy."}))

    response = await source.ratings(EPISODE)

    assert response
    assert None is response.award


MOVIE, SERIES = TitleKind.MOVIE, TitleKind.SERIES


@pytest.mark.parametrize(
    ("kind", "awards", "expected"),
    [
        (MOVIE, "Won 1 Oscar. Another 3 wins & 5 nominations.", Award.OSCAR),
        (MOVIE, "Won 11 Oscars. 126 wins & 83 nominations total", Award.OSCAR),
        (MOVIE, "Won 1 Oscar.", Award.OSCAR),
        (MOVIE, "Won 1 Oscar", Award.OSCAR),
        (MOVIE, "Won 1 Oscar13 wins & 9 nominations total", Award.OSCAR),
        (MOVIE, "Won 3 Oscars10 wins", Award.OSCAR),
        (MOVIE, "  won  2   OSCARS .", Award.OSCAR),
        (MOVIE, "Won\u00a010\u00a0Oscars.", Award.OSCAR),
        (MOVIE, "Won 0 Oscars. 2 wins", None),
        (MOVIE, "Won 00 Oscars", None),
        (MOVIE, "Won Oscar", None),
        (MOVIE, "Won 1 Oscarsson Prize", None),
        (MOVIE, "Nominated for 7 Oscars. 21 wins & 42 nominations total", None),
        (MOVIE, "Nominated for 1 Oscar. Won 3 others", None),
        (MOVIE, "Won 2 Primetime Emmys. 5 wins", None),
        (MOVIE, "Won 1 BAFTA Award13 wins & 9 nominations total", None),
        (MOVIE, "Won 3 BAFTA Film Awards. Another 12 wins.", None),
        (MOVIE, "Won 1 Golden Globe. Another 2 nominations.", None),
        (MOVIE, "3 wins & 11 nominations", None),
        (MOVIE, "1 win.", None),
        (MOVIE, "N/A", None),
        (MOVIE, "", None),
        (SERIES, "Won 1 Primetime Emmy. 4 wins & 9 nominations total", Award.EMMY),
        (SERIES, "Won 16 Primetime Emmys. 169 wins & 269 nominations total", Award.EMMY),
        (SERIES, "won 2 primetime  emmys9 wins", Award.EMMY),
        (SERIES, "Won 0 Primetime Emmys.", None),
        (SERIES, "Won 1 Daytime Emmy.", None),
        (SERIES, "Won 1 Oscar. 3 wins", None),
        (SERIES, "Nominated for 2 Primetime Emmys. 1 win", None),
        (SERIES, "Won 1 BAFTA Award2 wins", None),
        (TitleKind.EPISODE, "Won 1 Primetime Emmy. 1 win", None),
        (TitleKind.EPISODE, "Won 1 Oscar.", None),
    ],
)
def test_an_award_is_only_for_wins(kind: TitleKind, awards: str, expected: Award | None) -> None:
    assert expected is read_award(kind, awards)


@pytest.mark.parametrize("awards", ["won " + "0" * 1000, "won" + " " * 1000, "won 1 primetime" + " " * 1000])
def test_a_very_long_sentence_is_read_quickly(awards: str) -> None:
    assert None is read_award(SERIES, awards)


@pytest.mark.parametrize("awards", [None, 5, ["Won 1 Oscar."], {}])
async def test_awards_that_are_not_text_are_none(source: OmdbSource, upstream: Upstream, awards: object) -> None:
    upstream.plan("/", replies(BODY | {"Awards": awards}))

    response = await source.ratings(FILM)

    assert response
    assert None is response.award


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
def test_missing_values_are_skipped(body: dict[str, Any], expected: dict[RatingSite, Rating]) -> None:
    assert expected == read_omdb_ratings(TitleKind.MOVIE, body).ratings


@pytest.mark.parametrize("complaint", ["Movie not found!", "Incorrect IMDb ID.", "Series or season not found!"])
async def test_no_such_title_is_none(source: OmdbSource, upstream: Upstream, complaint: str) -> None:
    upstream.plan("*", replies({"Response": "False", "Error": complaint}))

    assert None is await source.ratings(FILM)


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize("complaint", ["Request limit reached!", "Invalid API key!", "No API key provided."])
async def test_a_refusal_is_recognised_with_any_status(
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
async def test_slightly_malformed_json_is_repaired(source: OmdbSource, upstream: Upstream, body: bytes) -> None:
    upstream.plan("*", Reply(200, body))

    response = await source.ratings(FILM)

    assert response
    assert {RatingSite.IMDB: Rating(7.5)} == response.ratings


async def test_truncated_json_is_an_invalid_response(source: OmdbSource, upstream: Upstream) -> None:
    upstream.plan("*", Reply(200, b'{"Response":"True","imdbRating":"7.5","Plot":"cut o'))

    with pytest.raises(SourceInvalidResponse):
        await source.ratings(FILM)
