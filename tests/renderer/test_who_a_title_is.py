"""Which title an external id means is TMDB's answer, whatever was asked before and whatever other sources mention."""

import asyncio
import importlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from renderer.content.picture_result import CacheStatus
from services.client.http import Http
from services.client.metrics import SourceMetrics
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.settings.content_url import parse_content_address
from shared.stores.postgres import Pool, connection
from shared.stores.title_rows import TitleMetadata, find_external_ids, save_title
from tests.recorded_inputs import CASES, needs
from tests.renderer.small_world import Entry, House, World

SHARED = {
    # One IMDb id on a film and on a series; the series is more popular, the film's entry names the id too.
    "movie-7": Entry("tt9940006", popularity=1.2),
    "series-6": Entry("tt9940006", 606, popularity=20.0),
    # TVDB numbers films and series apart, so the same number is on both.
    "movie-606": Entry("tt9940606", 606, popularity=50.0),
    # Two series with the same TVDB number.
    "series-8": Entry("tt9940008", 808, popularity=3.0),
    "series-9": Entry("tt9940009", 808, popularity=9.0),
    # An entry that names an id which /find answers with another title.
    "movie-10": Entry("tt9940011", popularity=2.0),
    "movie-11": Entry(None, popularity=1.0),
    # The sources of ratings mention ids of other titles.
    "movie-12": Entry("tt9940012", popularity=1.0),
    "movie-13": Entry("tt9940013", popularity=1.0),
    # A film that only MDBList knows by TVDB number, and one where its entry says otherwise.
    "movie-14": Entry("tt9940014", popularity=1.0),
    "movie-15": Entry("tt9940015", 1515, popularity=1.0),
    # A film and a series with the same number at TMDB.
    "movie-8": Entry("tt9940088", popularity=1.0),
}
FOUND = {"tt9940011": ["movie-11"]}
OMDB: dict[str, dict[str, Any]] = {
    "tt9940012": {"Response": "True", "imdbID": "tt9940013", "imdbRating": "6.1", "imdbVotes": "1,234"},
    "tt9940013": {"Response": "True", "imdbID": "tt9940013", "imdbRating": "3.3", "imdbVotes": "88"},
    "tt9940006": {"Response": "True", "imdbID": "tt9940006", "imdbRating": "9.1", "imdbVotes": "900"},
}
MDBLIST: dict[str, dict[str, Any]] = {
    "movie-13": {
        "type": "movie",
        "ids": {"tmdb": 12, "imdb": "tt9940012"},
        "ratings": [{"source": "imdb", "value": 1}],
    },
    "movie-14": {"type": "movie", "ids": {"tmdb": 14, "imdb": "tt9940606", "tvdb": 1414}, "ratings": []},
    "series-8": {"type": "movie", "ids": {"tmdb": 8, "imdb": "tt9940088"}, "ratings": [{"source": "imdb", "value": 2}]},
    "movie-11": {"type": "movie", "ids": {"tmdb": 11, "imdb": "tt9940099", "tvdb": 1099}, "ratings": []},
}
FILMS_BY_TVDB: dict[int, dict[str, Any]] = {
    1414: {"type": "movie", "ids": {"tmdb": 14, "tvdb": 1414}},
    1500: {"type": "movie", "ids": {"tmdb": 15, "tvdb": 1500}},
}
QUESTIONS = [
    *("imdb:tt9940006", "tmdb:movie-7", "tmdb:series-6", "imdb:tt9940006:1:1", "tvdb:606", "tvdb:movie-606"),
    *("tvdb:series-606", "tvdb:808", "tmdb:series-8", "tmdb:series-9", "imdb:tt9940011", "tmdb:movie-10"),
    *("tmdb:movie-11", "imdb:tt9940012", "imdb:tt9940013", "tmdb:movie-12", "tvdb:movie-1414", "tvdb:1500"),
    *("tmdb:movie-15", "tmdb:8", "tmdb:9", "imdb:tt9940606", "imdb:tt9940099", "tvdb:movie-1099", "tmdb:movie-14"),
]
"""All about titles that share ids."""

