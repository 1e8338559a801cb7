"""Every background task of a gateway that is killed does its work again."""

import asyncio
from functools import partial
from http import HTTPStatus

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from gateway import app as gateway_app
from gateway.app import DRAIN_S, build_app
from gateway.keys import known_keys
from gateway.keys.token import FREE_KEY
from gateway.stores import Stores, open_stores
from shared.concurrency import supervisor
from shared.config.environment import Address
from shared.domain.pictures import Format, Kind
from shared.http.server import serve
from shared.observability.health import Probes
from shared.settings.digest import parse_hash, settings_hash
from shared.settings.parameters import parse
from shared.stores import redis_check
from shared.stores.invalidation_message import InvalidationMessage, publish_invalidation
from shared.stores.postgres import Pool, connection
from shared.stores.rate_limiter import UNREPORTED
from tests.background_tasks import has_written, kill_each, policy_is_read
from tests.gateway.doubles import KEY, KEY_ID, MemoryStores
from tests.gateway.edge import POSTER, Edge, config, running
from tests.unlimited import no_limits
from tests.waiting import until, until_true

SOON_S = 0.05


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let restarts and periodic work come at once."""
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.0)
    for name in ("CHANGES_EVERY_S", "USAGE_EVERY_S", "SETTINGS_EVERY_S", "METRICS_EVERY_S"):
        monkeypatch.setattr(gateway_app, name, SOON_S)
    for name in ("SAVED_EVERY_S", "SAVED_FIRST_S"):
        monkeypatch.setattr(gateway_app, name, SOON_S)
    monkeypatch.setattr(redis_check, "POLICY_EVERY_S", SOON_S)


async def test_each_task_that_is_killed_works_again(stores: MemoryStores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_keys, "AHEAD_S", 0.0)  # every key in use is due for a refresh
    async with running(stores) as edge:
        restarts = await kill_each(edge.registry)
        works: set[str] = set()

        location = await edge.location(POSTER)
        await stores.redis.asked("offers.offer")
        works.add("prefetch")
        await until(lambda: sum(stores.usage.stored.values()) > 0)
        works.add("usage")
        await until(lambda: parse_hash(location.split("/")[4]) in stores.notes.noted)
        works.add("settings_usage")
        found = stores.postgres.calls["keys.find"]
        await edge.location(POSTER)  # from memory, and queues the key for a refresh
        await stores.postgres.asked("keys.find", found + 1)
        works.add("key_read_ahead")
        stores.keys.api_keys.clear()
        stores.changes.told.append(KEY_ID)
        await until_true(partial(_is_refused, edge))
        works.add("key_changes")
        ready = (await edge.get("/readyz")).json

    assert dict.fromkeys(works, 1) == restarts
    assert (True, {"postgres", "redis"}) == (ready["ready"], set(ready["checks"]))


async def test_the_tasks_of_a_gateway_with_real_stores_work_again(
    postgres_url: str, valkey_url: str, redis: Redis, pool: Pool
) -> None:
    async with connection(pool) as db:
        await db.execute("UPDATE global_settings SET free_key_enabled = true")
    chosen, registry, probes = config(DATABASE_URL=postgres_url, REDIS_URL=valkey_url), CollectorRegistry(), Probes()

    async with open_stores(chosen) as stores:
        app = build_app(chosen, stores, registry, probes)
        async with serve(app, Address("127.0.0.1", 0), drain_s=DRAIN_S, limits=no_limits()) as port:
            restarts = await kill_each(registry)
            await redis.flushdb()
            edge = Edge(app, port, registry, MemoryStores(), probes)
            await until_true(partial(_are_shared, edge, redis))
            await policy_is_read(redis, registry)
            await _is_kept_and_dropped(stores, redis, pool)

    assert {"rate_limits", "daily_metrics", "redis_policy", "saved_settings", "deleted_settings"} < set(restarts)
    assert {1} == set(restarts.values())


async def _are_shared(edge: Edge, redis: Redis) -> bool:
    """Ask often enough at once for the rate to be told, however slow the machine is; return whether all was."""
    await asyncio.gather(*(edge.location(POSTER.replace(KEY, FREE_KEY)) for _ in range(4 * UNREPORTED)))
    return await has_written(redis, {"rate", "history", "jobs"})


async def _is_kept_and_dropped(stores: Stores, redis: Redis, pool: Pool) -> None:
    """Wait until the global settings count as used, and until they are forgotten when a renderer deletes them."""
    default = settings_hash(parse(Kind.POSTER, Format.JPG, {}))
    async with connection(pool) as db:
        await db.execute("UPDATE settings_registry SET asked_on = current_date - 8")
    query = "SELECT asked_on = current_date FROM settings_registry WHERE hash = $1"

    async def is_kept() -> bool:
        async with connection(pool) as db:
            return bool(await db.fetchval(query, default))

    async def is_dropped() -> bool:
        await publish_invalidation(redis, InvalidationMessage(settings_hashes=(default,)))
        return not stores.settings_store.is_known(default)

    await until_true(is_kept)
    assert stores.settings_store.is_known(default)
    await until_true(is_dropped)


async def _is_refused(edge: Edge) -> bool:
    return (await edge.get(POSTER)).status == HTTPStatus.UNAUTHORIZED
