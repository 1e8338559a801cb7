"""What an id of an anime site means follows from the id map: films, series, seasons, episodes, and their own scores."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from renderer.db.anime_ids import note_anime_map_attempt, replace_anime_ids
from renderer.jobs.anime_lookup import AnimeMap
from renderer.jobs.anime_map_refresh import anime_rows
from renderer.storage.storage_key import storage_key
from services.anime_map import read_anime_map
from services.client.http import Http
from services.client.metrics import SourceMetrics
from services.titles import Title
from shared.domain.ids import ExternalId, IdType, MediaId
from shared.domain.pictures import Format
from shared.domain.ratings import Rating, RatingSite
from shared.stores.postgres import Pool
from tests.renderer.small_world import Entry, House, World

NOW = datetime(2026, 11, 30, tzinfo=UTC)
GINTAMA = {"type": "TV", "imdb_id": ["tt0988824"], "themoviedb_id": {"tv": 57706}, "tvdb_id": 79895}
LIST: list[dict[str, Any]] = [
    # Gintama's four entries at Kitsu, three of them seasons of their own.
    {**GINTAMA, "kitsu_id": 818, "mal_id": 918, "anilist_id": 918, "anidb_id": 3468, "season": {"tmdb": 1}},
    {**GINTAMA, "kitsu_id": 5899, "mal_id": 9969, "anilist_id": 9969, "season": {"tmdb": 2}},
    {**GINTAMA, "kitsu_id": 10064, "mal_id": 28977, "season": {"tmdb": 3}, "episode_offset": {"tmdb": 0}},
    {**GINTAMA, "kitsu_id": 12312, "mal_id": 34096, "season": {"tmdb": 4}, "episode_offset": {"tmdb": 12}},
    # A second half of a first season, specials, and an entry without a place.
    {**GINTAMA, "kitsu_id": 21, "season": {"tvdb": 1, "tmdb": 1}, "episode_offset": {"tvdb": 99, "tmdb": 24}},
    {**GINTAMA, "kitsu_id": 22, "type": "SPECIAL", "season": {"tvdb": 0}, "episode_offset": {"tvdb": 7}},
    {**GINTAMA, "kitsu_id": 23, "type": "OVA"},
    # Films: in two parts, in the earlier shape, and with an IMDb id alone.
    {"type": "MOVIE", "kitsu_id": 31, "imdb_id": ["tt0096283"], "themoviedb_id": {"movie": [8392, 8393]}},
    {"type": "MOVIE", "kitsu_id": 32, "imdb_id": "tt0096283", "themoviedb_id": 8392},
    {"type": "MOVIE", "kitsu_id": 33, "imdb_id": "tt0096283"},
    # Series without TMDB's number, and without IMDb's.
    {"type": "TV", "kitsu_id": 41, "imdb_id": ["tt0000001", "tt0213338"]},
    {"type": "TV", "kitsu_id": 42, "tvdb_id": 76885, "season": {"tvdb": 2}},
    {"type": "TV", "mal_id": 43, "themoviedb_id": {"tv": 30991}},
    # A number that TMDB has deleted since.
    {"type": "TV", "kitsu_id": 51, "imdb_id": ["tt0213338"], "themoviedb_id": {"tv": 999}},
]
ENTRIES = {
    "series-57706": Entry("tt0988824", 79895),
    "series-30991": Entry("tt0213338", 76885),
    "movie-8392": Entry("tt0096283"),
    "movie-8393": Entry("tt0096284"),
}


async def publish(pool: Pool, *rows: dict[str, Any]) -> None:
    """Put a list into the database, as the renderer that fetched it does."""
    entries = read_anime_map("anime_map", msgspec.json.encode(rows))
    await note_anime_map_attempt(pool, "here", NOW)
    await replace_anime_ids(pool, anime_rows(entries), "here", NOW)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with World(dict(ENTRIES)) as world:
        yield world


@pytest.fixture
async def house(world: World, pool: Pool, redis: Redis) -> AsyncIterator[House]:
    async with Http(SourceMetrics(CollectorRegistry())) as http:
        house = await House.empty(world, http, pool, redis)
        yield house
        house.close()


@pytest.fixture
async def listed(pool: Pool) -> None:
    await publish(pool, *LIST)


@pytest.mark.usefixtures("listed")
async def test_an_entry_means_its_film_its_series_or_its_season(house: House) -> None:
    expected = {
        "kitsu:818": "series-57706",
        "mal:918": "series-57706",
        "anilist:918": "series-57706",
        "anidb:3468": "series-57706",
        "kitsu:5899": "series-57706:s2",
        "mal:9969": "series-57706:s2",
        "kitsu:12312": "series-57706:s4",
        "kitsu:21": "series-57706:s1",
        "kitsu:22": "series-57706",
        "kitsu:23": "series-57706",
        "kitsu:31": "movie-8392",
        "kitsu:32": "movie-8392",
        "kitsu:33": "movie-8392",
        "kitsu:41": "series-30991",
        "kitsu:42": "series-30991:s2",
        "mal:43": "series-30991",
        "kitsu:51": "series-30991",
        "kitsu:9999999": "title_not_found",
        "anilist:818": "title_not_found",
        "kitsu:31:1": "title_not_found",
    }

    assert expected == {text: await house.title(text) for text in expected}


@pytest.mark.usefixtures("listed")
async def test_the_entries_of_a_series_have_pictures_of_their_own(house: House) -> None:
    drawn = [await house.ask(f"kitsu:{number}") for number in (818, 5899, 10064, 12312)]
    media = [each.partition(" ")[0] for each in drawn]
    job = await house.studio.job()
    stored = {
        await house.storage.head(storage_key(job.settings_hash, MediaId.parse(each), Format.JPG)) for each in media
    }

    assert ["series-57706", "series-57706:s2", "series-57706:s3", "series-57706:s4"] == media
    assert None not in stored
    assert 4 == len({each.partition(" ")[2] for each in drawn})  # each season has art of its own at TMDB


@pytest.mark.usefixtures("listed")
async def test_an_episode_is_counted_within_its_entry_or_written_as_the_series_counts(house: House) -> None:
    expected = {
        "kitsu:818:3": "series-57706:1:3",
        "kitsu:818:1:3": "series-57706:1:3",
        "kitsu:5899:3": "series-57706:2:3",
        "kitsu:12312:1:3": "series-57706:4:15",
        "kitsu:episode-12312-S1E3": "series-57706:4:15",
        "kitsu:12312:2:3": "series-57706:2:3",
        "kitsu:21:3": "series-57706:1:27",
        "kitsu:22:3": "series-57706:0:10",
        "kitsu:23:3": "series-57706:1:3",
        "kitsu:818:0:3": "series-57706:0:3",
        "kitsu:42:3": "series-30991:2:3",
    }

    assert expected == {text: await house.title(text) for text in expected}


async def test_before_the_first_list_an_id_is_no_unknown_title(house: House, pool: Pool) -> None:
    before = await house.title("kitsu:818")
    await note_anime_map_attempt(pool, "here", NOW)
    tried = await house.title("kitsu:818")
    await publish(pool, *LIST)

    after = [await house.title("kitsu:818"), await house.title("kitsu:1")]

    assert ["source_down", "source_down", "series-57706", "title_not_found"] == [before, tried, *after]


@pytest.mark.usefixtures("listed")
async def test_without_a_map_every_anime_id_is_unknown(pool: Pool) -> None:
    assert None is await AnimeMap(pool, is_on=False).find(ExternalId(IdType.KITSU, 818))


@pytest.mark.usefixtures("listed")
async def test_a_recorded_answer_needs_neither_map_nor_source(house: House, world: World, pool: Pool) -> None:
    await house.title("kitsu:5899")
    world.calls.clear()
    await publish(pool, {"kitsu_id": 1, "imdb_id": "tt0988824"})

    again = await house.restarted().title("kitsu:5899")

    assert ("series-57706:s2", []) == (again, world.calls)


@pytest.mark.usefixtures("listed")
async def test_a_refresh_follows_a_map_that_has_changed(house: House, pool: Pool) -> None:
    before = await house.title("kitsu:10064")
    await publish(pool, {**GINTAMA, "kitsu_id": 10064, "season": {"tmdb": 5}})
    renewed = house.restarted()

    after = [await renewed.title("kitsu:10064", is_refresh=True), await renewed.title("kitsu:10064")]

    assert ("series-57706:s3", ["series-57706:s5"] * 2) == (before, after)


async def rated(house: House, text: str, **query: str) -> dict[RatingSite, Rating]:
    """Return what is known of a title after its picture was drawn."""
    await house.ask(text, is_refresh=False, **query)
    media = MediaId.parse(await house.title(text))
    reports = await house.dependencies.index_writer.last_reports(media)
    return {site: rating for report in reports for site, rating in report.ratings.items()}


MDBLIST: dict[str, Any] = {
    "type": "show",
    "ids": {"tmdb": 57706},
    "ratings": [{"source": "myanimelist", "value": 8.9, "score": 89, "votes": 900}],
}
SCORES = {"anilist:918": 84.0, "anilist:9969": 88.0, "kitsu:818": 83.25, "kitsu:5899": 85.5}


@pytest.mark.usefixtures("listed")
async def test_a_season_has_its_own_score_whatever_id_leads_there(house: House, world: World) -> None:
    world.scores = dict(SCORES)
    order = "anilist,kitsu"

    series = await rated(house, "imdb:tt0988824", ratings_order=order)
    season = await rated(house, "mal:9969", ratings_order=order)

    assert (Rating(84.0), Rating(83.25)) == (series[RatingSite.ANILIST], series[RatingSite.KITSU])
    assert (Rating(88.0), Rating(85.5)) == (season[RatingSite.ANILIST], season[RatingSite.KITSU])


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"ratings_order": "avg,imdb", "average": "audience"},
        {"ratings_order": "anilist,kitsu", "ratings_limit": "0"},
        {"ratings_order": "anilist,kitsu", "ratings_exclude": "anilist,kitsu"},
    ],
)
async def test_a_picture_that_cannot_show_their_scores_asks_neither_site(
    house: House, world: World, query: dict[str, str]
) -> None:
    await house.ask("kitsu:818", is_refresh=False, **query)

    assert [] == [call for call in world.calls if call.startswith(("anilist", "kitsu"))]


@pytest.mark.usefixtures("listed")
async def test_only_the_named_site_is_asked_and_only_about_titles_in_the_map(house: House, world: World) -> None:
    world.entries["movie-1"] = Entry("tt7000001")
    for text in ("kitsu:818", "kitsu:818:1", "tmdb:movie-1"):
        await house.ask(text, ratings_order="anilist")

    assert ["anilist/"] == [call for call in world.calls if call.startswith(("anilist", "kitsu"))]


@pytest.mark.usefixtures("listed")
async def test_the_score_of_myanimelist_is_the_first_seasons_alone(house: House, world: World) -> None:
    world.mdblist["series-57706"] = MDBLIST
    query = {"ratings_order": "mal,anilist", "ratings_limit": "1"}
    world.scores = dict(SCORES)

    shown = [
        (await house.ask(text, is_refresh=False, **query)).partition(" ")[2] for text in ("kitsu:818", "kitsu:5899")
    ]
    without = (await house.ask("kitsu:5899", ratings_order="anilist", ratings_limit="1")).partition(" ")[2]

    assert shown[0] != shown[1]
    assert without == shown[1]  # AniList's score in both, for there is no other


async def test_without_the_map_a_picture_is_degraded_and_no_site_is_asked(house: House, world: World) -> None:
    world.mdblist["series-57706"] = MDBLIST
    await house.ask("tmdb:series-57706", ratings_order="anilist")
    settings_hash = (await house.studio.job(ratings_order="anilist")).settings_hash
    stored = await house.storage.head(storage_key(settings_hash, MediaId.parse("series-57706"), Format.JPG))

    assert stored is not None
    assert stored.degraded
    assert [] == [call for call in world.calls if call.startswith("anilist")]


TITLE = Title(media=MediaId.parse("series-5"), refs=(ExternalId(IdType.IMDB, 77),))
OTHERS = [
    {"type": "TV", "anilist_id": 9, "imdb_id": "tt5", "themoviedb_id": {"tv": 5}, "season": {"tmdb": 1}},
    {"type": "TV", "anilist_id": 7, "themoviedb_id": {"tv": 5}},
    {"type": "TV", "anilist_id": 8, "themoviedb_id": {"tv": 5}},
    {"type": "TV", "anilist_id": 4, "themoviedb_id": {"tv": 5}, "season": {"tmdb": 3}},
    {"type": "TV", "anilist_id": 5, "themoviedb_id": {"tv": 5}, "season": {"tmdb": 2}},
    {"type": "SPECIAL", "anilist_id": 1, "themoviedb_id": {"tv": 5}, "season": {"tmdb": 0}},
]


@pytest.mark.parametrize(
    ("rows", "media", "number"),
    [
        (OTHERS, "series-5", 9),
        (OTHERS[1:], "series-5", 7),
        (OTHERS[3:], "series-5", 4),
        (OTHERS[5:], "series-5", 1),
        (OTHERS, "series-5:s3", 4),
        (OTHERS, "series-5:s4", None),
        (OTHERS, "movie-5", None),
        ([{"type": "MOVIE", "anilist_id": 3, "themoviedb_id": {"movie": [4, 5]}}], "movie-5", 3),
        ([{"type": "MOVIE", "anilist_id": 3, "imdb_id": ["tt0000077"]}], "movie-5", 3),
        ([{"type": "MOVIE", "anilist_id": 3, "imdb_id": ["tt0000077"]}], "series-5", None),
        ([{"type": "TV", "anilist_id": 3, "imdb_id": ["tt0000077"], "themoviedb_id": {"tv": 6}}], "series-5", None),
        ([{"type": "TV", "anilist_id": 3, "imdb_id": ["tt0000077"]}], "series-5", 3),
    ],
)
async def test_of_several_entries_of_a_series_the_first_season_speaks_for_it(
    pool: Pool, rows: list[dict[str, Any]], media: str, number: int | None
) -> None:
    await publish(pool, *rows)
    title = msgspec.structs.replace(TITLE, media=MediaId.parse(media))

    found = await AnimeMap(pool).numbers(title, [IdType.ANILIST])

    assert ([] if number is None else [number]) == [ref.number for ref in found]