FILM = MediaId(TitleKind.MOVIE, 870_001)
OWN = ExternalId(IdType.TMDB, FILM.number, TitleKind.MOVIE)
SHARED_ID, MENTIONED = (ExternalId(IdType.IMDB, 8_700_001 + nth) for nth in range(2))

migration = importlib.import_module("shared.stores.migrations.versions.0006_answers")
rewriting = importlib.import_module("shared.stores.migrations.versions.0008_large_tables")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with World() as world:
        yield world


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async def at_once(_: float) -> None:
        """Wait for nothing between attempts."""

    async with Http(SourceMetrics(CollectorRegistry()), sleep=at_once) as client:
        yield client


@pytest.fixture
async def house(world: World, http: Http, pool: Pool, redis: Redis) -> AsyncIterator[House]:
    house = await House.empty(world, http, pool, redis)
    yield house
    house.close()


async def answers(questions: list[str], world: World, http: Http, pool: Pool, redis: Redis) -> list[str]:
    """Return the answers to questions that a new installation is asked in this order."""
    house = await House.empty(world, http, pool, redis)
    try:
        return [await house.ask(question) for question in questions]
    finally:
        house.close()


KNOWN: dict[str, str] = {}
"""What each question is answered with when nothing was asked before."""


@pytest.mark.timeout(300)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.lists(st.sampled_from(QUESTIONS), min_size=2, max_size=12))
async def test_the_answer_for_an_id_never_depends_on_what_was_asked_before(
    order: list[str], http: Http, pool: Pool, redis: Redis
) -> None:
    async with World(dict(SHARED), dict(FOUND), dict(OMDB), dict(MDBLIST), dict(FILMS_BY_TVDB)) as world:
        for question in set(order) - KNOWN.keys():
            (KNOWN[question],) = await answers([question], world, http, pool, redis)

        asked = await answers(order, world, http, pool, redis)

    assert [KNOWN[question] for question in order] == asked


async def test_an_id_on_a_film_and_a_series_means_the_more_popular_of_them(world: World, house: House) -> None:
    world.entries = {"series-6": Entry("tt9940006", popularity=20.0), "movie-7": Entry("tt9940006", popularity=1.2)}

    asked = [
        await house.title("imdb:tt9940006"),
        await house.title("tmdb:movie-7"),
        await house.title("imdb:tt9940006", imageSize="large"),
        await house.title("imdb:tt9940006:1:1"),
    ]

    assert ["series-6", "movie-7", "series-6", "series-6:1:1"] == asked


async def test_an_episode_is_of_the_series_though_the_film_with_its_id_is_more_popular(
    world: World, house: House
) -> None:
    world.entries = {"series-6": Entry("tt9940006", popularity=1.0), "movie-7": Entry("tt9940006", popularity=20.0)}

    asked = [await house.title("imdb:tt9940006"), await house.title("imdb:tt9940006:1:1")]

    assert ["movie-7", "series-6:1:1"] == asked


async def test_a_rating_source_never_says_which_title_an_id_is(world: World, house: House) -> None:
    world.entries = {"movie-8": Entry("tt9940008"), "movie-9": Entry("tt9940009")}
    world.omdb = {"tt9940008": OMDB["tt9940012"] | {"imdbID": "tt9940009"}}

    asked = [await house.title("imdb:tt9940008"), await house.title("imdb:tt9940009")]

    assert ["movie-8", "movie-9"] == asked


