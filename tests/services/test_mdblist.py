"""MDBList's JSON is parsed into the right ratings."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.client.http import Http
from services.mdblist.client import MdblistSource
from services.mdblist.reader import read_mdblist_ratings
from shared.config.environment import Secret
from shared.domain.errors import SourceInvalidResponse, SourceRefused
from shared.domain.ids import Episode, ExternalId, IdType, MediaId, TitleKind
from shared.domain.ratings import Rating, RatingSite
from tests.services.contract import FILM, KEY, FaultContract, RatingSourceContract
from tests.services.upstream import Reply, Upstream, replies

BODY: dict[str, Any] = {
    "title": "A Long Walk",
    "type": "movie",
    "score": 91,
    "ids": {"imdb": "tt0111161", "tmdb": 278, "tvdb": 190, "trakt": 234},
    "ratings": [
        {"source": "imdb", "value": 9.3, "score": 93, "votes": 2900000, "url": 1},
        {"source": "metacritic", "value": 82, "score": 82, "votes": 22, "url": None},
        {"source": "metacriticuser", "value": 9.2, "score": 92, "votes": 610},
        {"source": "trakt", "value": 91, "score": 91, "votes": 60000},
        {"source": "tomatoes", "value": 89, "score": 89, "votes": 140, "fresh": 1},
        {"source": "popcorn", "value": 98, "score": 98, "votes": 250000},
        {"source": "tmdb", "value": 87, "score": 87, "votes": 29000},
        {"source": "letterboxd", "value": 4.6, "score": 92, "votes": 900000},
        {"source": "rogerebert", "value": 3.5, "score": None, "votes": None},
        {"source": "myanimelist", "value": None, "score": None, "votes": None},
    ],
}


@pytest.fixture
def source(http: Http, upstream: Upstream) -> MdblistSource:
    return MdblistSource(http, (Secret(KEY),), api_url=upstream.url, ratings_ttl_s=lambda _: 3600.0)


class TestRatings(RatingSourceContract):
    source_name = "mdblist"
    refusal = replies({"error": "Invalid API key!"}, 403)
    good = replies(BODY)
    no_such = replies({"error": "Movie not found"}, 404)

    @pytest.fixture
    def send(self, source: MdblistSource) -> Callable[[], Awaitable[Any]]:
        return lambda: source.ratings(FILM)


class TestFilmNames(FaultContract):
    source_name = "mdblist"
    refusal = replies({"error": "Invalid API key!"}, 403)
    good = replies(BODY)

    @pytest.fixture
    def send(self, source: MdblistSource) -> Callable[[], Awaitable[Any]]:
        return lambda: source.by_tvdb_film(190)


async def test_every_site_is_read(source: MdblistSource, upstream: Upstream) -> None:
    upstream.plan("/tmdb/movie/278", replies(BODY))

    response = await source.ratings(FILM)

    assert response
    assert {
        RatingSite.IMDB: Rating(9.3, 2900000),
        RatingSite.MC: Rating(82, 22),
        RatingSite.MCU: Rating(9.2, 610),
        RatingSite.TRAKT: Rating(91, 60000),
        RatingSite.RT: Rating(89, 140),
        RatingSite.RTA: Rating(98, 250000),
        RatingSite.TMDB: Rating(87, 29000),
        RatingSite.LB: Rating(4.6, 900000),
        RatingSite.EBERT: Rating(3.5),
        RatingSite.MDBLIST: Rating(91),
    } == response.ratings
    assert (ExternalId(IdType.IMDB, 111161), ExternalId(IdType.TVDB, 190, TitleKind.MOVIE)) == response.refs


async def test_a_series_is_requested_as_a_show(source: MdblistSource, upstream: Upstream) -> None:
    upstream.plan("*", replies({"title": "Chemistry", "ids": {"tmdb": 1396, "tvdb": 81189}}))
    title = FILM.__class__(media=MediaId(TitleKind.SERIES, 1396))

    response = await source.ratings(title)

    assert response
    assert ["/tmdb/show/1396"] == upstream.paths
    assert (ExternalId(IdType.TVDB, 81189, TitleKind.SERIES), ExternalId(IdType.TVDB, 81189)) == response.refs


async def test_an_episode_is_not_requested(source: MdblistSource, upstream: Upstream) -> None:
    title = FILM.__class__(media=MediaId(TitleKind.SERIES, 1396, Episode(1, 1)))

    assert (None, []) == (await source.ratings(title), upstream.received)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"source": "letterboxd", "value": 8, "score": 80}, {RatingSite.LB: Rating(4.0)}),
        ({"source": "letterboxd", "value": 2.7, "score": 54}, {RatingSite.LB: Rating(2.7)}),
        ({"source": "letterboxd", "value": 8, "score": None}, {}),
        ({"source": "letterboxd", "value": None, "score": 84}, {RatingSite.LB: Rating(4.2)}),
        ({"source": "tmdb", "value": 6.3, "score": 63}, {RatingSite.TMDB: Rating(63.0)}),
        ({"source": "imdb", "value": 0, "score": None}, {}),
        ({"source": "imdb", "value": 11, "score": None}, {}),
        ({"source": "imdb", "value": -1, "score": -10}, {}),
        ({"source": "imdb", "value": "9.3", "score": None}, {RatingSite.IMDB: Rating(9.3)}),
        ({"source": "imdb", "value": True}, {}),
        ({"source": "imdb", "value": 9.3, "votes": -4}, {RatingSite.IMDB: Rating(9.3)}),
        ({"source": "audience", "value": 71}, {RatingSite.RTA: Rating(71)}),
        ({"source": "tomatoesaudience", "value": 71}, {RatingSite.RTA: Rating(71)}),
        ({"source": "mal", "value": 8.52}, {RatingSite.MAL: Rating(8.52)}),
        ({"source": "tvmaze", "value": 8.8, "score": 88}, {}),
        ({"source": None, "value": 8.8}, {}),
        ({}, {}),
    ],
)
def test_a_value_is_on_its_sites_scale_or_skipped(row: dict[str, Any], expected: dict[RatingSite, Rating]) -> None:
    body = {"ratings": [None, 5, row]}

    assert expected == read_mdblist_ratings(FILM.media, body).ratings


@pytest.mark.parametrize("score", [0, None, -5, 101, "0", "N/A"])
def test_an_empty_score_is_skipped(score: object) -> None:
    assert {} == read_mdblist_ratings(FILM.media, {"score": score}).ratings


def test_the_first_of_two_ratings_of_a_site_wins() -> None:
    rows = [
        {"source": "popcorn", "value": None},
        {"source": "popcorn", "value": 98},
        {"source": "audience", "value": 4},
    ]

    assert {RatingSite.RTA: Rating(98)} == read_mdblist_ratings(FILM.media, {"ratings": rows}).ratings


def test_the_ids_of_another_title_are_ignored() -> None:
    body = {"ids": {"tmdb": 279, "imdb": "tt0111161"}, "ratings": []}

    assert () == read_mdblist_ratings(FILM.media, body).refs


def test_the_old_hosts_flat_ids_are_read() -> None:
    body = {"imdbid": "tt0111161", "tmdbid": 278, "ratings": []}

    assert (ExternalId(IdType.IMDB, 111161),) == read_mdblist_ratings(FILM.media, body).refs


@pytest.mark.parametrize(
    "reply",
    [
        replies({"error": "API rate limit exceeded!"}),
        replies({"error": "Daily API limit exceeded!"}),
        replies({"response": False, "error": "API Limit Reached!"}),
        replies({"error": "Invalid API key!"}),
        replies({"error": "Daily API limit exceeded!"}, 400),
    ],
)
async def test_a_refusal_with_status_200_is_a_refusal(source: MdblistSource, upstream: Upstream, reply: Reply) -> None:
    upstream.plan("*", reply)

    with pytest.raises(SourceRefused):
        await source.ratings(FILM)

    assert 1 == len(upstream.received)


async def test_a_refusal_says_when_to_retry(source: MdblistSource, upstream: Upstream) -> None:
    upstream.plan("*", replies({"error": "API rate limit exceeded!"}, Retry_After="120"))

    with pytest.raises(SourceRefused) as caught:
        await source.ratings(FILM)

    assert 120.0 == caught.value.retry_after_s


async def test_not_found_with_status_200_is_none(source: MdblistSource, upstream: Upstream) -> None:
    upstream.plan("*", replies({"response": False, "error": "Movie not found!"}))

    assert None is await source.ratings(FILM)


async def test_an_unknown_complaint_is_an_invalid_response(source: MdblistSource, upstream: Upstream) -> None:
    upstream.plan("*", replies({"response": False, "error": "Oops"}))

    with pytest.raises(SourceInvalidResponse):
        await source.ratings(FILM)


async def test_a_title_without_ratings_is_found(source: MdblistSource, upstream: Upstream) -> None:
    upstream.plan("*", replies({"title": "New", "type": "movie"}))

    response = await source.ratings(FILM)

    assert response
    assert {} == response.ratings


async def test_ratings_are_cached_for_the_callers_ttl(http: Http, upstream: Upstream) -> None:
    source = MdblistSource(http, (Secret(KEY),), api_url=upstream.url, ratings_ttl_s=lambda _: 0.0)
    upstream.plan("*", replies(BODY))

    await source.ratings(FILM)
    await source.ratings(FILM)

    assert 2 == len(upstream.received)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (replies(BODY), MediaId(TitleKind.MOVIE, 278)),
        (replies(BODY | {"type": "show"}), None),
        (replies(BODY | {"ids": {"tvdb": 190}}), None),
        (replies({"error": "not found"}, 404), None),
    ],
)
async def test_a_film_is_found_by_its_tvdb_number(
    source: MdblistSource, upstream: Upstream, reply: Reply, expected: MediaId | None
) -> None:
    upstream.plan("/tvdb/movie/190", reply)

    assert expected == await source.by_tvdb_film(190)
