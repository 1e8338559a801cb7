"""A season has posters, dates and a rating of its own, and everything else from its series."""

from datetime import date
from typing import Any

import pytest

from services.artwork import Art
from services.client.http import Http
from services.tmdb.client import TmdbSource
from shared.config.environment import Secret
from shared.domain.errors import SourceError
from shared.domain.ids import Episode, ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Kind
from shared.domain.ratings import Rating, RatingSite
from tests.services.contract import KEY
from tests.services.test_tmdb import NO_SUCH, found
from tests.services.upstream import Upstream, replies

SERIES = MediaId(TitleKind.SERIES, 1396)
SECOND = MediaId(TitleKind.SERIES, 1396, season=2)
SERIES_BODY: dict[str, Any] = {
    "id": 1396,
    "name": "A Long Run",
    "original_language": "ta",
    "first_air_date": "2008-01-20",
    "last_air_date": "2013-09-29",
    "status": "Returning Series",
    "in_production": True,
    "vote_average": 8.9,
    "vote_count": 13000,
    "genres": [{"id": 18, "name": "Drama"}],
    "external_ids": {"imdb_id": "tt0903747", "tvdb_id": 81189},
    "images": {
        "posters": [{"file_path": "/series.jpg", "width": 2000, "height": 3000, "iso_639_1": "en"}],
        "backdrops": [{"file_path": "/wide.jpg", "width": 3840, "height": 2160, "iso_639_1": None}],
        "logos": [{"file_path": "/name.png", "width": 800, "height": 200, "iso_639_1": "en"}],
    },
}
SEASON_BODY: dict[str, Any] = {
    "_id": "52f",
    "id": 3573,
    "name": "Season 2",
    "overview": "",
    "air_date": "2009-03-08",
    "season_number": 2,
    "vote_average": 8.3,
    "poster_path": "/main2.jpg",
    "episodes": [
        {"id": 1, "episode_number": 1, "air_date": "2009-03-08", "season_number": 2, "show_id": 1396, "crew": []},
        {"id": 2, "episode_number": 2, "air_date": "2009-05-31", "season_number": 2, "show_id": 1396, "crew": []},
        {"id": 3, "episode_number": 3, "air_date": None, "season_number": 2, "show_id": 1396, "crew": []},
    ],
    "images": {"posters": [{"file_path": "/second.jpg", "width": 1000, "height": 1500, "iso_639_1": "xx"}]},
}


@pytest.fixture
def source(http: Http, upstream: Upstream) -> TmdbSource:
    return TmdbSource(http, (Secret(KEY),), api_url=f"{upstream.url}/3", image_url=f"{upstream.url}/t/p")


@pytest.fixture
def known(upstream: Upstream) -> Upstream:
    """Return TMDB with the series and its second season."""
    upstream.plan("/3/tv/1396", replies(SERIES_BODY))
    upstream.plan("/3/tv/1396/season/2", replies(SEASON_BODY))
    upstream.plan("/3/tv/1396/season/100", NO_SUCH)
    return upstream


@pytest.mark.usefixtures("known")
async def test_a_season_is_read_in_full(source: TmdbSource) -> None:
    series, season = await source.title(SERIES), await source.title(SECOND)

    assert series is not None
    assert season is not None
    assert (SECOND, "A Long Run: Season 2", series) == (season.media, season.name, season.series)
    assert (date(2009, 3, 8), date(2009, 5, 31), date(2009, 5, 31)) == (
        season.released,
        season.last_aired,
        season.film_date,
    )
    assert {RatingSite.TMDB: Rating(83.0)} == season.ratings
    assert (2, True, "ta", 18) == (season.art_season, season.is_running, season.original_lang, season.genre)
    assert {
        "season-1396-S2": IdType.TMDB,
        "season-tt0903747-S2": IdType.IMDB,
        "season-81189-S2": IdType.TVDB,
    } == {str(ref): ref.id_type for ref in season.refs}


@pytest.mark.usefixtures("known")
async def test_a_seasons_posters_come_before_its_series_which_has_the_other_kinds(source: TmdbSource) -> None:
    season = await source.title(SECOND)

    assert season is not None
    assert (
        Art("/second.jpg", 1000, 1500, None, season=2),
        Art("/main2.jpg", 0, 0, "en", season=2),
        Art("/series.jpg", 2000, 3000, "en"),
    ) == season.gallery[Kind.POSTER]
    assert ["/wide.jpg"] == [art.path for art in season.gallery[Kind.BACKDROP]]
    assert ["/name.png"] == [art.path for art in season.gallery[Kind.LOGO]]


async def test_a_series_and_its_seasons_share_what_is_known(source: TmdbSource, known: Upstream) -> None:
    for media in (SECOND, SERIES, SECOND):
        await source.title(media)

    assert ["/3/tv/1396", "/3/tv/1396/season/2"] == sorted(known.paths)
    queries = {received.query["append_to_response"] for received in known.received}
    assert {"external_ids,images", "images"} == queries


async def test_a_season_with_labels_has_its_series_showings(source: TmdbSource, known: Upstream) -> None:
    season = await source.title(SECOND, with_showings=True)

    assert season is not None
    assert season.showings is not None
    assert "Returning Series" == season.showings.status
    assert ["/3/tv/1396", "/3/tv/1396/season/2"] == sorted(known.paths)