async def test_ratings_that_are_those_of_another_title_are_not_shown(world: World, house: House, pool: Pool) -> None:
    world.entries = {"movie-8": Entry("tt9940008"), "series-8": Entry("tt9940018")}
    world.omdb = {"tt9940008": OMDB["tt9940012"] | {"imdbID": "tt9940009"}}
    ratings = [{"source": "imdb", "value": 8.1}]
    world.mdblist = {
        "movie-8": {"type": "movie", "ids": {"tmdb": 9}, "ratings": ratings},
        "series-8": {"type": "movie", "ids": {"tmdb": 8}, "ratings": ratings},
    }

    await house.ask("imdb:tt9940008")
    await house.ask("imdb:tt9940018")

    async with connection(pool) as db:
        rows = await db.fetch("SELECT source FROM title_reports ORDER BY source")
    assert ["tmdb", "tmdb"] == [row["source"] for row in rows]


async def test_what_a_source_mentions_is_a_hint_with_its_source_and_gives_way_to_an_answer(
    world: World, house: House, pool: Pool
) -> None:
    world.entries = {"movie-11": Entry(None), "movie-12": Entry("tt9940012")}
    world.mdblist = {"movie-11": {"ids": {"tmdb": 11, "imdb": "tt9940012", "tvdb": 1111}, "ratings": []}}
    await house.ask("tmdb:movie-11")
    hinted = await rows_of(pool)

    answer = await house.title("imdb:tt9940012")

    assert "movie-12" == answer
    assert {
        "imdb:tt9940012": ("movie-11", None, "mdblist"),
        "tvdb:movie-1111": ("movie-11", None, "mdblist"),
        "tmdb:11": ("movie-11", "movie-11", "tmdb"),
        "tmdb:movie-11": ("movie-11", "movie-11", "tmdb"),
    } == hinted
    assert ("movie-12", "movie-12", "tmdb") == (await rows_of(pool))["imdb:tt9940012"]


async def test_a_hint_that_contradicts_the_titles_own_entry_is_dropped(world: World, house: House, pool: Pool) -> None:
    world.entries = {"movie-11": Entry("tt9940011")}
    world.mdblist = {"movie-11": {"ids": {"tmdb": 11, "imdb": "tt9940098"}, "ratings": []}}
    await remember(pool, "movie-11", "imdb:tt9940099", source="mdblist")
    await remember(pool, "movie-11", "tvdb:movie-1111", source="mdblist")

    await house.ask("tmdb:movie-11")

    kept = {alias for alias, (_, _, source) in (await rows_of(pool)).items() if source == "mdblist"}
    assert {"tvdb:movie-1111"} == kept


async def test_a_film_that_tmdb_made_anew_is_found_by_the_id_that_led_to_it(world: World, house: House) -> None:
    world.entries = {"movie-975001": Entry("tt9975001")}
    first = await house.title("imdb:tt9975001")
    world.entries = {"movie-975002": Entry("tt9975001")}
    restarted = house.restarted()

    later = await restarted.title("imdb:tt9975001", imageSize="large")

    assert ("movie-975001", "movie-975002") == (first, later)


@pytest.mark.parametrize("asked", [["imdb:tt9975001", "tmdb:movie-975001"], ["tmdb:movie-975001", "imdb:tt9975001"]])
async def test_the_number_of_a_title_that_is_gone_leads_to_its_successor(
    world: World, house: House, asked: list[str]
) -> None:
    world.entries = {"movie-975001": Entry("tt9975001")}
    await house.ask("imdb:tt9975001")
    world.entries = {"movie-975002": Entry("tt9975001")}
    restarted = house.restarted()

    later = [await restarted.title(question, imageSize="large") for question in (*asked, *asked)]

    assert ["movie-975002"] * 4 == later


async def test_every_id_that_led_to_a_title_that_is_gone_is_asked(world: World, house: House) -> None:
    world.entries = {"series-1": Entry("tt9975001", 4001)}
    await house.ask("imdb:tt9975001")
    await house.ask("tvdb:4001")
    world.entries = {"series-2": Entry("tt9975001", None)}
    restarted = house.restarted()

    later = [
        await restarted.title("tvdb:4001", imageSize="large"),
        await restarted.title("imdb:tt9975001", imageSize="large"),
        await restarted.title("tvdb:4001", imageSize="very-large"),
    ]

    assert ["series-2"] * 3 == later


