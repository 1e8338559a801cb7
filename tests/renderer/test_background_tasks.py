"""Every background task of a renderer that is killed does its work again, on real stores and sources."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

import aiohttp
import pytest
from msgspec.structs import replace
from redis.asyncio import Redis

from deploy.dev.bench.sources import title_number
from deploy.dev.local.environment import DEMO
from deploy.dev.local.ports import HOST, free_ports
from gateway.db.purge_requests import add_purge
from renderer import anime_map_task
from renderer import app as renderer_app
from renderer.app import Renderer, open_renderer
from renderer.config import load_renderer
from renderer.content import last_access
from renderer.db.anime_ids import load_anime_map_state
from renderer.drawing.drawing_version import DRAWING
from renderer.maintenance import maintenance_tasks
from renderer.storage.base import Picture
from renderer.storage.s3 import S3Storage
from shared.concurrency import supervisor
from shared.domain.ids import ExternalId, IdType
from shared.domain.pictures import Format, Kind
from shared.queue.announced import Announced
from shared.queue.messages import Priority, RenderJob
from shared.queue.redis_streams import RedisStreamQueue
from shared.settings.digest import SettingsHash
from shared.settings.parameters import parse
from shared.stores import redis_check
from shared.stores.invalidation_message import InvalidationMessage, publish_invalidation
from shared.stores.postgres import Pool, connection
from shared.stores.purge_rows import PurgeScope
from shared.stores.rate_limiter import UNREPORTED
from shared.stores.settings_registry import SettingsRegistry
from tests.background_tasks import has_written, kill_each, policy_is_read
from tests.stack.cloudflare import Cloudflare
from tests.stack.parts import BUCKET
from tests.stack.server import Server
from tests.waiting import until, until_true

SOON_S = 0.1
WAIT_S = 60
TASKS = {
    "worker",
    "leases",
    "render_results",
    "invalidation",
    "purges",
    "cdn_purger",
    "last_access",
    "retention",
    "rate_limits",
    "daily_metrics",
    "queue_metrics",
    "outdated_pictures",
    "anime_map",
    "redis_policy",
    "late_records",
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("sources"), "deploy.dev.bench.sources", "20")
    asyncio.run(server.up())
    yield server
    asyncio.run(server.down())


@pytest.fixture
def cloudflare() -> Iterator[Cloudflare]:
    with Cloudflare() as edge:
        yield edge


@pytest.fixture
def variables(store_variables: dict[str, str], sources: Server, cloudflare: Cloudflare) -> dict[str, str]:
    content, metrics = free_ports(2, apart_from=())
    return {
        **{name: address.format(f"{HOST}:{sources.port}") for name, address in DEMO.items()},
        **{f"{source}_API_KEY": "key" for source in ("TMDB", "MDBLIST", "OMDB", "FANART")},
        **cloudflare.settings,
        "CONTENT_BASE_URL": "https://posters.example",
        "LISTEN_ADDR": f"{HOST}:{content}",
        "METRICS_ADDR": f"{HOST}:{metrics}",
        **store_variables,
        "RENDER_CONCURRENCY": "1",
        "RENDER_WAIT_MS": str(WAIT_S * 1000),
        "HOUSEKEEPING_DAYS": "30",
    }


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let restarts and periodic work come at once."""
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr(last_access, "EVERY_S", SOON_S)
    for name in (
        "EXTEND_LEASE_EVERY_S",
        "RETENTION_EVERY_S",
        "RETENTION_FIRST_S",
        "METRICS_EVERY_S",
        "QUEUE_EVERY_S",
        "OUTDATED_EVERY_S",
    ):
        monkeypatch.setattr(renderer_app, name, SOON_S)
    for name in ("CDN_PAUSE_S", "PURGES_EVERY_S"):
        monkeypatch.setattr(maintenance_tasks, name, SOON_S)
    monkeypatch.setattr(redis_check, "POLICY_EVERY_S", SOON_S)
    monkeypatch.setattr(anime_map_task, "EVERY_S", SOON_S)


@dataclass
class Viewer:
    """A caller of the content server."""

    session: aiohttp.ClientSession  # noqa: TID251 - the test is the caller
    base_url: str
    settings_hash: SettingsHash
    redis: Redis

    async def get(self, film: int) -> str:
        """Return how the server came by a picture that a gateway has announced: ``HIT``, ``MISS`` and so on."""
        title = ExternalId(IdType.IMDB, title_number(film))
        picture = RenderJob(settings_hash=self.settings_hash, title=title).picture
        client: Any = self.redis
        for command in Announced(client).commands([picture]):
            await client.execute_command(*command)
        path = f"/c/{self.settings_hash}/imdb/poster-default/tt{title_number(film)}.jpg"
        async with self.session.get(f"{self.base_url}{path}") as response:
            assert HTTPStatus.OK == response.status, await response.text()
            await response.read()
            return response.headers["X-Cache-Status"]

    def key(self, film: int) -> str:
        return f"c/{self.settings_hash}/movie-{title_number(film)}.jpg"


