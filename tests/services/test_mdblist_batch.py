"""Background requests for ratings are batched, with the same results as single requests."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from services.client.http import Http
from services.client.priority import background_priority
from services.mdblist.client import MdblistSource
from services.titles import SourceRatings, Title
from shared.config.environment import Secret
from shared.domain.errors import SourceInvalidResponse, SourceRefused
from shared.domain.ids import MediaId, TitleKind
from shared.domain.ratings import Rating, RatingSite
from tests.recorded_inputs import FIXTURES, needs
from tests.services.contract import FILM, KEY, FaultContract
from tests.services.upstream import Reply, Upstream, replies

BATCH = 10
FILMS = [MediaId(TitleKind.MOVIE, number) for number in range(278, 278 + BATCH)]
RECORDINGS = FIXTURES / "mdblist"


def row(number: int) -> dict[str, Any]:
    return {"title": "A", "ids": {"tmdb": number}, "ratings": [{"source": "imdb", "value": number / 100}]}


def rated(number: int) -> SourceRatings:
    return SourceRatings({RatingSite.IMDB: Rating(number / 100)})


def single(number: int) -> Reply:
    return replies(row(number))


class RecordingUpstream(Upstream):
    """Records the request bodies too."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[tuple[str, Any]] = []

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        self.bodies.append((request.method, json.loads(body) if body else None))
        return await super()._handle(request)


@pytest.fixture
async def upstream() -> AsyncIterator[RecordingUpstream]:
    async with RecordingUpstream() as server:
        yield server


@pytest.fixture
def source(http: Http, upstream: Upstream) -> MdblistSource:
    return MdblistSource(http, (Secret(KEY),), api_url=upstream.url, ratings_ttl_s=lambda _: 3600.0)


async def refresh(source: MdblistSource, *medias: MediaId) -> list[SourceRatings | None]:
    with background_priority():
        return await asyncio.gather(*(source.ratings(Title(media=media)) for media in medias))


class TestBatch(FaultContract):
    source_name = "mdblist"
    refusal = replies({"error": "Invalid API key!"}, 403)
    good = replies([row(media.number) for media in reversed(FILMS)])

    @pytest.fixture
    def send(self, source: MdblistSource) -> Callable[[], Awaitable[Any]]:
        return lambda: refresh(source, *FILMS)


async def test_ten_titles_are_one_call_in_any_order_of_the_response(
    source: MdblistSource, upstream: RecordingUpstream
) -> None:
    upstream.plan("/tmdb/movie", TestBatch.good)

    responses = await refresh(source, *FILMS)

    assert [rated(media.number) for media in FILMS] == responses
    assert [("POST", {"ids": [media.number for media in FILMS]})] == upstream.bodies
    assert {"apikey": KEY} == upstream.received[0].query


async def test_a_partial_batch_is_sent_after_a_moment_and_films_do_not_wait_for_series(
    source: MdblistSource, upstream: RecordingUpstream
) -> None:
    upstream.plan("/tmdb/movie", replies([row(1), row(2)]))
    upstream.plan("/tmdb/show", replies([row(3), row(1)]))
    series = [MediaId(TitleKind.SERIES, number) for number in (1, 3)]

    responses = await refresh(source, MediaId(TitleKind.MOVIE, 1), series[0], MediaId(TitleKind.MOVIE, 2), series[1])

    assert [rated(1), rated(1), rated(2), rated(3)] == responses
    assert ["/tmdb/movie", "/tmdb/show"] == sorted(upstream.paths)


async def test_eleven_titles_are_a_batch_and_a_single_request(
    source: MdblistSource, upstream: RecordingUpstream
) -> None:
    upstream.plan("/tmdb/movie", TestBatch.good)
    upstream.plan("/tmdb/movie/1", single(1))

    responses = await refresh(source, *FILMS, MediaId(TitleKind.MOVIE, 1))

    assert rated(1) == responses[-1]
    assert ["/tmdb/movie", "/tmdb/movie/1"] == sorted(upstream.paths)


async def test_an_urgent_request_is_sent_alone_and_at_once(source: MdblistSource, upstream: RecordingUpstream) -> None:
    upstream.plan("/tmdb/movie/278", single(278))

    response = await source.ratings(FILM)

    assert (rated(278), [("GET", None)]) == (response, upstream.bodies)


async def test_a_title_missing_from_the_response_is_cached_as_no_such_title(
    source: MdblistSource, upstream: RecordingUpstream
) -> None:
    upstream.plan("/tmdb/movie", replies([row(media.number) for media in FILMS[1:]]))

    first = await refresh(source, *FILMS)
    again = await source.ratings(FILM)

    assert [None, None, 1] == [first[0], again, len(upstream.received)]