async def test_an_episode_of_a_series_that_was_made_anew_is_found(world: World, house: House) -> None:
    world.entries = {"series-1": Entry("tt9975001")}
    await house.ask("imdb:tt9975001:1:1")
    world.entries = {"series-2": Entry("tt9975001")}
    restarted = house.restarted()

    later = [
        await restarted.title("imdb:tt9975001:1:1", imageSize="large"),
        await restarted.title("tmdb:episode-1-S1E1", imageSize="large"),
    ]

    assert ["series-2:1:1", "series-2:1:1"] == later


async def test_a_title_is_stored_with_all_its_ids_in_one_statement(pool: Pool) -> None:
    asked: list[Any] = []
    async with connection(pool) as db:
        db.add_query_logger(asked.append)  # the connection that comes back last is lent first

    await save_title(pool, TitleMetadata(media=FILM), [OWN, SHARED_ID], passing=[OWN, MENTIONED])
    await asyncio.sleep(0)  # a logger is called in the loop's next turn

    assert 1 == len(asked)
    assert {OWN, SHARED_ID} == set(await find_external_ids(pool, FILM, only_answers=True))
    assert {OWN, SHARED_ID, MENTIONED} == set(await find_external_ids(pool, FILM))


async def test_a_title_that_is_gone_for_good_is_asked_for_once_and_then_unknown(world: World, house: House) -> None:
    world.entries = {"movie-975001": Entry("tt9975001")}
    await house.ask("imdb:tt9975001")
    world.entries = {}
    world.found = {"tt9975001": ["movie-975001"]}  # the list of ids may be older than the entry
    restarted = house.restarted()
    world.calls.clear()

    later = [await restarted.title("imdb:tt9975001", imageSize=size) for size in ("large", "very-large", "large")]

    assert ["title_not_found"] * 3 == later
    assert 1 == sum(call.startswith("tmdb/find/") for call in world.calls)


async def test_an_answer_that_tmdb_changed_is_corrected_at_the_next_refresh(
    world: World, house: House, pool: Pool
) -> None:
    world.entries = {"movie-1": Entry("tt9975001"), "movie-2": Entry(None)}
    await house.ask("imdb:tt9975001")
    world.entries = {"movie-1": Entry(None), "movie-2": Entry("tt9975001")}
    restarted = house.restarted()

    later = await restarted.title("imdb:tt9975001", is_refresh=True)

    assert "movie-2" == later
    assert [["movie-1", "imdb:tt9975001"]] == await ordered_purges(pool)


async def test_a_row_that_an_earlier_version_learnt_wrongly_heals_and_its_pictures_go(
    world: World, house: House, pool: Pool, redis: Redis
) -> None:
    world.entries = {"movie-8": Entry("tt9940008"), "movie-9": Entry("tt9940009")}
    await house.ask("imdb:tt9940008")
    await remember(pool, "movie-8", "imdb:tt9940009")
    await redis.set("marquee:alias:imdb:tt9940009", "movie-8")

    asked = await house.title("imdb:tt9940009")

    assert "movie-9" == asked
    assert ("movie-9", "movie-9", "tmdb") == (await rows_of(pool))["imdb:tt9940009"]
    assert [["movie-8", "imdb:tt9940009"]] == await ordered_purges(pool)


async def test_a_row_that_the_version_before_overwrites_is_asked_about_again(
    world: World, house: House, pool: Pool
) -> None:
    world.entries = {"movie-8": Entry("tt9940008"), "movie-9": Entry("tt9940009")}
    await house.ask("imdb:tt9940008")
    await house.ask("imdb:tt9940009")
    async with connection(pool) as db:
        await db.execute("UPDATE title_aliases SET media_id = 'movie-8' WHERE alias = 'imdb:tt9940009'")
    await house.redis.flushdb()
    restarted = house.restarted()

    asked = await restarted.title("imdb:tt9940009", imageSize="large")

    assert "movie-9" == asked


