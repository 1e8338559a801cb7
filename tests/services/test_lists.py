"""The sources' lists are parsed into titles."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.client.http import Http
from services.mdblist.client import MdblistSource
from services.tmdb.client import TmdbSource
from services.trakt import TraktSource
from shared.config.environment import Secret
from shared.domain.errors import BadRequest, SourceInvalidResponse, SourceRefused
from shared.domain.ids import ExternalId, IdType, TitleKind
from tests.recorded_inputs import FIXTURES, recorded
from tests.services.contract import KEY
from tests.services.upstream import Reply, Upstream, replies


def film(number: int) -> ExternalId:
    return ExternalId(IdType.TMDB, number, TitleKind.MOVIE)


def series(number: int) -> ExternalId:
    return ExternalId(IdType.TMDB, number, TitleKind.SERIES)


def page(*ids: int, pages: int = 1, word: str | None = "movie") -> dict[str, Any]:
    kind = {} if word is None else {"media_type": word}
    return {"page": 1, "results": [{"id": one, **kind} for one in ids], "total_pages": pages}


@pytest.fixture
def tmdb(http: Http, upstream: Upstream) -> TmdbSource:
    return TmdbSource(http, (Secret(KEY),), api_url=upstream.url, image_url=upstream.url)


@pytest.fixture
def mdblist(http: Http, upstream: Upstream) -> MdblistSource:
    return MdblistSource(http, (Secret(KEY),), api_url=upstream.url, ratings_ttl_s=lambda _: 3600.0)


@pytest.fixture
def trakt(http: Http, upstream: Upstream) -> TraktSource:
    return TraktSource(http, (Secret(KEY),), api_url=upstream.url)


Send = Callable[[], Awaitable[tuple[ExternalId, ...]]]


@pytest.fixture(params=["tmdb", "mdblist"])
def send(request: pytest.FixtureRequest, tmdb: TmdbSource, mdblist: MdblistSource) -> Send:
    if request.param == "tmdb":
        return lambda: tmdb.titles("trending/movie/day", 20)
    return lambda: mdblist.titles("user/list", 20)


@pytest.mark.parametrize("body", [b"", b"<html>", b"7", b"null", b"{}", b'{"id"', b"\xff\xfe", b'{"results": 7}'])
async def test_a_body_that_is_not_a_list_is_an_invalid_response(send: Send, upstream: Upstream, body: bytes) -> None:
    upstream.plan("*", Reply(200, body))

    with pytest.raises(SourceInvalidResponse):
        await send()


@pytest.mark.parametrize("status", [401, 403])
async def test_an_invalid_key_is_refused(send: Send, upstream: Upstream, status: int) -> None:
    upstream.plan("*", replies({"error": "Invalid API key!", "status_code": 7}, status))

    with pytest.raises(SourceRefused) as caught:
        await send()

    assert KEY not in str(caught.value)


async def test_a_private_list_does_not_mean_an_invalid_key(http: Http, upstream: Upstream) -> None:
    upstream.plan("*", replies({"error": "Private list"}, 403))
    source = MdblistSource(http, (Secret(KEY),), api_url=upstream.url, ratings_ttl_s=lambda _: 0.0)

    with pytest.raises(BadRequest):
        await source.titles("somebody/secret", 10)


async def test_a_transient_error_is_retried(send: Send, upstream: Upstream) -> None:
    upstream.plan("*", Reply(500), replies({"results": [], "movies": []}))

    assert () == await send()


async def test_trending_titles_are_paged_until_there_are_enough(tmdb: TmdbSource, upstream: Upstream) -> None:
    pages = [replies(page(1, 2, pages=9)), replies(page(2, 3, pages=9)), replies(page(4, pages=9))]
    upstream.plan("/trending/movie/week", *pages)

    found = await tmdb.titles("trending/movie/week", 3)

    assert (film(1), film(2), film(3)) == found
    assert ["1", "2"] == [received.query["page"] for received in upstream.received]


async def test_trending_titles_end_with_the_last_page(tmdb: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("*", replies(page(1, pages=2)), replies(page(2, pages=2)))

    assert (film(1), film(2)) == await tmdb.titles("trending/movie/day", 100)


async def test_trending_rows_that_are_not_titles_are_skipped(tmdb: TmdbSource, upstream: Upstream) -> None:
    body = page(1, word="tv")
    body["results"] += [{"id": 2, "media_type": "person"}, {"id": "3", "media_type": "movie"}, "x", {"id": 4}]
    upstream.plan("*", replies(body))

    assert (series(1),) == await tmdb.titles("trending/all/day", 100)


async def test_trending_rows_without_a_kind_have_the_lists_kind(tmdb: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("*", replies(page(1, word=None)))

    assert (series(1),) == await tmdb.titles("trending/tv/day", 100)


async def test_recorded_trending_films_are_read(tmdb: TmdbSource, upstream: Upstream) -> None:
    file = recorded(FIXTURES / "tmdb" / "trending" / "trending_movie_week.json")
    upstream.plan("*", replies(json.loads(file.read_text())["response"]["body"]))

    found = await tmdb.titles("trending/movie/week", 20)

    assert (film(969681), 20) == (found[0], len(found))


@pytest.mark.parametrize("name", ["", "trending/movie", "trending/film/day", "movie/278", "trending/movie/day/../x"])
async def test_an_unknown_tmdb_list_is_a_bad_request(tmdb: TmdbSource, upstream: Upstream, name: str) -> None:
    with pytest.raises(BadRequest):
        await tmdb.titles(name, 20)

    assert [] == upstream.received


async def test_a_list_is_requested_by_owner_and_name(mdblist: MdblistSource, upstream: Upstream) -> None:
    rows = [{"id": 278, "mediatype": "movie"}, {"ids": {"tmdb": 1396}, "mediatype": "show"}]
    upstream.plan("/lists/some-one/the-best/items", replies(rows, X_Has_More="false"))

    assert (film(278), series(1396)) == await mdblist.titles("some-one/the-best", 10)
    assert ("10", "0", "true") == tuple(upstream.received[0].query[name] for name in ("limit", "offset", "unified"))


async def test_the_next_page_starts_where_the_last_one_ended(mdblist: MdblistSource, upstream: Upstream) -> None:
    first = replies([{"id": 1, "mediatype": "movie"}, {"id": 2, "mediatype": "movie"}], X_Has_More="true")
    last = replies([{"id": 3, "mediatype": "movie"}], X_Has_More="false")
    upstream.plan("/lists/77/items", first, last)

    assert (film(1), film(2), film(3)) == await mdblist.titles("77", 10)
    assert ["0", "2"] == [received.query["offset"] for received in upstream.received]


async def test_a_list_without_an_end_marker_ends_with_an_empty_page(mdblist: MdblistSource, upstream: Upstream) -> None:
    upstream.plan("*", replies([{"id": 1, "mediatype": "movie"}]), replies([]))

    assert (film(1),) == await mdblist.titles("77", 10)


async def test_separate_films_and_series_are_one_list(mdblist: MdblistSource, upstream: Upstream) -> None:
    upstream.plan("*", replies({"movies": [{"id": 1}], "shows": [{"id": 2}]}, X_Has_More="false"))

    assert (film(1), series(2)) == await mdblist.titles("77", 10)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"mediatype": "show", "imdb_id": "tt0903747"}, (ExternalId(IdType.IMDB, 903747),)),
        ({"ids": {"imdb": "tt0903747", "tmdb": 5}}, (ExternalId(IdType.IMDB, 903747),)),
        ({"mediatype": "show", "tvdb_id": 81189}, (ExternalId(IdType.TVDB, 81189, TitleKind.SERIES),)),
        ({"mediatype": "person", "id": 5}, ()),
        ({"mediatype": "movie", "id": "5"}, ()),
    ],
)
async def test_a_row_is_read_by_its_best_id(
    mdblist: MdblistSource, upstream: Upstream, row: Any, expected: tuple[ExternalId, ...]
) -> None:
    upstream.plan("*", replies([row, "x", None], X_Has_More="false"))

    assert expected == await mdblist.titles("77", 10)


async def test_an_unknown_list_is_a_bad_request(mdblist: MdblistSource, upstream: Upstream) -> None:
    upstream.plan("*", replies({"error": "List not found"}, 404))

    with pytest.raises(BadRequest):
        await mdblist.titles("some/list", 10)


@pytest.mark.parametrize("name", ["", "x", "../user", "a/../b", "a/b/c", "a/b?c=d"])
async def test_an_invalid_list_name_is_not_requested(mdblist: MdblistSource, upstream: Upstream, name: str) -> None:
    with pytest.raises(BadRequest):
        await mdblist.titles(name, 10)

    assert [] == upstream.received


async def test_a_list_that_is_refused_is_refused(mdblist: MdblistSource, upstream: Upstream) -> None:
    upstream.plan("*", replies({"error": "API rate limit exceeded!"}))

    with pytest.raises(SourceRefused):
        await mdblist.titles("77", 10)


def listed(word: str, **ids: object) -> dict[str, Any]:
    return {"rank": 1, "type": word, word: {"title": "T", "ids": ids}}


TRAKT_ROWS = [
    listed("movie", tmdb=19, imdb="tt0017136"),
    listed("show", tmdb=None, imdb="tt0903747"),
    listed("show", tvdb=81189),
    listed("movie", slug="no-id"),
    {"type": "episode", "episode": {"ids": {"tmdb": 5}}, "show": {"ids": {"tmdb": 1396}}},
    {"type": "movie", "movie": 7},
]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("users/me/lists/silent-films", "/users/me/lists/silent-films/items"),
        ("users/me/watchlist", "/users/me/watchlist"),
        ("lists/12345", "/lists/12345/items"),
    ],
)
async def test_a_list_of_trakt_has_its_films_and_series(
    trakt: TraktSource, upstream: Upstream, name: str, path: str
) -> None:
    upstream.plan(path, replies(TRAKT_ROWS))

    titles = await trakt.titles(name, 20)

    assert (film(19), ExternalId(IdType.IMDB, 903747), ExternalId(IdType.TVDB, 81189, TitleKind.SERIES)) == titles
    (call,) = upstream.received
    assert ("2", KEY) == (call.headers["trakt-api-version"], call.headers["trakt-api-key"])
    assert {"page": "1", "limit": "20"} == call.query


async def test_a_list_of_trakt_is_paged_until_there_are_enough(trakt: TraktSource, upstream: Upstream) -> None:
    pages = [replies([listed("movie", tmdb=number)], X_Pagination_Page_Count="9") for number in (1, 2, 3)]
    upstream.plan("/users/me/lists/mine/items", *pages)

    assert (film(1), film(2)) == await trakt.titles("users/me/lists/mine", 2)


async def test_a_page_of_trakt_has_no_more_rows_than_trakt_returns(trakt: TraktSource, upstream: Upstream) -> None:
    upstream.plan("*", replies([listed("movie", tmdb=1)]))

    await trakt.titles("users/me/watchlist", 1_000)

    assert ["250"] == [received.query["limit"] for received in upstream.received]


@pytest.mark.parametrize("status", [401, 404])
async def test_a_list_of_trakt_that_is_private_or_missing_is_a_bad_request(
    trakt: TraktSource, upstream: Upstream, status: int
) -> None:
    upstream.plan("*", Reply(status))

    with pytest.raises(BadRequest):
        await trakt.titles("users/me/lists/mine", 2)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"7", b"[", b"null"])
async def test_a_page_of_trakt_that_is_no_list_is_an_invalid_response(
    trakt: TraktSource, upstream: Upstream, body: bytes
) -> None:
    upstream.plan("*", Reply(200, body))

    with pytest.raises(SourceInvalidResponse):
        await trakt.titles("users/me/watchlist", 2)


async def test_a_list_of_trakt_that_is_forbidden_in_json_is_a_bad_request(
    trakt: TraktSource, upstream: Upstream
) -> None:
    upstream.plan("*", replies({"error": "Forbidden"}, 403))

    with pytest.raises(BadRequest):
        await trakt.titles("users/me/lists/mine", 2)


@pytest.mark.parametrize("reply", [Reply(403), Reply(403, b"<html>"), replies({"error": "invalid_api_key"}, 403)])
async def test_a_client_id_that_trakt_refuses_is_an_error_of_the_source(
    trakt: TraktSource, upstream: Upstream, reply: Reply
) -> None:
    upstream.plan("*", reply)

    with pytest.raises(SourceInvalidResponse) as caught:
        await trakt.titles("users/me/watchlist", 2)

    assert KEY not in str(caught.value)


@pytest.mark.parametrize("name", ["", "users/me", "users/../watchlist", "users/me/lists/a b", "lists/x", "me/list"])
async def test_trakt_is_not_asked_for_what_is_no_list(trakt: TraktSource, upstream: Upstream, name: str) -> None:
    with pytest.raises(BadRequest):
        await trakt.titles(name, 2)

    assert [] == upstream.received
