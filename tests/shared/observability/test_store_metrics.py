"""The build and store metrics of both processes."""

import asyncio

from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from shared.concurrency.cancel import cancel_and_wait
from shared.domain.errors import StoreDown
from shared.domain.version import VERSION
from shared.observability.health import Probes
from shared.observability.metrics import Connections, StoreMetrics, export_build_info, metrics_app, new_registry
from shared.stores import postgres
from shared.stores import redis as connect
from shared.stores.postgres import Pool, connection


async def test_a_borrowed_postgres_connection_is_counted_until_it_is_returned(pool: Pool) -> None:
    async with connection(pool):
        lent = postgres.postgres_connections(pool)
    after = postgres.postgres_connections(pool)

    assert (1, postgres.MOST_CONNECTIONS) == (lent.used, lent.most)
    assert (0, True) == (after.used, 1 <= after.open <= after.most)


async def test_a_redis_connection_is_counted_while_in_use(redis: Redis) -> None:
    blocked = asyncio.ensure_future(redis.blpop(["nothing"], timeout=10))
    async with asyncio.timeout(30):
        while connect.redis_connections(redis).used == 0:  # noqa: ASYNC110 - the client does not tell
            await asyncio.sleep(0.005)
    lent = connect.redis_connections(redis)
    await cancel_and_wait(blocked)

    assert (1, connect.MOST_CONNECTIONS) == (lent.used, lent.most)
    assert 0 == connect.redis_connections(redis).used


def test_a_pool_is_read_at_each_scrape() -> None:
    registry = CollectorRegistry()
    now = [Connections(used=2, open=5, most=9)]
    StoreMetrics(registry).watch("redis", lambda: now[-1])
    numbers = ("store_connections_used", "store_connections_open", "store_connections_limit")

    before = [registry.get_sample_value(name, {"store": "redis"}) for name in numbers]
    now.append(Connections(used=6, open=7, most=9))
    after = [registry.get_sample_value(name, {"store": "redis"}) for name in numbers]

    assert ([2, 5, 9], [6, 7, 9]) == (before, after)


def test_the_build_is_exported() -> None:
    registry = CollectorRegistry()

    export_build_info(registry, "renderer", pixels="1-pillow")

    labels = {"service": "renderer", "version": VERSION, "pixels": "1-pillow"}
    assert 1 == registry.get_sample_value("marquee_build_info", labels)


async def test_the_metrics_say_which_stores_answer() -> None:
    async def well() -> None:
        """Be well."""

    async def lost() -> None:
        raise StoreDown("gone")

    probes = Probes()
    probes.add("redis", well, required=False)
    probes.add("postgres", lost, required=False)
    probes.add("s3", lost, required=False)

    async with TestClient(TestServer(metrics_app(new_registry(), probes))) as client:
        page = await (await client.get("/metrics")).text()

    assert 'store_up{store="redis"} 1.0' in page
    assert 'store_up{store="s3"} 0.0' in page
    assert 'marquee_store_usable{store="redis"} 1.0' in page
    assert 'marquee_store_usable{store="postgres"} 0.0' in page
    assert 'marquee_store_usable{store="s3"}' not in page  # its check only asks whether it answers
