"""Lists are fetched when they are needed, once a day by one renderer for all."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from renderer.config import SashLists
from renderer.db.title_lists import TitleList, load_title_lists
from renderer.jobs.list_book import ListBook, Ranking
from renderer.jobs.list_fetcher import ListFetcher
from renderer.metrics import RendererMetrics
from shared.domain.errors import MarqueeError, SourceDown, StoreDown
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.settings.model import SashWord
from shared.stores.postgres import Pool, connection, open_pool
from tests.renderer.studio import Clock

TRENDING, MOVIE = SashWord.TRENDING, TitleKind.MOVIE
FILM = MediaId(MOVIE, 2)
MORNING = datetime(2026, 11, 21, 6, tzinfo=UTC)


@dataclass
class Lists:
    """A source of lists that counts what is fetched."""

    name: str
    error: MarqueeError | None = None
    asked: list[tuple[str, int]] = field(default_factory=list)
    first: int = 1
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)
    may_go_on: asyncio.Event | None = None

    async def titles(self, name: str, most: int) -> tuple[ExternalId, ...]:
        """Return films and series by turns."""
        self.asked.append((name, most))
        self.was_asked.set()
        await (self.may_go_on.wait() if self.may_go_on else asyncio.sleep(0))
        if self.error is not None:
            raise self.error
        kind = TitleKind.SERIES if "tv" in name else TitleKind.MOVIE
        refs = [ExternalId(IdType.TMDB, number, kind) for number in range(self.first, self.first + 3)]
        return (refs[0], ExternalId(IdType.IMDB, 5), *refs[1:])


@pytest.fixture
def clock() -> Clock:
    return Clock(MORNING)


@pytest.fixture
def tmdb() -> Lists:
    return Lists("tmdb")


@pytest.fixture
def mdblist() -> Lists:
    return Lists("mdblist")


def fetcher_of(pool: Pool, clock: Clock, *sources: Lists, lists: SashLists | None = None) -> ListFetcher:
    return ListFetcher(pool, (lists or SashLists()).origins, sources, clock)


def book_of(
    pool: Pool,
    clock: Clock,
    *sources: Lists,
    lists: SashLists | None = None,
    registry: CollectorRegistry | None = None,
) -> ListBook:
    """Return what one renderer knows of the lists."""
    origins = (lists or SashLists()).origins
    metrics = RendererMetrics(registry or CollectorRegistry())
    return ListBook(pool, origins, clock, metrics, fetcher_of(pool, clock, *sources, lists=lists).fetch)


async def waits_for_a_lock(pool: Pool) -> bool:
    async with connection(pool) as db:
        query = """
            SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
            WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted
        """
        return bool(await db.fetchval(query))


def age_of(name: str, registry: CollectorRegistry) -> float | None:
    return registry.get_sample_value("renderer_title_list_age_seconds", {"list": name})


async def stored(pool: Pool, name: str) -> TitleList:
    return next(each for each in await load_title_lists(pool) if each.name == name)


async def test_a_list_is_fetched_with_its_day(pool: Pool, clock: Clock, tmdb: Lists, mdblist: Lists) -> None:
    fetcher = fetcher_of(pool, clock, tmdb, mdblist, lists=SashLists(top_movies="mdblist:user/best"))

    await fetcher.fetch(TRENDING, MOVIE)
    await fetcher.fetch(SashWord.TOP, MOVIE)

    assert ([("trending/movie/day", 25)], [("user/best", 250)]) == (tmdb.asked, mdblist.asked)
    films = await stored(pool, "trending-movie")
    assert (date(2026, 11, 21), ("movie-1", "", "movie-2", "movie-3")) == (films.day, films.titles)


async def test_a_list_is_fetched_once_a_day_however_many_renderers_there_are(
    pool: Pool, clock: Clock, tmdb: Lists
) -> None:
    renderers = [book_of(pool, clock, tmdb) for _ in range(4)]

    rankings = await asyncio.gather(*(each.ranking(TRENDING, FILM) for each in renderers for _ in range(5)))

    assert 1 == len(tmdb.asked)
    assert {Ranking(3, is_current=True)} == set(rankings)
    clock.at = datetime(2026, 11, 22, 0, 29, tzinfo=UTC)
    await renderers[1].ranking(TRENDING, FILM)
    assert 1 == len(tmdb.asked)
    clock.at = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)
    tmdb.first = 2
    assert [Ranking(1, is_current=True)] * 4 == [await each.ranking(TRENDING, FILM) for each in renderers]
    assert 2 == len(tmdb.asked)
    assert date(2026, 11, 22) == (await stored(pool, "trending-movie")).day


async def test_a_renderer_waits_for_the_one_that_fetches(pool: Pool, clock: Clock, tmdb: Lists) -> None:
    tmdb.may_go_on = asyncio.Event()
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(book_of(pool, clock, tmdb).ranking(TRENDING, FILM))
        await tmdb.was_asked.wait()
        second = tasks.create_task(book_of(pool, clock, tmdb).ranking(TRENDING, FILM))
        while not second.done() and not await waits_for_a_lock(pool):
            pass
        tmdb.may_go_on.set()

    assert [Ranking(3, is_current=True)] * 2 == [first.result(), second.result()]
    assert 1 == len(tmdb.asked)


async def test_a_season_has_its_series_rank_and_a_collection_is_in_no_list(
    pool: Pool, clock: Clock, tmdb: Lists
) -> None:
    book = book_of(pool, clock, tmdb)
    season, collection = MediaId(TitleKind.SERIES, 2, season=4), MediaId(TitleKind.COLLECTION, 2)

    assert Ranking(3, is_current=True) == await book.ranking(TRENDING, season)
    assert ({TRENDING: 3}, frozenset()) == await book.ranks([TRENDING], season)
    assert ({}, frozenset()) == await book.ranks([TRENDING], collection)
    assert [("trending/tv/day", 25)] == tmdb.asked


async def test_a_failed_fetch_keeps_the_list_and_is_repeated_after_a_pause(
    pool: Pool, clock: Clock, tmdb: Lists
) -> None:
    one, other = book_of(pool, clock, tmdb), book_of(pool, clock, tmdb)
    await one.ranking(TRENDING, FILM)
    clock.at += timedelta(days=1)
    tmdb.error = SourceDown("tmdb", "status 503")

    rankings = [await each.ranking(TRENDING, FILM) for each in (one, other, one)]

    assert [Ranking(3, is_current=False)] * 3 == rankings
    assert 2 == len(tmdb.asked)
    clock.at += timedelta(minutes=10)
    tmdb.error = None
    assert Ranking(3, is_current=True) == await other.ranking(TRENDING, FILM)


@pytest.mark.parametrize(("days", "rank"), [(3, 3), (4, None)])
async def test_a_list_is_used_for_three_days_after_its_own(
    pool: Pool, clock: Clock, tmdb: Lists, days: int, rank: int | None
) -> None:
    book = book_of(pool, clock, tmdb)
    await book.ranking(TRENDING, FILM)
    tmdb.error = SourceDown("tmdb", "status 503")
    clock.at += timedelta(days=days)

    assert Ranking(rank, is_current=False) == await book.ranking(TRENDING, FILM)


async def test_the_age_of_a_list_is_exported_when_a_picture_needs_it(pool: Pool, clock: Clock, tmdb: Lists) -> None:
    registry = CollectorRegistry()
    book = book_of(pool, clock, tmdb, registry=registry)
    await book.ranking(TRENDING, FILM)
    tmdb.error = SourceDown("tmdb", "status 503")
    clock.at += timedelta(days=4)
    await book.ranking(TRENDING, FILM)
    before = age_of("trending-movie", registry)
    tmdb.error = None
    clock.at += timedelta(minutes=10)
    await book.ranking(TRENDING, FILM)

    assert (4 * 86_400, 0) == (before, age_of("trending-movie", registry))


async def test_another_origin_is_another_list(pool: Pool, clock: Clock, tmdb: Lists, mdblist: Lists) -> None:
    await book_of(pool, clock, tmdb, mdblist).ranking(TRENDING, FILM)
    mdblist.error = SourceDown("mdblist", "status 503")
    lists = SashLists(trending_movies="mdblist:user/now")

    ranking = await book_of(pool, clock, tmdb, mdblist, lists=lists).ranking(TRENDING, FILM)
    changed = await stored(pool, "trending-movie")

    assert Ranking(None, is_current=False) == ranking
    assert ("mdblist:user/now", None, ()) == (changed.origin, changed.day, changed.titles)


async def test_no_list_is_fetched_that_no_picture_needs(pool: Pool, clock: Clock, tmdb: Lists) -> None:
    book = book_of(pool, clock, tmdb)

    assert ({}, frozenset()) == await book.ranks((), FILM)
    assert ({}, frozenset()) == await book.ranks((SashWord.TOP,), FILM)  # none is configured
    assert [] == tmdb.asked


async def test_lists_that_were_never_read_raise(clock: Clock, tmdb: Lists, postgres_url: str) -> None:
    async with open_pool(postgres_url) as closed:
        pass
    book = book_of(closed, clock, tmdb)

    with pytest.raises(StoreDown):
        await book.ranking(TRENDING, FILM)


@pytest.mark.usefixtures("pool")  # which empties the tables
async def test_lists_outlive_postgres(clock: Clock, tmdb: Lists, postgres_url: str) -> None:
    async with open_pool(postgres_url) as other:
        book = book_of(other, clock, tmdb)
        await book.ranking(TRENDING, FILM)
    clock.at += timedelta(days=1)

    assert Ranking(3, is_current=False) == await book.ranking(TRENDING, FILM)
