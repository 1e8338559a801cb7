"""Public lists of titles, for gateways: through real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from renderer.content.app import content_app
from renderer.content.public_lists import MOST_AT_ONCE, PublicLists
from services.client.priority import is_background
from services.client.remote_cache import MemoryRemoteCache
from shared.domain.errors import BadRequest, SourceDown
from shared.domain.ids import ExternalId, IdType, TitleKind
from shared.domain.public_list import MOST_SHOWN
from shared.observability.health import Probes
from tests.renderer.studio import Studio
from tests.waiting import until

TITLES = (
    ExternalId(IdType.TMDB, 19, TitleKind.MOVIE),
    ExternalId(IdType.IMDB, 13442),
    ExternalId(IdType.TVDB, 81189, TitleKind.SERIES),
)
Client = TestClient[web.Request, web.Application]


class Lists:
    """MDBList or Trakt, as the tests want it."""

    def __init__(self, name: str = "mdblist") -> None:
        self.name = name
        self.asked: list[tuple[str, int, bool]] = []
        self.found: tuple[ExternalId, ...] | Exception = TITLES
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def titles(self, name: str, most: int) -> tuple[ExternalId, ...]:
        self.asked.append((name, most, is_background()))
        await self.go_on.wait()
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@asynccontextmanager
async def serving(studio: Studio, *sources: Lists, timeout_s: float = 8.0) -> AsyncIterator[Client]:
    lists = PublicLists(sources, metrics=studio.metrics, remote=MemoryRemoteCache(), timeout_s=timeout_s)
    app = content_app(
        content=studio.content, dependencies=studio.dependencies, metrics=studio.metrics, probes=Probes(), lists=lists
    )
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_list_is_fetched_once_with_background_priority(studio: Studio) -> None:
    source = Lists()
    async with serving(studio, source) as client:
        answers = [await client.get("/lists/mdblist?name=user/list") for _ in range(2)]

        assert [{"titles": ["movie-19", "tt0013442", "tvdb:series-81189"]}] * 2 == [await one.json() for one in answers]
    assert [("user/list", MOST_SHOWN, True)] == source.asked


async def test_a_list_that_does_not_exist_is_remembered_and_a_failure_is_not(studio: Studio) -> None:
    source = Lists()
    source.found = BadRequest(public="No such list.")
    async with serving(studio, source) as client:
        missing = [(await client.get("/lists/mdblist?name=user/none")).status for _ in range(2)]
        source.found = SourceDown("mdblist", "status 500")
        failed = [(await client.get("/lists/mdblist?name=user/list")).status for _ in range(2)]

    assert ([404, 404], [503, 503]) == (missing, failed)
    assert ["user/none", "user/list", "user/list"] == [name for name, _, _ in source.asked]


async def test_each_source_has_lists_of_its_own(studio: Studio) -> None:
    mdblist, trakt = Lists(), Lists("trakt")
    trakt.found = TITLES[:1]
    async with serving(studio, mdblist, trakt) as client:
        answers = [await (await client.get(f"/lists/{name}?name=user/list")).json() for name in ("mdblist", "trakt")]

    assert [3, 1] == [len(answer["titles"]) for answer in answers]
    assert ["user/list"] == [name for name, _, _ in trakt.asked]


async def test_without_a_client_id_the_lists_of_trakt_are_explained(studio: Studio) -> None:
    async with serving(studio, Lists()) as client:
        answer = await client.get("/lists/trakt?name=users/me/watchlist")

        assert (400, True) == (
            answer.status,
            "this installation has no Trakt key" in (await answer.json())["error"],
        )
        assert 404 == (await client.get("/lists/omdb?name=x")).status


async def test_without_a_key_of_mdblist_there_are_no_lists(studio: Studio) -> None:
    async with serving(studio) as client:
        answer = await client.get("/lists/mdblist?name=user/list")

        assert (400, "MDBList’s lists are not available: this installation has no MDBList key.") == (
            answer.status,
            (await answer.json())["error"],
        )


async def test_lists_are_fetched_within_limits(studio: Studio) -> None:
    source = Lists()
    source.go_on.clear()
    async with serving(studio, source) as client:
        waiting = [asyncio.create_task(client.get(f"/lists/mdblist?name=user/{nth}")) for nth in range(MOST_AT_ONCE)]
        await until(lambda: len(source.asked) == MOST_AT_ONCE)
        refused = await client.get("/lists/mdblist?name=user/more")
        source.go_on.set()

        assert 503 == refused.status
        assert [200] * MOST_AT_ONCE == [(await one).status for one in waiting]


async def test_a_list_that_takes_too_long_is_given_up(studio: Studio) -> None:
    source = Lists()
    source.go_on.clear()
    async with serving(studio, source, timeout_s=0.05) as client:
        answer = await client.get("/lists/mdblist?name=user/list")

    assert 503 == answer.status