async def test_while_tmdb_is_down_a_stored_picture_is_found_by_a_hint_for_a_minute(world: World, house: House) -> None:
    world.entries = {"movie-8": Entry("tt9940008")}
    await house.ask("tmdb:movie-8")
    world.is_tmdb_down = True
    restarted = house.restarted()
    job = await restarted.studio.job(ExternalId(IdType.IMDB, 9_940_008))
    address = parse_content_address(job.settings_hash, "imdb", "poster-default", "tt9940008.jpg")
    work = asyncio.create_task(restarted.worker.run())

    result = await restarted.content.find(address)

    restarted.worker.stop()
    await work
    assert (CacheStatus.FALLBACK, "movie-8") == (result.cache, result.picture.metadata.media)


async def test_the_migration_trusts_only_ids_that_are_their_own_answer(pool: Pool) -> None:
    rows = {"imdb:tt1": "movie-1", "imdb:tt2": "movie-1", "tmdb:movie-1": "movie-1", "imdb:tt3": "movie-2"}
    async with connection(pool) as db:
        await db.execute("DELETE FROM purges")
        for media in sorted(set(rows.values())):
            await save_title(pool, TitleMetadata(media=MediaId.parse(media)), [])
        for alias, media in rows.items():
            await remember(pool, media, alias)

        for statement in migration.STATEMENTS:
            await db.execute(statement)
        await rewriting.answer_own_ids(db)

    assert {"tmdb:movie-1": "movie-1"} == {
        alias: answer for alias, (_, answer, _) in (await rows_of(pool)).items() if answer
    }
    assert [["movie-1"]] == await ordered_purges(pool)


@needs(CASES)
async def test_the_recorded_cases_of_ids_come_out_right(world: World, http: Http, pool: Pool, redis: Redis) -> None:
    shared = json.loads((CASES / "ids-one-tt-on-film-and-series.json").read_text())
    found = shared["sources"]["GET /find/tt9940006"]
    world.entries = {
        f"{kind}-{row['id']}": Entry("tt9940006", popularity=row["popularity"])
        for kind, rows in (("movie", found["movie_results"]), ("series", found["tv_results"]))
        for row in rows
    }
    first = await answers(["imdb:tt9940006", "tmdb:movie-940007", "imdb:tt9940006"], world, http, pool, redis)
    omdb = json.loads((CASES / "ids-omdb-answers-with-another-id.json").read_text())["sources"]["GET omdb ?i=tt9940008"]
    world.entries = {"movie-940008": Entry("tt9940008"), "movie-940009": Entry("tt9940009")}
    world.omdb = {"tt9940008": omdb}
    second = await answers(["imdb:tt9940008", "imdb:tt9940009"], world, http, pool, redis)

    assert ["series-940006", "movie-940007", "series-940006"] == [answer.partition(" ")[0] for answer in first]
    assert ["movie-940008", "movie-940009"] == [answer.partition(" ")[0] for answer in second]


async def remember(pool: Pool, media: str, alias: str, *, source: str = "") -> None:
    """Store a row as earlier versions did, or as a hint of a source."""
    async with connection(pool) as db:
        await db.execute(
            """
            INSERT INTO titles (media_id, kind, name, checked_at) VALUES ($1, 'movie', '', now())
            ON CONFLICT DO NOTHING
            """,
            media,
        )
        await db.execute(
            "INSERT INTO title_aliases (alias, media_id, source) VALUES ($1, $2, $3)", alias, media, source
        )


async def rows_of(pool: Pool) -> dict[str, tuple[str, str | None, str]]:
    """Return the stored ids: title, answer, source."""
    async with connection(pool) as db:
        rows = await db.fetch("SELECT alias, media_id, forward_id, source FROM title_aliases")
    return {row["alias"]: (row["media_id"], row["forward_id"], row["source"]) for row in rows}


async def ordered_purges(pool: Pool) -> list[list[str]]:
    async with connection(pool) as db:
        return [row["targets"] for row in await db.fetch("SELECT targets FROM purges ORDER BY id")]