@dataclass
class Running:
    renderer: Renderer
    restarts: dict[str, float | None]
    viewer: Viewer


@pytest.fixture
async def running(variables: dict[str, str], pool: Pool, redis: Redis) -> AsyncIterator[Running]:
    """A renderer each of whose background tasks was killed once."""
    settings_hash = await SettingsRegistry(pool, redis).remember(parse(Kind.POSTER, Format.JPG, {}))
    stopping = asyncio.Event()
    async with open_renderer(load_renderer(variables)) as renderer, aiohttp.ClientSession() as session:  # noqa: TID251 - the test is the caller
        serving = asyncio.create_task(renderer.run(stopping))
        restarts = await kill_each(renderer.registry)
        yield Running(renderer, restarts, Viewer(session, f"http://{variables['LISTEN_ADDR']}", settings_hash, redis))
        stopping.set()
        await serving


@pytest.fixture
async def s3(s3_url: str) -> AsyncIterator[S3Storage]:
    opened = S3Storage.open(
        endpoint_url=s3_url, region="us-east-1", bucket=BUCKET, access_key="test", secret_key="test"
    )
    async with opened as storage:
        yield storage


async def test_each_task_that_is_killed_works_again(
    running: Running, redis: Redis, pool: Pool, s3: S3Storage, cloudflare: Cloudflare
) -> None:
    assert dict.fromkeys(TASKS, 1) == running.restarts

    await _jobs_are_drawn_waiting_callers_are_told_and_the_queue_is_trimmed(running, redis)
    await _copies_are_dropped_and_purges_are_executed(running, redis, pool, s3)
    await _requests_are_recorded_and_expired_pictures_deleted(running, pool, s3)
    await _a_redrawn_picture_is_purged_at_the_cdn(running, redis, cloudflare)
    await _rates_days_and_the_queue_are_measured(running, redis)
    await policy_is_read(redis, running.renderer.registry)
    await _a_row_that_postgres_did_not_take_is_written_later(running, pool)
    await _a_picture_of_an_older_drawing_is_counted_and_redrawn(running, redis, pool, s3)
    await _the_anime_map_is_fetched(pool)


async def _jobs_are_drawn_waiting_callers_are_told_and_the_queue_is_trimmed(running: Running, redis: Redis) -> None:
    async with asyncio.timeout(WAIT_S - 1):  # a caller who is not told waits longer
        drawn = [await running.viewer.get(film) for film in (0, 6)]

    assert ["MISS", "MISS"] == drawn
    await until_true(partial(_is_trimmed, redis))


async def _rates_days_and_the_queue_are_measured(running: Running, redis: Redis) -> None:
    await redis.flushdb()
    await redis.xadd("marquee:jobs:dead", {"job": b"", "reason": b"test", "tries": 1, "at": 0})
    await until(lambda: running.renderer.registry.get_sample_value("renderer_dead_letters") == 1)
    await until_true(partial(_are_shared, running.viewer, redis))


async def _are_shared(viewer: Viewer, redis: Redis) -> bool:
    """Ask often enough at once for the rate to be told, however slow the machine is; return whether it was."""
    await asyncio.gather(*(viewer.get(1) for _ in range(4 * UNREPORTED)))
    return await has_written(redis, {"rate", "history"})


async def _copies_are_dropped_and_purges_are_executed(
    running: Running, redis: Redis, pool: Pool, s3: S3Storage
) -> None:
    viewer = running.viewer
    await viewer.get(2)
    await s3.remove([viewer.key(2)])
    from_memory = await viewer.get(2)
    await publish_invalidation(redis, InvalidationMessage(keys=(viewer.key(2),), purge=True))
    await until_true(lambda: _is_drawn_again(viewer, 2))
    purge = await add_purge(pool, PurgeScope.TITLE, [f"movie-{title_number(2)}"], "test")

    assert purge is not None
    await until_true(lambda: _is_purged(pool, purge.id))
    assert "HIT" == from_memory


async def _requests_are_recorded_and_expired_pictures_deleted(running: Running, pool: Pool, s3: S3Storage) -> None:
    viewer = running.viewer
    for film in (3, 4):
        await viewer.get(film)
    await until_true(lambda: _is_stored(s3, viewer.key(4)))
    await _asked(pool, 3, days_ago=10)
    await viewer.get(3)
    await until_true(lambda: _is_asked_today(pool, 3))
    await _asked(pool, 4, days_ago=100)

    await until_true(lambda: _is_removed(s3, viewer.key(4)))
    assert await _is_stored(s3, viewer.key(3))


