"""Lists are fetched once a day by one renderer for all."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from renderer.config import SashLists
from renderer.db.title_lists import TitleList, load_title_lists
from renderer.maintenance.list_updates import ListUpdates
from shared.domain.errors import MarqueeError, SourceDown
from shared.domain.ids import ExternalId, IdType, TitleKind
from shared.stores.postgres import Pool
from tests.renderer.studio import Clock

MORNING = datetime(2026, 11, 21, 6, tzinfo=UTC)


@dataclass
class Lists:
    """A source of lists that counts what is fetched."""

    name: str
    error: MarqueeError | None = None
    asked: list[tuple[str, int]] = field(default_factory=list)
    first: int = 1

    async def titles(self, name: str, most: int) -> tuple[ExternalId, ...]:
        """Return films and series by turns."""
        self.asked.append((name, most))
        await asyncio.sleep(0)
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


def updates_of(pool: Pool, clock: Clock, *sources: Lists, lists: SashLists | None = None) -> ListUpdates:
    return ListUpdates(pool, (lists or SashLists()).origins, sources, clock)


async def stored(pool: Pool, name: str) -> TitleList:
    return next(each for each in await load_title_lists(pool) if each.name == name)


async def test_every_list_is_fetched_with_its_day(pool: Pool, clock: Clock, tmdb: Lists, mdblist: Lists) -> None:
    lists = SashLists(top_movies="mdblist:user/best", trending_series="mdblist:user/tv-now")

    await updates_of(pool, clock, tmdb, mdblist, lists=lists).run_round()

    assert [("trending/movie/day", 25)] == tmdb.asked
    assert [("user/best", 250), ("user/tv-now", 25)] == sorted(mdblist.asked)
    films = await stored(pool, "trending-movie")
    assert (date(2026, 11, 21), ("movie-1", "", "movie-2", "movie-3")) == (films.day, films.titles)


async def test_a_list_is_fetched_once_a_day_however_many_renderers_there_are(
    pool: Pool, clock: Clock, tmdb: Lists
) -> None:
    renderers = [updates_of(pool, clock, tmdb) for _ in range(4)]

    await asyncio.gather(*(each.run_round() for each in renderers))
    for each in renderers:
        await each.run_round()

    assert 2 == len(tmdb.asked)
    clock.at += timedelta(hours=17, minutes=59)
    await renderers[1].run_round()
    assert 2 == len(tmdb.asked)
    clock.at += timedelta(minutes=1)
    await renderers[2].run_round()
    assert 4 == len(tmdb.asked)
    assert date(2026, 11, 22) == (await stored(pool, "trending-series")).day


async def test_a_failed_fetch_keeps_the_list_and_is_repeated_after_a_pause(
    pool: Pool, clock: Clock, tmdb: Lists
) -> None:
    updates = updates_of(pool, clock, tmdb)
    await updates.run_round()
    clock.at += timedelta(days=1)
    tmdb.error = SourceDown("tmdb", "status 503")

    await updates.run_round()
    await updates.run_round()

    assert 4 == len(tmdb.asked)
    assert date(2026, 11, 21) == (await stored(pool, "trending-movie")).day
    clock.at += timedelta(minutes=10)
    tmdb.error, tmdb.first = None, 7
    await updates.run_round()
    assert "movie-7" == (await stored(pool, "trending-movie")).titles[0]


async def test_another_origin_is_another_list(pool: Pool, clock: Clock, tmdb: Lists, mdblist: Lists) -> None:
    await updates_of(pool, clock, tmdb, mdblist).run_round()
    mdblist.error = SourceDown("mdblist", "status 503")
    lists = SashLists(trending_movies="mdblist:user/now")

    await updates_of(pool, clock, tmdb, mdblist, lists=lists).run_round()
    changed = await stored(pool, "trending-movie")

    assert ("mdblist:user/now", None, ()) == (changed.origin, changed.day, changed.titles)
