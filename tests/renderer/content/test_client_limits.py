"""The rate limit of picture requests per client, through real HTTP."""

import ipaddress
from collections.abc import AsyncIterator
from typing import TypeAlias

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from redis.asyncio import Redis

from renderer.content.app import content_app
from renderer.content.client_limits import ClientLimits
from shared.http.client_ip import ClientIps
from shared.observability.health import Probes
from shared.stores.rate_limiter import CONTENT, RateLimiter
from tests.renderer.studio import IMDB, Studio

Client: TypeAlias = TestClient[web.Request, web.Application]


@pytest.fixture
async def client(studio: Studio, redis: Redis) -> AsyncIterator[Client]:
    """A client behind a trusted proxy, of a server whose rate limit clock stands still."""
    rates = RateLimiter(redis, clock=lambda: 1000.0)
    limits = ClientLimits(rates, ClientIps([ipaddress.ip_network("127.0.0.1")]), studio.metrics)
    app = content_app(
        content=studio.content, dependencies=studio.dependencies, metrics=studio.metrics, probes=Probes(), limits=limits
    )
    async with TestClient(TestServer(app)) as client:
        yield client


async def asked(client: Client, times: int, *, method: str = "GET", of: str = "203.0.113.7") -> list[int]:
    """Request unknown settings repeatedly; return the statuses."""
    path = f"/c/{'0' * 32}/imdb/poster-default/{IMDB}.jpg"
    statuses = []
    for _ in range(times):
        async with client.request(method, path, headers={"X-Forwarded-For": of}) as answer:
            statuses.append(answer.status)
    return statuses


async def test_one_more_than_the_burst_is_refused(client: Client) -> None:
    statuses = await asked(client, CONTENT.burst + 1)

    assert [404] * CONTENT.burst + [429] == statuses


async def test_a_refusal_has_retry_after_and_is_not_cacheable(client: Client, studio: Studio) -> None:
    await asked(client, CONTENT.burst)

    path = f"/c/{'0' * 32}/imdb/poster-default/{IMDB}.jpg?fallback=true"
    answer = await client.get(path, headers={"X-Forwarded-For": "203.0.113.7"})

    assert (429, "no-store", "1") == (answer.status, answer.headers["Cache-Control"], answer.headers["Retry-After"])
    assert {"error": "Too many requests from your address. Please wait a moment."} == await answer.json()
    assert 1 == studio.registry.get_sample_value("renderer_rate_limited_total", {"rate": "content"})


async def test_head_is_counted_and_a_preflight_is_not(client: Client) -> None:
    heads = await asked(client, CONTENT.burst + 1, method="HEAD")

    assert ([404] * CONTENT.burst + [429], [204]) == (heads, await asked(client, 1, method="OPTIONS"))


async def test_each_client_has_a_limit_of_its_own(client: Client, studio: Studio) -> None:
    await asked(client, CONTENT.burst)

    assert [404] == await asked(client, 1, of="203.0.113.8")
    assert 2 == studio.registry.get_sample_value("renderer_rate_cells")
    assert 100_000 == studio.registry.get_sample_value("renderer_rate_cells_limit")


async def test_a_refused_request_reads_no_store(client: Client, studio: Studio) -> None:
    await asked(client, CONTENT.burst)
    job = await studio.job()

    answer = await client.get(
        f"/c/{job.settings_hash}/imdb/poster-default/{IMDB}.jpg", headers={"X-Forwarded-For": "203.0.113.7"}
    )

    assert (429, {}) == (answer.status, studio.sources.calls)