async def test_an_unknown_season_has_its_series_pictures_and_is_asked_for_once(
    source: TmdbSource, known: Upstream
) -> None:
    unknown = MediaId(TitleKind.SERIES, 1396, season=100)

    season = await source.title(unknown)
    await source.title(unknown)

    assert season is not None
    assert (unknown, "A Long Run", None, None, {}) == (
        season.media,
        season.name,
        season.film_date,
        season.art_season,
        season.ratings,
    )
    assert ["/series.jpg"] == [art.path for art in season.gallery[Kind.POSTER]]
    assert ["/3/tv/1396", "/3/tv/1396/season/100"] == sorted(known.paths)


async def test_a_season_of_an_unknown_series_is_unknown(source: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("*", NO_SUCH)

    assert await source.title(SECOND) is None


async def test_a_season_that_fails_is_no_unknown_season(source: TmdbSource, known: Upstream) -> None:
    known.plan("/3/tv/1396/season/2", replies({}, 500))

    with pytest.raises(SourceError):
        await source.title(SECOND)


@pytest.mark.parametrize(
    ("changes", "film_date", "released"),
    [
        ({"episodes": []}, date(2009, 3, 8), date(2009, 3, 8)),
        ({"episodes": None, "air_date": None}, None, None),
        ({"air_date": None}, date(2009, 5, 31), date(2009, 3, 8)),
        ({"episodes": "none"}, date(2009, 3, 8), date(2009, 3, 8)),
        ({"episodes": [5, {"air_date": "soon"}, {"air_date": "2009-04-01"}]}, date(2009, 4, 1), date(2009, 3, 8)),
    ],
)
async def test_a_seasons_date_is_that_of_its_last_episode(
    source: TmdbSource, known: Upstream, changes: dict[str, Any], film_date: date | None, released: date | None
) -> None:
    known.plan("/3/tv/1396/season/2", replies(SEASON_BODY | changes))

    season = await source.title(SECOND)

    assert season is not None
    assert (film_date, released) == (season.film_date, season.released)


@pytest.mark.parametrize("average", [0, 0.0, None, "", -1, 11])
async def test_a_season_without_votes_has_no_rating_of_its_own(
    source: TmdbSource, known: Upstream, average: object
) -> None:
    known.plan("/3/tv/1396/season/2", replies(SEASON_BODY | {"vote_average": average}))

    season = await source.title(SECOND)

    assert season is not None
    assert {} == season.ratings


@pytest.mark.usefixtures("known")
async def test_the_season_of_specials_is_a_season(source: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("/3/tv/1396/season/0", replies(SEASON_BODY | {"season_number": 0, "name": "Specials"}))

    season = await source.title(MediaId(TitleKind.SERIES, 1396, season=0))

    assert season is not None
    assert ("A Long Run: Specials", 0) == (season.name, season.art_season)
    assert 0 == season.gallery[Kind.POSTER][0].season


ROW = {"id": 3573, "show_id": 1396, "season_number": 2, "name": "Season 2"}
OWN = TitleKind.SEASON


@pytest.mark.parametrize(
    ("ref", "lists", "expected"),
    [
        (ExternalId(IdType.TVDB, 7), {"tv_season": [ROW]}, SECOND),
        (ExternalId(IdType.TVDB, 7), {"tv_season": [ROW], "tv": [{"id": 2}]}, MediaId(TitleKind.SERIES, 2)),
        (ExternalId(IdType.TVDB, 7), {"tv_season": [ROW], "movie": [{"id": 3}]}, MediaId(TitleKind.MOVIE, 3)),
        (ExternalId(IdType.TVDB, 7, TitleKind.SERIES), {"tv_season": [ROW]}, SERIES),
        (ExternalId(IdType.TVDB, 7, TitleKind.MOVIE), {"tv_season": [ROW]}, None),
        (ExternalId(IdType.TVDB, 7, episode=Episode(1, 1)), {"tv_season": [ROW]}, SERIES),
        (ExternalId(IdType.TVDB, 7, OWN), {"tv_season": [ROW], "tv": [{"id": 2}]}, SECOND),
        (ExternalId(IdType.TVDB, 7, OWN), {"tv": [{"id": 2}], "movie": [{"id": 3}]}, None),
        (ExternalId(IdType.TVDB, 7, OWN), {"tv_season": [{"show_id": 1396}]}, None),
        (ExternalId(IdType.TVDB, 7, OWN), {"tv_season": [ROW | {"season_number": 1.5}]}, None),
        (ExternalId(IdType.TVDB, 7, OWN), {"tv_season": [ROW | {"season_number": 99_999}]}, None),
        (ExternalId(IdType.IMDB, 903747, season=2), {"tv": [{"id": 1396}]}, SERIES),
        (ExternalId(IdType.TVDB, 81189, season=2), {"tv": [{"id": 1396}], "movie": [{"id": 3}]}, SERIES),
    ],
)
async def test_seasons_are_found_by_their_series_and_by_tvdbs_own_number(
    source: TmdbSource, upstream: Upstream, ref: ExternalId, lists: dict[str, list[Any]], expected: MediaId | None
) -> None:
    upstream.plan("*", found(**lists))

    assert expected == await source.find(ref)


async def test_a_season_by_tmdbs_number_of_its_series_costs_no_call(source: TmdbSource, upstream: Upstream) -> None:
    assert SERIES == await source.find(ExternalId(IdType.TMDB, 1396, season=2))
    assert [] == upstream.paths