@pytest.mark.parametrize("nameless", [{"ids": {}, "score": 5}, {"ids": {"tmdb": "278"}}, {"error": "x"}])
async def test_a_row_without_an_id_makes_no_title_unknown(
    source: MdblistSource, upstream: RecordingUpstream, nameless: dict[str, Any]
) -> None:
    upstream.plan("/tmdb/movie", replies([nameless, row(999), *(row(media.number) for media in FILMS[1:])]))
    upstream.plan("/tmdb/movie/278", single(278))

    responses = await refresh(source, *FILMS)

    assert [rated(media.number) for media in FILMS] == responses
    assert ["/tmdb/movie", "/tmdb/movie/278"] == upstream.paths


async def test_the_first_of_two_rows_of_a_title_wins(source: MdblistSource, upstream: RecordingUpstream) -> None:
    upstream.plan("/tmdb/movie", replies([row(1), row(2), row(1) | {"ratings": []}]))

    responses = await refresh(source, MediaId(TitleKind.MOVIE, 1), MediaId(TitleKind.MOVIE, 2))

    assert [rated(1), rated(2)] == responses


@pytest.mark.parametrize(
    "reply",
    [
        replies({"error": "too many ids"}, 400),
        replies({"error": "Invalid ids!"}, 400),
        replies({"error": "Not found!"}, 404),
        Reply(405, b"<html>no</html>"),
        replies([]),
        replies([row(999)]),
    ],
)
async def test_titles_of_a_rejected_batch_are_requested_one_by_one(
    source: MdblistSource, upstream: RecordingUpstream, reply: Reply
) -> None:
    upstream.plan("/tmdb/movie", reply)
    for media in FILMS:
        upstream.plan(f"/tmdb/movie/{media.number}", single(media.number))

    responses = await refresh(source, *FILMS)

    assert [rated(media.number) for media in FILMS] == responses
    assert 1 + BATCH == len(upstream.received)


@pytest.mark.parametrize("status", [200, 400])
async def test_a_used_up_quota_does_not_cause_ten_requests(
    source: MdblistSource, upstream: RecordingUpstream, status: int
) -> None:
    upstream.plan("*", replies({"error": "Daily API limit exceeded!"}, status))

    with pytest.raises(SourceRefused):
        await refresh(source, *FILMS)

    assert ["/tmdb/movie"] == upstream.paths


async def test_an_error_of_the_batch_reaches_all_callers_and_is_not_cached(
    source: MdblistSource, upstream: RecordingUpstream
) -> None:
    upstream.plan("/tmdb/movie", *[Reply(500)] * 3, TestBatch.good)
    with background_priority():
        failed = await asyncio.gather(*(source.ratings(Title(media=media)) for media in FILMS), return_exceptions=True)

    responses = await refresh(source, *FILMS)

    assert all(isinstance(error, Exception) for error in failed)
    assert [rated(media.number) for media in FILMS] == responses


async def test_titles_of_an_unreadable_batch_are_fetched_singly(
    source: MdblistSource, upstream: RecordingUpstream
) -> None:
    upstream.plan("/tmdb/movie", Reply(200, b'{"half'))
    upstream.plan("*", Reply(200, b"<html>"))
    for media in FILMS[1:]:
        upstream.plan(f"/tmdb/movie/{media.number}", single(media.number))

    with background_priority():
        asked = [source.ratings(Title(media=media)) for media in FILMS]
        unreadable, *responses = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(unreadable, SourceInvalidResponse)
    assert [rated(media.number) for media in FILMS[1:]] == responses


async def test_one_cancelled_caller_does_not_affect_the_others(
    source: MdblistSource, upstream: RecordingUpstream
) -> None:
    upstream.plan("/tmdb/movie", TestBatch.good)
    with background_priority():
        tasks = [asyncio.create_task(source.ratings(Title(media=media))) for media in FILMS]
    while not upstream.received:
        await asyncio.sleep(0)
        tasks[0].cancel()

    responses = await asyncio.gather(*tasks[1:])

    assert [rated(media.number) for media in FILMS[1:]] == responses


@needs(RECORDINGS)
async def test_the_recorded_batch_is_read(source: MdblistSource, upstream: RecordingUpstream) -> None:
    recording = json.loads((RECORDINGS / "batch" / "post_imdb_movie_batch.json").read_text())
    upstream.plan("/tmdb/movie", replies(recording["response"]["body"]))

    responses = await refresh(source, *(MediaId(TitleKind.MOVIE, number) for number in (1, 2, 3)))

    assert [{RatingSite.IMDB: Rating(1.1)}, None, {RatingSite.IMDB: Rating(3.3)}] == [
        response and response.ratings for response in responses
    ]


@needs(RECORDINGS)
async def test_the_recorded_rejection_of_a_batch_is_no_error(
    source: MdblistSource, upstream: RecordingUpstream
) -> None:
    recording = json.loads((RECORDINGS / "error" / "400_batch_too_many.json").read_text())["response"]
    upstream.plan("/tmdb/movie", replies(recording["body"], recording["status"]))
    upstream.plan("/tmdb/movie/1", single(1))
    upstream.plan("/tmdb/movie/2", single(2))

    responses = await refresh(source, MediaId(TitleKind.MOVIE, 1), MediaId(TitleKind.MOVIE, 2))

    assert [rated(1), rated(2)] == responses