async def _a_row_that_postgres_did_not_take_is_written_later(running: Running, pool: Pool) -> None:
    async with connection(pool) as db, db.transaction():
        await db.execute("LOCK TABLE images")
        await running.viewer.get(7)

    await until_true(partial(_is_indexed, pool, 7))


async def _a_redrawn_picture_is_purged_at_the_cdn(running: Running, redis: Redis, cloudflare: Cloudflare) -> None:
    viewer = running.viewer
    await viewer.get(5)
    title = ExternalId(IdType.IMDB, title_number(5))
    job = RenderJob(settings_hash=viewer.settings_hash, title=title, lane=Priority.REFRESH, force=True)
    await RedisStreamQueue(redis, consumer="test").enqueue([job])

    await until(lambda: len(cloudflare.told) > 0)

    assert [] == cloudflare.wrong
    assert f"https://posters.example/c/{viewer.settings_hash}/imdb/" in str(cloudflare.told)


async def _a_picture_of_an_older_drawing_is_counted_and_redrawn(
    running: Running, redis: Redis, pool: Pool, s3: S3Storage
) -> None:
    """Store a settled film's picture as the version before this one did, with no number in S3 or in Postgres."""
    viewer, key = running.viewer, running.viewer.key(8)
    await viewer.get(8)
    await until_true(partial(_is_indexed, pool, 8))
    drawn = await s3.get(key)
    assert drawn is not None
    assert DRAWING == drawn.metadata.drawing
    await s3.put(key, Picture(drawn.body, replace(drawn.metadata, drawing=0)))
    async with connection(pool) as db:
        await db.execute("UPDATE images SET drawing = 0 WHERE media_id = $1", f"movie-{title_number(8)}")
    await until(lambda: running.renderer.registry.get_sample_value("renderer_outdated_pictures") == 1)
    await publish_invalidation(redis, InvalidationMessage(keys=(key,), purge=True))

    await until_true(lambda: _is_served(viewer, 8, "STALE"))
    await until_true(lambda: _is_served(viewer, 8, "HIT"))

    redrawn = await s3.head(key)
    assert redrawn is not None
    assert DRAWING == redrawn.drawing
    await until(lambda: running.renderer.registry.get_sample_value("renderer_outdated_pictures") == 0)


async def _the_anime_map_is_fetched(pool: Pool) -> None:
    async with connection(pool) as db:
        await db.execute("DELETE FROM anime_map")

    await until_true(partial(_is_tried, pool))


async def _is_tried(pool: Pool) -> bool:
    return await load_anime_map_state(pool) is not None


async def _is_served(viewer: Viewer, film: int, status: str) -> bool:
    return await viewer.get(film) == status


async def _is_trimmed(redis: Redis) -> bool:
    """Return whether only the last job is left in the stream, as it always is."""
    return int(await redis.xlen("marquee:jobs:interactive")) == 1


async def _is_drawn_again(viewer: Viewer, film: int) -> bool:
    return await viewer.get(film) == "MISS"


async def _is_purged(pool: Pool, purge: int) -> bool:
    return bool(await _value(pool, "SELECT finished_at IS NOT NULL FROM purges WHERE id = $1", purge))


async def _is_stored(s3: S3Storage, key: str) -> bool:
    return await s3.head(key) is not None


async def _is_removed(s3: S3Storage, key: str) -> bool:
    return not await _is_stored(s3, key)


async def _asked(pool: Pool, film: int, *, days_ago: int) -> None:
    """Record that a film's picture was last requested this long ago, as soon as it is in the index."""
    query = "UPDATE images SET asked_on = current_date - $2::int WHERE media_id = $1"

    async def is_done() -> bool:
        async with connection(pool) as db:
            return bool(await db.execute(query, f"movie-{title_number(film)}", days_ago) != "UPDATE 0")

    await until_true(is_done)


async def _is_asked_today(pool: Pool, film: int) -> bool:
    query = "SELECT asked_on = current_date FROM images WHERE media_id = $1"
    return bool(await _value(pool, query, f"movie-{title_number(film)}"))


async def _is_indexed(pool: Pool, film: int) -> bool:
    return bool(await _value(pool, "SELECT true FROM images WHERE media_id = $1", f"movie-{title_number(film)}"))


async def _value(pool: Pool, query: str, *args: object) -> object:
    async with connection(pool) as db:
        return await db.fetchval(query, *args)
