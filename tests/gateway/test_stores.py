"""The gateway on a real Postgres and a real Valkey."""

from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from gateway.app import DRAIN_S, build_app
from gateway.stores import Stores, open_stores
from shared.config.environment import Address
from shared.http.server import serve
from shared.observability.health import Probes
from shared.queue.protocol import EnqueueResult
from shared.settings.digest import parse_hash
from shared.stores.postgres import Pool, connection
from shared.stores.settings_rows import load_settings
from tests.gateway.doubles import KEY, SHARE, MemoryStores, digest
from tests.gateway.edge import POSTER, Edge, config
from tests.stack.api_keys import create_key
from tests.unlimited import no_limits


@pytest.fixture
async def opened(
    pool: Pool,  # noqa: ARG001 - asked for to be clean
    redis: Redis,  # noqa: ARG001 - the same
    postgres_url: str,
    valkey_url: str,
) -> AsyncIterator[Stores]:
    """The real stores, clean."""
    async with open_stores(config(DATABASE_URL=postgres_url, REDIS_URL=valkey_url)) as stores:
        yield stores


@pytest.fixture
async def real(opened: Stores) -> AsyncIterator[Edge]:
    registry, probes = CollectorRegistry(), Probes()
    app = build_app(config(), opened, registry, probes)
    async with serve(app, Address("127.0.0.1", 0), drain_s=DRAIN_S, limits=no_limits()) as port:
        yield Edge(app, port, registry, MemoryStores(), probes)


@pytest.fixture
async def key_id(pool: Pool) -> int:
    row = await create_key(
        pool, name="test", key_hash=digest(KEY), key_prefix=KEY[:8], share_hash=digest(SHARE), monthly_limit=500
    )
    return row.id


@pytest.mark.usefixtures("key_id")
async def test_a_redirect_leaves_a_look_a_job_and_a_count(real: Edge, pool: Pool, opened: Stores) -> None:
    location = await real.location(f"{POSTER}?lang=de")
    await real.location(f"/{SHARE}/imdb/poster-default/tt0111161.jpg?lang=de")
    await real.flush()

    look = await load_settings(pool, parse_hash(location.split("/")[4]))
    assert look is not None
    assert "de" == look.lang
    assert 1 == sum(depth.waiting for depth in (await opened.offers.depth()).values())
    assert {"req": 2, "limit": 500} == (await real.get(f"/{KEY}/requests")).json
    assert 1 == real.count("gateway_hints_total", outcome=EnqueueResult.QUEUED)


async def test_a_disabled_key_is_refused(real: Edge, pool: Pool, key_id: int) -> None:
    async with connection(pool) as db:
        await db.execute("UPDATE api_keys SET disabled_at = now() WHERE id = $1", key_id)

    assert [401, 401] == [(await real.get(target)).status for target in (POSTER, f"/{KEY}/isValid")]


async def test_the_free_key_is_counted_like_any_other(real: Edge) -> None:
    await real.location("/t0-free-rpdb/imdb/poster-default/tt0111161.jpg")
    await real.flush()

    assert 1 <= (await real.get("/t0-free-rpdb/isValid")).json["requestCount"]


async def test_the_first_admin_is_made_once(opened: Stores) -> None:
    assert [True, False] == [await opened.ensure_admin(name, "hash") for name in ("root", "other")]


async def test_a_ready_gateway_says_that_both_stores_answer(real: Edge) -> None:
    answer = await real.get("/readyz")

    assert [True, True] == [check["ok"] for check in answer.json["checks"].values()]
