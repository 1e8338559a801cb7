"""TMDB's JSON is parsed into the right titles, ids and pictures."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, ClassVar

import msgspec
import pytest

from services.artwork import Art
from services.client.http import Http
from services.titles import Title, TitleName
from services.tmdb.answer import answer_of
from services.tmdb.client import TmdbSource
from services.tmdb.reader import read_episode, read_title
from shared.config.environment import Secret
from shared.domain.errors import SourceInvalidResponse
from shared.domain.ids import Episode, ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Kind
from shared.domain.ratings import Rating, RatingSite
from tests.services.contract import FILM, KEY, POSTER, ArtSourceContract, FaultContract, TitleSourceContract
from tests.services.upstream import Reply, Upstream, replies

MOVIE, SERIES = TitleKind.MOVIE, TitleKind.SERIES
NO_SUCH = replies({"success": False, "status_code": 34, "status_message": "Not found."}, 404)
FILM_BODY: dict[str, Any] = {
    "id": 278,
    "imdb_id": "tt0111161",
    "title": "A Long Walk",
    "original_language": "en",
    "release_date": "1994-09-23",
    "vote_average": 8.716,
    "vote_count": 29100,
    "popularity": 33.5,
    "poster_path": "/main.jpg",
    "backdrop_path": None,
    "external_ids": {"imdb_id": "tt0111161", "wikidata_id": "Q1"},
    "images": {
        "posters": [
            {"file_path": "/en.jpg", "width": 2000, "height": 3000, "iso_639_1": "en", "vote_average": 5.4},
            {"file_path": "/br.jpg", "width": 1000, "height": 1500, "iso_639_1": "pt", "iso_3166_1": "BR"},
            {"file_path": "/plain.jpg", "width": 1000, "height": 1500, "iso_639_1": None, "vote_average": 5.1},
        ],
        "backdrops": [{"file_path": "/wide.jpg", "width": 3840, "height": 2160, "iso_639_1": None}],
        "logos": [{"file_path": "/name.svg", "width": 800, "height": 200, "iso_639_1": "en"}],
    },
}


def found(**lists: list[Any]) -> Reply:
    empty: dict[str, list[Any]] = {
        f"{name}_results": [] for name in ("movie", "person", "tv", "tv_episode", "tv_season")
    }
    return replies(empty | {f"{name}_results": rows for name, rows in lists.items()})


@pytest.fixture
def source(http: Http, upstream: Upstream) -> TmdbSource:
    return TmdbSource(http, (Secret(KEY),), api_url=f"{upstream.url}/3", image_url=f"{upstream.url}/t/p")


class TestTitles(TitleSourceContract):
    source_name = "tmdb"
    refusal = replies({"success": False, "status_code": 7, "status_message": "-"}, 401)
    good = replies(FILM_BODY)
    no_such = NO_SUCH

    @pytest.fixture
    def send(self, source: TmdbSource) -> Callable[[], Awaitable[Any]]:
        return lambda: source.title(FILM.media)


class TestFinding(FaultContract):
    source_name = "tmdb"
    refusal = replies({"success": False, "status_code": 7, "status_message": "-"}, 401)
    good = found(movie=[{"id": 278}])

    @pytest.fixture
    def send(self, source: TmdbSource) -> Callable[[], Awaitable[Any]]:
        return lambda: source.find(ExternalId(IdType.IMDB, 111161))


class TestPictures(ArtSourceContract):
    source_name = "tmdb_images"
    good: ClassVar[Reply] = Reply(200, b"\xff\xd8 a picture", {"Content-Type": "image/jpeg"})

    @pytest.fixture
    def send(self, source: TmdbSource) -> Callable[[], Awaitable[Any]]:
        return lambda: source.fetch(POSTER, 580)


async def test_a_title_is_read_in_full(source: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("/3/movie/278", replies(FILM_BODY))

    title = await source.title(FILM.media)

    expected = Title(
        media=FILM.media,
        refs=(
            ExternalId(IdType.TMDB, 278, MOVIE),
            ExternalId(IdType.TMDB, 278),
            ExternalId(IdType.IMDB, 111161),
        ),
        name="A Long Walk",
        film_date=date(1994, 9, 23),
        released=date(1994, 9, 23),
        original_lang="en",
        popularity=33.5,
        gallery={
            Kind.POSTER: (
                Art("/en.jpg", 2000, 3000, "en", None, 5.4),
                Art("/br.jpg", 1000, 1500, "pt", "BR", 0.0),
                Art("/plain.jpg", 1000, 1500, None, None, 5.1),
                Art("/main.jpg", 0, 0, "en"),
            ),
            Kind.BACKDROP: (Art("/wide.jpg", 3840, 2160, None, kind=Kind.BACKDROP),),
            Kind.LOGO: (Art("/name.svg", 800, 200, "en", kind=Kind.LOGO),),
        },
        ratings={RatingSite.TMDB: Rating(87.16, 29100)},
    )
    assert expected == title


async def test_an_imdb_id_costs_two_calls_and_a_tmdb_id_one(source: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("/3/find/tt0111161", found(movie=[{"id": 278}]))
    upstream.plan("/3/movie/278", replies(FILM_BODY))

    media = await source.find(ExternalId(IdType.IMDB, 111161))
    assert media
    await source.title(media)
    bare = await source.find(ExternalId(IdType.TMDB, 278))
    await source.title(FILM.media)

    assert FILM.media == bare
    assert ["/3/find/tt0111161", "/3/movie/278"] == upstream.paths


async def test_a_short_key_goes_in_the_query(source: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("*", replies(FILM_BODY))

    await source.title(FILM.media)

    received = upstream.received[0]
    assert (KEY, None) == (received.query.get("api_key"), received.headers.get("Authorization"))


async def test_a_token_goes_in_the_header(http: Http, upstream: Upstream) -> None:
    source = TmdbSource(http, (Secret("head.body.sign"),), api_url=upstream.url, image_url=upstream.url)
    upstream.plan("*", replies(FILM_BODY))

    await source.title(FILM.media)

    received = upstream.received[0]
    assert (None, "Bearer head.body.sign") == (received.query.get("api_key"), received.headers.get("Authorization"))


FILM_ROW, SERIES_ROW = {"id": 1, "popularity": 2.0}, {"id": 2, "popularity": 3.0}
EPISODE_ROW: dict[str, Any] = {"id": 3, "show_id": 30, "season_number": 2, "episode_number": 5}
SEASON_ROW = {"id": 4, "show_id": 40}
OWN = TitleKind.EPISODE


@pytest.mark.parametrize(
    ("ref", "lists", "expected"),
    [
        (ExternalId(IdType.IMDB, 7), {"movie": [FILM_ROW]}, MediaId(MOVIE, 1)),
        (ExternalId(IdType.IMDB, 7), {"movie": [FILM_ROW], "tv": [SERIES_ROW]}, MediaId(SERIES, 2)),
        (ExternalId(IdType.IMDB, 7), {"movie": [FILM_ROW], "tv": [{"id": 5}]}, MediaId(MOVIE, 1)),
        (ExternalId(IdType.IMDB, 7), {"tv_episode": [EPISODE_ROW]}, MediaId(SERIES, 30)),
        (ExternalId(IdType.IMDB, 7), {"movie": [FILM_ROW], "tv_episode": [EPISODE_ROW]}, MediaId(MOVIE, 1)),
        (
            ExternalId(IdType.IMDB, 7, episode=Episode(1, 1)),
            {"movie": [FILM_ROW], "tv": [SERIES_ROW]},
            MediaId(SERIES, 2),
        ),
        (ExternalId(IdType.IMDB, 7), {"person": [{"id": 9}]}, None),
        (ExternalId(IdType.IMDB, 7), {}, None),
        (ExternalId(IdType.IMDB, 7), {"movie": [{"id": None}, 5, "x", {"id": -1}, FILM_ROW]}, MediaId(MOVIE, 1)),
        (ExternalId(IdType.IMDB, 7), {"movie": 5, "tv": [SERIES_ROW]}, MediaId(SERIES, 2)),
        (
            ExternalId(IdType.TVDB, 7),
            {"movie": [FILM_ROW | {"popularity": 99}], "tv": [SERIES_ROW]},
            MediaId(SERIES, 2),
        ),
        (ExternalId(IdType.TVDB, 7), {"movie": [FILM_ROW], "tv_season": [SEASON_ROW]}, MediaId(MOVIE, 1)),
        (ExternalId(IdType.TVDB, 7), {"tv_season": [SEASON_ROW], "tv_episode": [EPISODE_ROW]}, MediaId(SERIES, 40)),
        (ExternalId(IdType.TVDB, 7), {"tv_episode": [EPISODE_ROW]}, MediaId(SERIES, 30)),
        (ExternalId(IdType.TVDB, 7, MOVIE), {"movie": [FILM_ROW], "tv": [SERIES_ROW]}, MediaId(MOVIE, 1)),
        (ExternalId(IdType.TVDB, 7, MOVIE), {"tv": [SERIES_ROW], "tv_episode": [EPISODE_ROW]}, None),
        (ExternalId(IdType.TVDB, 7, SERIES), {"movie": [FILM_ROW], "tv": [SERIES_ROW]}, MediaId(SERIES, 2)),
        (ExternalId(IdType.IMDB, 7, OWN), {"tv_episode": [EPISODE_ROW]}, MediaId(SERIES, 30, Episode(2, 5))),
        (
            ExternalId(IdType.TVDB, 7, OWN),
            {"tv": [SERIES_ROW], "tv_season": [SEASON_ROW], "tv_episode": [EPISODE_ROW]},
            MediaId(SERIES, 30, Episode(2, 5)),
        ),
        (
            ExternalId(IdType.TVDB, 7, OWN),
            {"tv_episode": [EPISODE_ROW | {"season_number": 0}]},
            MediaId(SERIES, 30, Episode(0, 5)),
        ),
        (ExternalId(IdType.TVDB, 7, OWN), {"movie": [FILM_ROW], "tv": [SERIES_ROW], "tv_season": [SEASON_ROW]}, None),
        (ExternalId(IdType.IMDB, 7, OWN), {}, None),
        *(
            (
                ExternalId(IdType.IMDB, 7, OWN),
                {"tv_episode": [EPISODE_ROW | bad, EPISODE_ROW]},
                MediaId(SERIES, 30, Episode(2, 5)),
            )
            for bad in (
                {"show_id": None},
                {"season_number": None},
                {"season_number": "2"},
                {"season_number": -1},
                {"season_number": 10_000},
                {"episode_number": 1.5},
                {"episode_number": 100_000},
            )
        ),
    ],
)
async def test_find_chooses_the_intended_title(
    source: TmdbSource, upstream: Upstream, ref: ExternalId, lists: dict[str, list[Any]], expected: MediaId | None
) -> None:
    upstream.plan("*", found(**lists))

    assert expected == await source.find(ref)


@pytest.mark.parametrize(
    ("ref", "path", "external"),
    [
        (ExternalId(IdType.IMDB, 111161), "/3/find/tt0111161", "imdb_id"),
        (ExternalId(IdType.TVDB, 81189), "/3/find/81189", "tvdb_id"),
        (ExternalId(IdType.TVDB, 81189, SERIES), "/3/find/81189", "tvdb_id"),
        (ExternalId(IdType.TVDB, 349232, OWN), "/3/find/349232", "tvdb_id"),
        (ExternalId(IdType.IMDB, 959621, OWN), "/3/find/tt0959621", "imdb_id"),
        (ExternalId(IdType.TVDB, 81189, episode=Episode(1, 2)), "/3/find/81189", "tvdb_id"),
    ],
)
async def test_find_requests_the_plain_number(
    source: TmdbSource, upstream: Upstream, ref: ExternalId, path: str, external: str
) -> None:
    upstream.plan("*", found())

    await source.find(ref)

    assert (path, external) == (upstream.received[0].path, upstream.received[0].query["external_source"])


async def test_a_find_response_without_lists_is_an_invalid_response(source: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("*", replies({"hello": ["unrelated JSON"]}))

    with pytest.raises(SourceInvalidResponse):
        await source.find(ExternalId(IdType.IMDB, 7))


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        (ExternalId(IdType.TMDB, 5, MOVIE), MediaId(MOVIE, 5)),
        (ExternalId(IdType.TMDB, 5, SERIES), MediaId(SERIES, 5)),
        (ExternalId(IdType.TMDB, 5, episode=Episode(1, 1)), MediaId(SERIES, 5)),
        (ExternalId(IdType.TMDB, 5, OWN), None),  # TMDB's own episode ids cannot be looked up
    ],
)
async def test_a_complete_id_needs_no_call(
    source: TmdbSource, upstream: Upstream, ref: ExternalId, expected: MediaId | None
) -> None:
    assert (expected, []) == (await source.find(ref), upstream.received)


async def test_a_number_without_a_kind_is_a_series_if_there_is_no_film(source: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("/3/tv/1396", replies({"id": 1396, "name": "Chemistry"}))

    assert MediaId(SERIES, 1396) == await source.find(ExternalId(IdType.TMDB, 1396))


async def test_an_unknown_number_is_none(source: TmdbSource) -> None:
    assert None is await source.find(ExternalId(IdType.TMDB, 1396))


async def test_the_gallery_comes_with_the_title(source: TmdbSource, upstream: Upstream) -> None:
    title = read_title(FILM.media, answer_of(FILM_BODY))

    assert (title.gallery, []) == (await source.gallery(title), upstream.received)


PILOT = MediaId(SERIES, 1396, Episode(1, 1))
PILOT_PATH = "/3/tv/1396/season/1/episode/1"
PILOT_BODY: dict[str, Any] = {
    "id": 62085,
    "name": "Pilot",
    "air_date": "2008-01-20",
    "season_number": 1,
    "episode_number": 1,
    "still_path": "/main.jpg",
    "vote_average": 8.2,
    "vote_count": 700,
    "external_ids": {"imdb_id": "tt0959621", "tvdb_id": 349232, "freebase_id": None},
    "images": {"stills": [{"file_path": "/s1.jpg", "width": 1920, "height": 1080, "iso_639_1": None}]},
}
SERIES_BODY: dict[str, Any] = {
    "id": 1396,
    "name": "Chemistry",
    "original_language": "en",
    "external_ids": {"tvdb_id": 81189},
    "images": {
        "posters": [{"file_path": "/p.jpg"}],
        "backdrops": [{"file_path": "/b.jpg"}],
        "logos": [{"file_path": "/l.png"}],
    },
}


def still(path: str, width: int = 0, height: int = 0) -> Art:
    return Art(path, width, height, None, kind=Kind.EPISODE)


async def test_an_episode_is_read_in_full_with_one_call(source: TmdbSource, upstream: Upstream) -> None:
    upstream.plan(PILOT_PATH, replies(PILOT_BODY))

    first, second = await source.title(PILOT), await source.title(PILOT)

    expected = Title(
        media=PILOT,
        refs=(
            ExternalId(IdType.IMDB, 959621, TitleKind.EPISODE),
            ExternalId(IdType.TVDB, 349232, TitleKind.EPISODE),
        ),
        name="Pilot",
        film_date=date(2008, 1, 20),
        released=date(2008, 1, 20),
        gallery={Kind.EPISODE: (still("/main.jpg"), still("/s1.jpg", 1920, 1080))},
        ratings={RatingSite.TMDB: Rating(82.0, 700)},
    )
    assert expected == first == second
    assert [(PILOT_PATH, "external_ids,images")] == [
        (received.path, received.query["append_to_response"]) for received in upstream.received
    ]


@pytest.mark.parametrize(
    ("main", "listed", "expected"),
    [
        ("/main.jpg", ["/a.jpg", "/b.jpg"], ["/main.jpg", "/a.jpg", "/b.jpg"]),
        ("/b.jpg", ["/a.jpg", "/b.jpg"], ["/a.jpg", "/b.jpg"]),
        ("/main.jpg", [], ["/main.jpg"]),
        (None, ["/a.jpg"], ["/a.jpg"]),
        ("//evil.example/x.jpg", ["/a.jpg"], ["/a.jpg"]),
    ],
)
def test_the_main_still_comes_first_if_the_list_lacks_it(
    main: str | None, listed: list[str], expected: list[str]
) -> None:
    body = {"still_path": main, "images": {"stills": [None, {}, *({"file_path": path} for path in listed)]}}

    title = read_episode(PILOT, answer_of(body))

    assert expected == [art.path for art in title.gallery[Kind.EPISODE]]


@pytest.mark.parametrize("external", [None, {}, [], {"imdb_id": None, "tvdb_id": None}, {"imdb_id": 5, "tvdb_id": "7"}])
def test_an_episode_without_its_own_ids_has_no_external_ids(external: object) -> None:
    assert () == read_episode(PILOT, answer_of(PILOT_BODY | {"external_ids": external})).refs


async def test_an_episode_without_a_still_gets_the_backdrops_and_posters_of_its_series(
    source: TmdbSource, upstream: Upstream
) -> None:
    upstream.plan(PILOT_PATH, replies(PILOT_BODY | {"still_path": None, "images": {"stills": []}}))
    upstream.plan("/3/tv/1396", replies(SERIES_BODY))

    first, second = await source.title(PILOT), await source.title(PILOT)

    assert first == second
    assert first
    assert (PILOT, "Pilot", "en") == (first.media, first.name, first.original_lang)
    named_by_series = [ref.alias for ref in first.refs if ref.episode]
    assert {"tmdb:episode-1396-S1E1", "imdb:episode-tt0903747-S1E1", "tvdb:episode-81189-S1E1"} >= set(named_by_series)
    assert "tmdb:episode-1396-S1E1" in named_by_series
    assert {Kind.BACKDROP: ["/b.jpg"], Kind.POSTER: ["/p.jpg"]} == {
        kind: [art.path for art in arts] for kind, arts in first.gallery.items()
    }
    assert [PILOT_PATH, "/3/tv/1396"] == upstream.paths


async def test_an_episode_without_pictures_is_found(source: TmdbSource, upstream: Upstream) -> None:
    upstream.plan(PILOT_PATH, replies({"id": 62085, "name": "Pilot"}))

    title = await source.title(PILOT)

    assert title
    assert ("Pilot", {}) == (title.name, title.gallery)


async def test_no_such_episode_is_cached(source: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("/3/tv/1396", replies(SERIES_BODY))
    upstream.plan(PILOT_PATH, NO_SUCH)

    assert [None, None] == [await source.title(PILOT), await source.title(PILOT)]

    assert [PILOT_PATH] == upstream.paths


async def test_a_special_is_requested_in_season_0(source: TmdbSource, upstream: Upstream) -> None:
    await source.title(MediaId(SERIES, 1396, Episode(0, 12)))

    assert ["/3/tv/1396/season/0/episode/12"] == upstream.paths


TRANSLATIONS = {
    "id": 19,
    "translations": [
        {"iso_3166_1": "DE", "iso_639_1": "de", "data": {"title": " Großstadt ", "overview": "x"}},
        {"iso_3166_1": "ES", "iso_639_1": "es", "data": {"name": "Metrópolis"}},
        {"iso_3166_1": "US", "iso_639_1": "en", "data": {"title": ""}},
        {"iso_3166_1": "x", "iso_639_1": "fr", "data": {"title": "Métropole"}},
        {"iso_3166_1": "XX", "iso_639_1": "xx", "data": {"title": "None"}},
        {"iso_639_1": 5, "data": {"title": "Number"}},
        {"iso_639_1": "it", "data": []},
        "no row",
    ],
}


async def test_the_names_of_a_title_are_asked_once(source: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("/3/movie/19/translations", replies(TRANSLATIONS))

    names = await source.names(MediaId.parse("movie-19"))

    assert (
        TitleName("Großstadt", "de", "DE"),
        TitleName("Metrópolis", "es", "ES"),
        TitleName("Métropole", "fr", None),
    ) == names
    assert names == await source.names(MediaId.parse("movie-19"))
    assert 1 == len(upstream.received)


async def test_a_picture_is_found_by_its_file_first_among_the_candidates_then_among_all(
    source: TmdbSource, upstream: Upstream
) -> None:
    rows = [{"file_path": f"/{nth}.jpg", "iso_639_1": "en", "width": 20, "height": 30} for nth in range(40)]
    upstream.plan("/3/movie/278/images", replies({"id": 278, "posters": rows, "logos": [{"file_path": "/l.png"}]}))
    title = read_title(FILM.media, answer_of(FILM_BODY))

    assert "/br.jpg" == getattr(await source.named(title, Kind.POSTER, "br.jpg"), "path", None)
    assert [] == upstream.received
    assert Art("/39.jpg", 20, 30, "en") == await source.named(title, Kind.POSTER, "39.jpg")
    assert Art("/l.png", 0, 0, None, kind=Kind.LOGO) == await source.named(title, Kind.LOGO, "l.png")
    for kind, file in ((Kind.POSTER, "40.jpg"), (Kind.BACKDROP, "39.jpg"), (Kind.POSTER, "l.png"), (Kind.LOGO, "")):
        assert None is await source.named(title, kind, file)
    assert 1 == len(upstream.received)


async def test_a_title_that_is_gone_has_no_picture(source: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("/3/movie/278/images", NO_SUCH)

    assert None is await source.named(Title(media=FILM.media), Kind.POSTER, "a.jpg")


async def test_a_404_without_tmdbs_code_is_an_invalid_response(source: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("*", Reply(404, b"<html>no such page</html>"))

    with pytest.raises(SourceInvalidResponse):
        await source.title(FILM.media)


def test_a_series_has_its_tvdb_number_with_and_without_its_kind() -> None:
    media = MediaId(SERIES, 1396)

    title = read_title(media, answer_of({"external_ids": {"imdb_id": "tt0903747", "tvdb_id": 81189}}))

    assert (
        ExternalId(IdType.TMDB, 1396, SERIES),
        ExternalId(IdType.IMDB, 903747),
        ExternalId(IdType.TVDB, 81189, SERIES),
        ExternalId(IdType.TVDB, 81189),
    ) == title.refs


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"first_air_date": "2008-01-20", "last_air_date": "2013-09-29"}, date(2013, 9, 29)),
        ({"first_air_date": "2008-01-20", "last_air_date": None}, date(2008, 1, 20)),
        ({"first_air_date": "", "last_air_date": ""}, None),
        ({}, None),
    ],
)
def test_the_film_date_of_a_series_is_its_last_air_date(body: dict[str, Any], expected: date | None) -> None:
    assert expected == read_title(MediaId(SERIES, 1), answer_of(body)).film_date


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"status": "Returning Series"}, True),
        ({"status": "In Production"}, True),
        ({"status": "Planned"}, True),
        ({"status": ""}, True),
        ({}, True),
        ({"status": "Ended", "in_production": False, "next_episode_to_air": None}, False),
        ({"status": "Canceled"}, False),
        ({"status": "Ended", "in_production": True}, True),
        ({"status": "Ended", "next_episode_to_air": {"id": 7}}, True),
    ],
)
def test_a_series_is_running_until_it_has_ended(
    body: dict[str, Any],
    expected: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    assert expected is read_title(MediaId(SERIES, 1), answer_of(body)).is_running
    assert not read_title(MediaId(MOVIE, 1), answer_of(body)).is_running


@pytest.mark.parametrize("written", ["", None, 5, "soon", "2020-13-01", "2020-02-30", "0000-00-00", "２０２０-01-01"])
def test_an_invalid_date_is_unknown(written: object) -> None:
    assert None is read_title(MediaId(MOVIE, 1), answer_of({"release_date": written})).film_date


@pytest.mark.parametrize("average", [0, 0.0, None, "8,1", "N/A", -1, 10.5, True, 10**400])
def test_an_invalid_score_is_skipped(average: object) -> None:
    assert {} == read_title(MediaId(MOVIE, 1), answer_of({"vote_average": average})).ratings


@pytest.mark.parametrize(
    "row",
    [
        None,
        7,
        "row",
        {},
        {"file_path": None},
        {"file_path": "/../../etc/passwd.jpg"},
        {"file_path": "//evil.example/x.jpg"},
        {"file_path": "https://evil.example/x.jpg"},
        {"file_path": "/x.jpg?size=1"},
        {"file_path": "/x.gif"},
    ],
)
def test_a_bad_row_does_not_affect_the_others(row: object) -> None:
    body: dict[str, Any] = {"images": {"posters": [row, {"file_path": "/good.jpg"}], "logos": None, "backdrops": {}}}

    title = read_title(MediaId(MOVIE, 1), answer_of(body))

    assert (Art("/good.jpg", 0, 0, None),) == title.gallery[Kind.POSTER]


def test_implausible_numbers_and_codes_are_dropped() -> None:
    row = {
        "file_path": "/x.jpg",
        "width": -5,
        "height": 10**9,
        "iso_639_1": "English",
        "iso_3166_1": "us",
        "vote_average": -3,
    }

    title = read_title(MediaId(MOVIE, 1), answer_of({"images": {"posters": [row]}}))

    assert (Art("/x.jpg", 0, 0, None, None, 0.0),) == title.gallery[Kind.POSTER]


def test_only_pictures_that_can_be_chosen_are_kept() -> None:
    rows = [{"file_path": f"/{n}.jpg", "iso_639_1": "en"} for n in range(100)]
    last = {"file_path": "/last.jpg", "iso_639_1": "de"}

    title = read_title(MediaId(MOVIE, 1), answer_of({"images": {"posters": [*rows, last]}}))

    assert (4, "/last.jpg") == (len(title.gallery[Kind.POSTER]), title.gallery[Kind.POSTER][-1].path)


def test_the_language_xx_means_textless() -> None:
    title = read_title(
        MediaId(MOVIE, 1), answer_of({"images": {"posters": [{"file_path": "/x.jpg", "iso_639_1": "xx"}]}})
    )

    assert None is title.gallery[Kind.POSTER][0].lang


@pytest.mark.parametrize(
    ("art", "width", "expected"),
    [
        (POSTER, 400, "/t/p/w500/poster.jpg"),
        (POSTER, 500, "/t/p/w500/poster.jpg"),
        (POSTER, 580, "/t/p/w780/poster.jpg"),
        (POSTER, 1280, "/t/p/original/poster.jpg"),
        (Art("/wide.jpg", 1, 1, None, kind=Kind.BACKDROP), 1280, "/t/p/w1280/wide.jpg"),
        (Art("/wide.jpg", 1, 1, None, kind=Kind.BACKDROP), 1281, "/t/p/original/wide.jpg"),
        (Art("/name.png", 1, 1, None, kind=Kind.LOGO), 780, "/t/p/original/name.png"),
        (Art("/name.png", 1, 1, None, kind=Kind.LOGO), 480, "/t/p/w500/name.png"),
        (Art("/name.svg", 1, 1, None, kind=Kind.LOGO), 780, "/t/p/original/name.svg"),
        (Art("/name.svg", 1, 1, None, kind=Kind.LOGO), 300, "/t/p/original/name.svg"),
        (Art("/still.jpg", 1, 1, None, kind=Kind.EPISODE), 92, "/t/p/w92/still.jpg"),
        (Art("/still.jpg", 1, 1, None, kind=Kind.EPISODE), 93, "/t/p/w185/still.jpg"),
        (Art("/still.jpg", 1, 1, None, kind=Kind.EPISODE), 300, "/t/p/w300/still.jpg"),
        (Art("/still.jpg", 1, 1, None, kind=Kind.EPISODE), 780, "/t/p/original/still.jpg"),
    ],
)
async def test_the_smallest_rendition_that_is_wide_enough_is_fetched(
    source: TmdbSource, upstream: Upstream, art: Art, width: int, expected: str
) -> None:
    upstream.plan("*", TestPictures.good)

    await source.fetch(art, width)

    assert [expected] == upstream.paths


VECTOR = Art("/name.svg", 500, 160, None, kind=Kind.LOGO)
HUGE = Art("/name.png", 12_000, 5_000, None, kind=Kind.LOGO)


@pytest.mark.parametrize(
    ("art", "width", "expected"),
    [
        (POSTER, 580, ["w780/poster.jpg"]),
        (POSTER, 2000, ["original/poster.jpg", "w780/poster.jpg"]),
        (VECTOR, 480, ["original/name.svg", "w500/name.png"]),
        (VECTOR, 780, ["original/name.svg", "original/name.png", "w500/name.png"]),
        (HUGE, 780, ["w500/name.png"]),
        (msgspec.structs.replace(HUGE, path="/name.svg"), 780, ["original/name.svg", "w500/name.png"]),
        (Art("/wide.jpg", 30_001, 10, None, kind=Kind.BACKDROP), 3840, ["w1280/wide.jpg"]),
        (Art("/wide.jpg", 10_000, 5_000, None, kind=Kind.BACKDROP), 3840, ["original/wide.jpg", "w1280/wide.jpg"]),
        (Art("/still.jpg", 9_999, 9_999, None, kind=Kind.EPISODE), 780, ["w300/still.jpg"]),
    ],
)
async def test_a_picture_has_renditions_that_replace_one_another(
    source: TmdbSource, upstream: Upstream, art: Art, width: int, expected: list[str]
) -> None:
    upstream.plan("*", TestPictures.good)

    for rendition in source.renditions(art, width):
        await source.fetch(rendition, width)

    assert [f"/t/p/{file}" for file in expected] == upstream.paths


async def test_settings_of_similar_width_share_one_download(source: TmdbSource, upstream: Upstream) -> None:
    upstream.plan("*", TestPictures.good)

    await source.fetch(POSTER, 580)
    await source.fetch(POSTER, 600)

    assert 1 == len(upstream.received)


async def test_a_title_is_fetched_again_when_its_ttl_ends(http: Http, upstream: Upstream) -> None:
    source = TmdbSource(http, (Secret(KEY),), api_url=upstream.url, image_url=upstream.url, title_ttl_s=lambda _: 0.0)
    upstream.plan("*", replies(FILM_BODY), replies(FILM_BODY | {"vote_average": 9.0}))

    first, second = await source.title(FILM.media), await source.title(FILM.media)

    assert first
    assert second
    assert (87.16, 90.0) == (first.ratings[RatingSite.TMDB].value, second.ratings[RatingSite.TMDB].value)
