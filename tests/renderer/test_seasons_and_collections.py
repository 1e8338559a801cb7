"""Posters of seasons and pictures of collections, through the pipeline and against the sources' own words."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from renderer.jobs.context import Fresh
from renderer.jobs.pipeline import Pipeline
from services.client.http import Http
from services.client.metrics import SourceMetrics
from shared.domain.awards import Award
from shared.domain.cache_lifetime import LifetimeRule, lifetime_s
from shared.domain.errors import ArtNotFound, TitleNotFound
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Format, Kind
from shared.domain.ratings import Rating, RatingSite
from shared.settings.parameters import parse
from shared.stores.postgres import Pool
from tests.renderer.series_world import SeriesWorld, draw, liked, poster, process
from tests.renderer.small_world import House

SECOND = MediaId(TitleKind.SERIES, 1396, season=2)
COLLECTION = MediaId(TitleKind.COLLECTION, 1241)
OF_SECOND = ("imdb:season-tt0903747-S2", "tmdb:season-1396-S2", "tvdb:season-81189-S2", "tvdb:30272")


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async def at_once(_: float) -> None:
        """Wait for nothing between attempts."""

    async with Http(SourceMetrics(CollectorRegistry()), sleep=at_once) as http:
        yield http


@pytest.fixture
async def world() -> AsyncIterator[SeriesWorld]:
    async with SeriesWorld() as world:
        yield world


@pytest.fixture
async def house(world: SeriesWorld, http: Http, pool: Pool, redis: Redis) -> AsyncIterator[House]:
    house = await House.empty(world, http, pool, redis)
    yield house
    house.close()


async def test_every_id_of_a_season_leads_to_one_picture(house: House, world: SeriesWorld) -> None:
    first = await draw(house, OF_SECOND[0])
    others = [await process(house, text) for text in (*OF_SECOND[1:], "tvdb:season-30272")]

    assert SECOND == first.media
    assert {SECOND} == {result.media for result in others}
    assert all(isinstance(result, Fresh) for result in others)
    assert [path for path in world.asked("tmdb") if path.startswith("tv/")] == ["tv/1396", "tv/1396/season/2"]


@pytest.mark.parametrize("kind", [Kind.BACKDROP, Kind.LOGO])
async def test_a_season_has_its_series_other_pictures(house: House, kind: Kind) -> None:
    by_number = await draw(house, "tmdb:season-1396-S2", kind)
    by_own = await draw(house, "tvdb:30272", kind)

    assert (MediaId(TitleKind.SERIES, 1396), SECOND) == (by_number.media, by_own.media)
    assert by_number.art == by_own.art


EN, DE, TA, NONE = (poster(f"/season-{lang}.jpg", lang) for lang in ("en", "de", "ta", "xx"))
SERIES_ART = [poster(f"/series-{lang}.jpg", lang) for lang in ("en", "de", "xx")]
LIKED_DE, LIKED_NONE, LIKED_OTHER = liked("de.jpg", "de", "2"), liked("none.jpg", "00", "2"), liked("1.jpg", "de", "1")


@pytest.mark.parametrize(
    ("of_season", "of_fanart", "query", "expected"),
    [
        ([EN, DE], [], {}, "season-en.jpg"),
        ([EN, DE], [], {"lang": "de"}, "season-de.jpg"),
        ([EN], [LIKED_DE], {"lang": "de"}, "de.jpg"),
        ([EN], [], {"lang": "de"}, "season-en.jpg"),
        ([EN], [LIKED_OTHER], {"lang": "de"}, "season-en.jpg"),
        ([TA, NONE], [], {}, "season-ta.jpg"),
        ([NONE], [], {"lang": "de"}, "season-xx.jpg"),
        ([], [LIKED_DE], {}, "de.jpg"),
        ([], [LIKED_OTHER], {}, "series-en.jpg"),
        ([], [], {}, "series-en.jpg"),
        ([], [], {"lang": "de"}, "series-de.jpg"),
        ([EN, NONE], [], {"textless": "true"}, "season-xx.jpg"),
        ([EN], [LIKED_NONE], {"textless": "true"}, "none.jpg"),
        ([EN], [LIKED_DE], {"textless": "true"}, "series-xx.jpg"),
        ([EN], [LIKED_DE], {"textless": "true", "lang": "de"}, "series-xx.jpg"),
        ([EN, NONE], [LIKED_DE], {"lang": "none,original"}, "season-xx.jpg"),
        ([EN], [LIKED_DE], {"image_source": "f"}, "de.jpg"),
    ],
)
async def test_a_season_is_drawn_on_its_own_art_before_its_series(
    house: House,
    world: SeriesWorld,
    *,
    of_season: list[Any],
    of_fanart: list[Any],
    query: dict[str, str],
    expected: str,
) -> None:
    world.series_posters, world.season_posters, world.fanart_seasons = SERIES_ART, of_season, of_fanart

    result = await draw(house, OF_SECOND[1], Kind.POSTER, **query)

    assert expected == result.art.path.rpartition("/")[2]


async def test_textless_art_comes_before_lettered_art_of_the_season(house: House, world: SeriesWorld) -> None:
    world.series_posters, world.season_posters = [poster("/series-en.jpg", "en")], [EN]

    assert "/season-en.jpg" == (await draw(house, OF_SECOND[1], textless="true")).art.path


async def test_a_series_is_never_drawn_on_art_of_a_season(house: House, world: SeriesWorld) -> None:
    world.season_posters, world.fanart_seasons, world.series_posters = [EN], [LIKED_DE], [poster("/ta.jpg", "ta")]

    assert "/ta.jpg" == (await draw(house, "tmdb:series-1396", lang="de")).art.path


async def test_an_unknown_season_is_its_series_poster_for_a_day(house: House, world: SeriesWorld) -> None:
    world.fanart_seasons = [liked("100.jpg", "en", "100")]

    result = await draw(house, "imdb:season-tt0903747-S100")

    metadata = result.picture.metadata
    assert ("series-1396:s100", "/series.jpg", None) == (metadata.media, result.art.path, metadata.film_date)
    assert 86_400 == lifetime_s(metadata.film_date, metadata.drawn_at, LifetimeRule(), is_running=True)


async def test_the_lifetime_is_counted_from_the_last_episode(house: House) -> None:
    metadata = (await draw(house, OF_SECOND[0])).picture.metadata

    assert (date(2009, 5, 31), True) == (metadata.film_date, metadata.is_running)


async def test_a_season_has_its_series_ratings_but_its_own_of_tmdb(house: House, world: SeriesWorld) -> None:
    season = await draw(house, OF_SECOND[1])
    world.season = {"vote_average": 0.0}
    first = await draw(house, "tmdb:season-1396-S1")
    series = await draw(house, "tmdb:series-1396")

    assert {RatingSite.TMDB: Rating(83.0), RatingSite.IMDB: Rating(9.5, 2_000_000)} == season.rated.ratings
    assert {RatingSite.TMDB: Rating(88.0, 13_000), RatingSite.IMDB: Rating(9.5, 2_000_000)} == first.rated.ratings
    assert first.rated == series.rated
    assert Award.EMMY is season.rated.award
    assert ["tmdb/show/1396"] == world.asked("mdblist")
    assert ["tt0903747"] == world.asked("omdb")
    assert ["tv/81189"] == world.asked("fanart")


async def test_while_a_source_is_down_a_season_has_what_it_last_said_of_the_series(
    house: House, world: SeriesWorld
) -> None:
    await draw(house, "tmdb:series-1396")
    world.is_mdblist_down = True
    later = house.restarted()

    season = await draw(later, OF_SECOND[1])

    assert {RatingSite.TMDB: Rating(83.0), RatingSite.IMDB: Rating(9.5, 2_000_000)} == season.rated.ratings
    assert not season.degraded
    later.close()


async def test_a_series_costs_no_call_more_than_before(house: House, world: SeriesWorld) -> None:
    await draw(house, "imdb:tt0903747")

    assert ["find/tt0903747", "tv/1396"] == world.asked("tmdb")


async def test_a_refresh_redraws_a_season_once_it_has_art_of_its_own(house: House, world: SeriesWorld) -> None:
    before = await house.ask(OF_SECOND[1], is_refresh=True)
    same = await house.restarted().ask(OF_SECOND[1], is_refresh=True)
    world.season_posters = [EN]
    after = await house.restarted().ask(OF_SECOND[1], is_refresh=True)

    assert before == same
    assert before.partition(" ")[0] == after.partition(" ")[0] == str(SECOND)
    assert before != after


async def test_a_season_follows_its_series_to_another_number(house: House, world: SeriesWorld) -> None:
    await draw(house, OF_SECOND[0])
    world.number = 1400
    later = house.restarted()

    results = [await process(later, text, Kind.POSTER, imageSize="large") for text in OF_SECOND]

    assert {MediaId(TitleKind.SERIES, 1400, season=2)} == {result.media for result in results}
    later.close()


async def test_the_ids_of_a_season_are_no_answers_about_its_series(house: House) -> None:
    await draw(house, OF_SECOND[2])

    known = await house.dependencies.titles.external_ids(SECOND)
    assert {"tmdb:season-1396-S2", "imdb:season-tt0903747-S2", "tvdb:season-81189-S2"} == {ref.alias for ref in known}
    assert MediaId(TitleKind.SERIES, 1396) == (await draw(house, "imdb:tt0903747")).media


@pytest.mark.parametrize("text", ["tmdb:season-9-S1", "imdb:season-tt9999999-S1", "tvdb:season-9", "tmdb:collection-9"])
async def test_a_season_or_collection_that_nobody_knows_is_a_fact(house: House, text: str) -> None:
    with pytest.raises(TitleNotFound):
        await process(house, text)


async def test_a_caller_who_can_wait_no_longer_gets_art_that_needs_no_further_call(
    house: House, world: SeriesWorld
) -> None:
    world.fanart_seasons = [LIKED_DE]
    job = await house.studio.job(ExternalId(IdType.TMDB, 1396, season=2))

    await Pipeline(house.dependencies, house.studio.metrics).run_fallback(job, parse(Kind.POSTER, Format.JPG, {}))

    assert [] == world.asked("fanart")


async def test_a_collection_shows_the_mean_of_its_released_films_and_nothing_else(
    house: House, world: SeriesWorld
) -> None:
    result = await draw(house, "tmdb:collection-1241", ratings_order="avg,tmdb,imdb", age_rating="official", sash="new")

    assert (COLLECTION, "/main.jpg") == (result.media, result.art.path)
    assert {RatingSite.TMDB: Rating(74.5, 200), RatingSite.AVG: Rating(74.5, 200)} == result.rated.ratings
    assert (None, None, date(2026, 12, 25)) == (
        result.rated.award,
        result.picture.metadata.label_until,
        result.picture.metadata.film_date,
    )
    assert [] == world.asked("mdblist") + world.asked("omdb") + world.asked("fanart")
    assert ["collection/1241", "collection/1241/images"] == world.asked("tmdb")


async def test_a_collection_without_a_poster_is_drawn_on_its_most_popular_films(
    house: House, world: SeriesWorld
) -> None:
    world.collection = {"poster_path": None, "backdrop_path": None}

    assert "/poster3.jpg" == (await draw(house, "tmdb:collection-1241")).art.path
    assert "/wide3.jpg" == (await draw(house, "tmdb:collection-1241", Kind.BACKDROP)).art.path


async def test_a_collection_has_a_backdrop_and_no_logo(house: House) -> None:
    assert "/mainwide.jpg" == (await draw(house, "tmdb:collection-1241", Kind.BACKDROP)).art.path
    with pytest.raises(ArtNotFound):
        await process(house, "tmdb:collection-1241", Kind.LOGO)


async def test_a_collection_without_any_picture_is_a_fact(house: House, world: SeriesWorld) -> None:
    world.collection = {"poster_path": None, "backdrop_path": None, "parts": []}

    with pytest.raises(ArtNotFound):
        await process(house, "tmdb:collection-1241")
