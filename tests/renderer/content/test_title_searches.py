"""Searches for titles, and small posters of what was found: through real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from redis.asyncio import Redis

from renderer.content.app import content_app
from renderer.content.client_limits import ClientLimits
from renderer.content.found_posters import FoundPosters
from renderer.content.title_searches import MOST_AT_ONCE, TitleSearches
from services.titles import SearchResult
from shared.domain.errors import ArtNotFound, SourceDown
from shared.domain.ids import MediaId, TitleKind
from shared.http.client_ip import ClientIps
from shared.observability.health import Probes
from shared.stores.rate_limiter import SEARCHES, RateLimiter
from tests.renderer.studio import Studio

Client = TestClient[web.Request, web.Application]


def film(number: int, name: str, year: int | None, poster: str = "") -> SearchResult:
    return SearchResult(MediaId(TitleKind.MOVIE, number), name, year=year, poster=poster)


@dataclass
class Names:
    """A search that finds what is set for the words, and serves every poster that it found."""

    known: dict[str, tuple[SearchResult, ...]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    hold: asyncio.Event | None = None
    is_down: bool = False

    async def search(self, words: str) -> tuple[SearchResult, ...]:
        self.asked.append(words)
        if self.hold is not None:
            await self.hold.wait()
        if self.is_down:
            raise SourceDown("names", "status 500")
        return self.known.get(words, ())

    async def thumbnail(self, file: str) -> bytes:
        self.asked.append(file)
        if "gone" in file:
            raise ArtNotFound("gone")
        return b"\xff\xd8" + file.encode()


@pytest.fixture
def names() -> Names:
    series = SearchResult(MediaId(TitleKind.SERIES, 7), "Metropolis", year=2021)
    return Names(
        {
            "metropolis": (film(19, "Metropolis", 1927, "m.jpg"), film(20, "Metropolis", 2001, "gone.jpg"), series),
            "blade runner": (film(78, "Blade Runner", 1982),),
            "blade runner 2049": (film(335984, "Blade Runner 2049", 2017),),
        }
    )


def app_of(studio: Studio, names: Names, redis: Redis, limits: ClientLimits | None = None) -> web.Application:
    searches = TitleSearches(
        studio.dependencies, names, FoundPosters(redis), metrics=studio.metrics, limits=limits, timeout_s=0.5
    )
    return content_app(
        content=studio.content,
        dependencies=studio.dependencies,
        metrics=studio.metrics,
        probes=Probes(),
        searches=searches,
    )


@pytest.fixture
async def client(studio: Studio, names: Names, redis: Redis) -> AsyncIterator[Client]:
    async with TestClient(TestServer(app_of(studio, names, redis))) as client:
        yield client


async def found(client: Client, query: str) -> list[str]:
    answer = await client.get(f"/titles?{query}")
    assert 200 == answer.status, await answer.text()
    return [f"{each['id']} {each['name']} {each['year']}" for each in (await answer.json())["titles"]]


async def test_a_name_finds_titles_with_small_posters(client: Client, names: Names) -> None:
    answer = await client.get("/titles?name=metropolis")

    titles = (await answer.json())["titles"]
    first = {"id": "movie-19", "kind": "movie", "name": "Metropolis", "year": 1927, "poster": "/c/posters/m.jpg"}
    assert (first, 3, None) == (titles[0], len(titles), titles[2]["poster"])
    poster = await client.get(titles[0]["poster"])
    assert (200, "image/jpeg", b"\xff\xd8m.jpg") == (poster.status, poster.content_type, await poster.read())
    assert "public, max-age=604800, immutable" == poster.headers["Cache-Control"]
    assert 404 == (await client.get("/c/posters/gone.jpg")).status
    assert ["metropolis", "m.jpg", "gone.jpg"] == names.asked


async def test_a_poster_that_no_search_found_costs_nothing(client: Client, names: Names) -> None:
    answers = [await client.get(f"/c/posters/{file}") for file in ("m.jpg", "m.svg", "..%2Fm.jpg")]

    assert [404] * 3 == [answer.status for answer in answers]
    assert [] == names.asked


async def test_year_and_kind_choose_among_what_was_found(client: Client) -> None:
    assert ["movie-20 Metropolis 2001"] == await found(client, "name=metropolis&year=2002")
    assert ["series-7 Metropolis 2021"] == await found(client, "name=metropolis&kind=series")
    assert ["movie-335984 Blade Runner 2049 2017"] == await found(client, "name=blade+runner&year=2049&kind=movie")
    assert [] == await found(client, "name=metropolis&year=1950")


async def test_an_id_is_described_and_comes_before_names(client: Client) -> None:
    assert ["tt0017136 Metropolis None", "movie-19 Metropolis 1927"] == (
        await found(client, "id=imdb:tt0017136&name=metropolis")
    )[:2]
    assert ["movie-19 Metropolis None", "movie-20 Metropolis 2001"] == (
        await found(client, "id=tmdb:movie-19&name=metropolis")
    )[:2]
    assert [] == await found(client, "id=imdb:tt7777777")


async def test_a_query_without_a_title_is_refused_before_any_question(client: Client, names: Names) -> None:
    bad = ["", "name=", "name=" + "x" * 101, "name=x&year=19", "name=x&kind=episode", "id=imdb:x", "id=x:1"]

    answers = [await client.get(f"/titles?{query}") for query in bad]

    assert [400] * len(bad) == [answer.status for answer in answers]
    assert [] == names.asked


async def test_a_source_that_is_down_or_late_is_said(client: Client, names: Names) -> None:
    names.is_down = True
    down = await client.get("/titles?name=metropolis")
    names.is_down, names.hold = False, asyncio.Event()
    late = await asyncio.gather(*(client.get("/titles?name=metropolis") for _ in range(MOST_AT_ONCE + 2)))

    assert ({503}, {"no-store"}) == (
        {answer.status for answer in (down, *late)},
        {answer.headers["Cache-Control"] for answer in (down, *late)},
    )


async def test_a_client_that_searches_too_often_has_to_wait(studio: Studio, names: Names, redis: Redis) -> None:
    limits = ClientLimits(RateLimiter(redis), ClientIps(()), studio.metrics)
    async with TestClient(TestServer(app_of(studio, names, redis, limits))) as client:
        statuses = [(await client.get("/titles?name=metropolis")).status for _ in range(SEARCHES.burst + 5)]

    assert (200, 429) == (statuses[0], statuses[-1])
