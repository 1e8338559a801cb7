"""A collection has pictures of its own, and the mean rating of its released films."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.artwork import Art
from services.client.http import Http
from services.tmdb.client import TmdbSource
from shared.config.environment import Secret
from shared.domain.errors import SourceError
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Kind
from shared.domain.ratings import Rating, RatingSite
from tests.services.contract import KEY
from tests.services.test_tmdb import NO_SUCH
from tests.services.upstream import Upstream, replies

COLLECTION = MediaId(TitleKind.COLLECTION, 1241)


def film(number: int, day: str | None, average: float, votes: int = 100, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "title": f"Film {number}",
        "media_type": "movie",
        "original_language": "en",
        "popularity": float(number),
        "release_date": day,
        "vote_average": average,
        "vote_count": votes,
        "poster_path": f"/poster{number}.jpg",
        "backdrop_path": f"/wide{number}.jpg",
    } | more


FILMS = [film(1, "2001-11-16", 7.9), film(3, "2002-11-15", 7.0), film(2, "2026-12-25", 9.9)]
BODY: dict[str, Any] = {
    "id": 1241,
    "name": "A Collection",
    "original_language": "en",
    "overview": "",
    "poster_path": "/main.jpg",
    "backdrop_path": "/mainwide.jpg",
    "parts": FILMS,
}
IMAGES: dict[str, Any] = {
    "id": 1241,
    "backdrops": [{"file_path": "/wide.jpg", "width": 3840, "height": 2160, "iso_639_1": None}],
    "posters": [{"file_path": "/en.jpg", "width": 2000, "height": 3000, "iso_639_1": "en", "vote_average": 5.2}],
}
BARE = {"poster_path": None, "backdrop_path": None}
NO_IMAGES: dict[str, Any] = {"id": 1241, "backdrops": [], "posters": []}


@pytest.fixture
def source(http: Http, upstream: Upstream) -> TmdbSource:
    return TmdbSource(
        http,
        (Secret(KEY),),
        api_url=f"{upstream.url}/3",
        image_url=f"{upstream.url}/t/p",
        now=lambda: datetime(2026, 11, 30, 23, 59, tzinfo=UTC),
    )


def plan(upstream: Upstream, body: dict[str, Any] | None = None, images: dict[str, Any] | None = None) -> None:
    upstream.plan("/3/collection/1241", replies(BODY | (body or {})))
    upstream.plan("/3/collection/1241/images", replies(IMAGES if images is None else images))


async def test_a_collection_is_read_in_full(source: TmdbSource, upstream: Upstream) -> None:
    plan(upstream)

    collection = await source.title(COLLECTION)
    await source.title(COLLECTION, with_showings=True)

    assert collection is not None
    assert (COLLECTION, "A Collection", "en") == (collection.media, collection.name, collection.original_lang)
    assert (ExternalId(IdType.TMDB, 1241, TitleKind.COLLECTION),) == collection.refs
    assert {
        Kind.POSTER: (Art("/en.jpg", 2000, 3000, "en", None, 5.2), Art("/main.jpg", 0, 0, "en")),
        Kind.BACKDROP: (
            Art("/wide.jpg", 3840, 2160, None, kind=Kind.BACKDROP),
            Art("/mainwide.jpg", 0, 0, None, kind=Kind.BACKDROP),
        ),
    } == collection.gallery
    assert ["/3/collection/1241", "/3/collection/1241/images"] == sorted(upstream.paths)
    assert all("append_to_response" not in received.query for received in upstream.received)


async def test_the_rating_is_the_mean_of_the_released_films_and_the_date_the_newest_ones(
    source: TmdbSource, upstream: Upstream
) -> None:
    plan(upstream)

    collection = await source.title(COLLECTION)

    assert collection is not None
    assert {RatingSite.TMDB: Rating(74.5, 200), RatingSite.AVG: Rating(74.5, 200)} == collection.ratings
    assert date(2026, 12, 25) == collection.film_date


@pytest.mark.parametrize(
    ("films", "mean"),
    [
        ([film(1, "2001-11-16", 7.9), film(2, "2002-11-15", 0.0, 0)], 79.0),
        ([film(1, "2001-11-16", 7.9), film(2, None, 1.0), film(3, "", 1.0)], 79.0),
        ([film(1, "2026-11-30", 7.9), film(2, "2026-12-01", 1.0)], 79.0),
        ([film(1, "2001-11-16", 7.41), film(2, "2001-11-16", 7.42), film(3, "2001-11-16", 7.52)], 74.5),
        ([film(1, "2027-11-16", 7.9)], None),
        ([], None),
        ("films", None),
        ([5, None, film(1, "2001-11-16", 7.9)], 79.0),
    ],
)
async def test_a_film_without_votes_or_a_date_that_has_passed_does_not_count(
    source: TmdbSource, upstream: Upstream, films: Any, mean: float | None
) -> None:
    plan(upstream, {"parts": films})

    collection = await source.title(COLLECTION)

    assert collection is not None
    expected = {} if mean is None else {RatingSite.TMDB: mean, RatingSite.AVG: mean}
    assert expected == {site: rating.value for site, rating in collection.ratings.items()}


async def test_a_collection_without_pictures_has_those_of_its_most_popular_film(
    source: TmdbSource, upstream: Upstream
) -> None:
    films = [*FILMS, film(9, "2003-11-15", 7.0, poster_path=None, backdrop_path="../secret")]
    plan(upstream, BARE | {"parts": films}, NO_IMAGES)

    collection = await source.title(COLLECTION)

    assert collection is not None
    assert ["/poster3.jpg", "/poster2.jpg", "/poster1.jpg"] == [art.path for art in collection.gallery[Kind.POSTER]]
    assert ["/wide3.jpg", "/wide2.jpg", "/wide1.jpg"] == [art.path for art in collection.gallery[Kind.BACKDROP]]


async def test_a_collection_without_any_picture_has_an_empty_gallery(source: TmdbSource, upstream: Upstream) -> None:
    plan(upstream, BARE | {"parts": []}, NO_IMAGES)

    collection = await source.title(COLLECTION)

    assert collection is not None
    assert {} == collection.gallery


async def test_an_unknown_collection_is_a_fact(source: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("*", NO_SUCH)

    assert await source.title(COLLECTION) is None
    assert await source.title(COLLECTION) is None
    assert ["/3/collection/1241", "/3/collection/1241/images"] == sorted(upstream.paths)


@pytest.mark.parametrize("path", ["/3/collection/1241", "/3/collection/1241/images"])
async def test_a_failure_is_no_fact(source: TmdbSource, upstream: Upstream, path: str) -> None:
    plan(upstream)
    upstream.plan(path, replies({"success": False, "status_code": 11, "status_message": "-"}, 500))

    with pytest.raises(SourceError):
        await source.title(COLLECTION)


async def test_the_number_of_a_collection_costs_no_call(source: TmdbSource, upstream: Upstream) -> None:
    assert COLLECTION == await source.find(ExternalId(IdType.TMDB, 1241, TitleKind.COLLECTION))
    assert [] == upstream.paths
