"""Connections to a source are used again: many titles need no more of them than are asked about at once."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from services.client.http import CallLimits, Http, Request
from services.client.metrics import SourceMetrics
from services.client.upstream import UpstreamClient
from services.tmdb.client import TmdbSource
from shared.config.environment import Secret
from shared.domain.errors import SourceTimeout
from shared.domain.ids import ExternalId, IdType
from tests.services.contract import KEY
from tests.services.test_tmdb import FILM_BODY
from tests.services.upstream import HANG, ReceivedRequest, Reply, Upstream, replies

TITLES = 60
AT_ONCE = 4


def answer(request: ReceivedRequest) -> Reply:
    """Answer as TMDB does; one title in ten is unknown, and one has a picture that is gone."""
    number = int(request.path.rpartition("/")[2].removeprefix("tt") or 0) if "/t/p" not in request.path else 0
    if "/find/" in request.path:
        found = [] if number % 10 == 0 else [{"id": number}]
        return replies({"movie_results": found, "tv_results": []})
    if "/movie/" in request.path:
        return replies(FILM_BODY | {"id": number, "poster_path": f"/{number}.jpg"})
    return replies({"status_code": 34, "success": False}, 404)


def opened(registry: CollectorRegistry) -> float:
    """Return how many connections were opened."""
    return registry.get_sample_value("source_connections_total") or 0.0


async def test_many_cold_titles_need_few_connections(
    http: Http, upstream: Upstream, registry: CollectorRegistry
) -> None:
    upstream.answer = answer
    source = TmdbSource(http, (Secret(KEY),), api_url=f"{upstream.url}/3", image_url=f"{upstream.url}/t/p")
    left = iter(range(1, TITLES + 1))

    async def ask() -> None:
        for number in left:
            media = await source.find(ExternalId(IdType.IMDB, number))
            if media is not None:
                assert await source.title(media)

    await asyncio.gather(*(ask() for _ in range(AT_ONCE)))

    assert len(upstream.received) > TITLES
    assert AT_ONCE >= opened(registry) == len(upstream.peers)


async def test_an_answer_of_not_found_keeps_its_connection(
    http: Http, upstream: Upstream, registry: CollectorRegistry
) -> None:
    for _ in range(10):
        assert 404 == (await http.call("x", Request(upstream.url))).status

    assert 1 == opened(registry)


@pytest.mark.parametrize("idle_s", [0.0, 60.0])
async def test_an_idle_connection_is_kept_for_its_time(upstream: Upstream, idle_s: float) -> None:
    registry = CollectorRegistry()
    async with Http(SourceMetrics(registry), limits=CallLimits(idle_s=idle_s)) as http:
        for _ in range(3):
            await http.call("x", Request(upstream.url))

    assert (1 if idle_s else 3) == opened(registry)


async def test_one_attempt_has_one_time_limit_for_all_its_parts(upstream: Upstream) -> None:
    upstream.plan("/a", Reply(302, headers={"Location": "/b"}))
    upstream.plan("/b", HANG)
    async with Http(SourceMetrics(CollectorRegistry()), limits=CallLimits(attempt_s=0.2)) as http:
        client = UpstreamClient(http, "x")
        with pytest.raises(SourceTimeout):
            await client.send(Request(f"{upstream.url}/a"), lambda response: response.body)

    assert {"/a", "/b"} == set(upstream.paths)
